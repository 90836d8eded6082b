"""An agent with memory does what one without can't, in every kind of update."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn, with_drawn_start
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import traced
from ontogeny.core.population import advance, spawn
from ontogeny.core.space import Log, Logit, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy, load_policy
from ontogeny.testing import check_learner
from ontogeny.worlds.spaces import Box
from ontogeny.worlds.world import Step, World

LENGTH = 3


def remember() -> World:
    """Show one of two lights at first, and nothing then; the last action that names it earns 1."""

    def reset(key):
        lit = jax.random.bernoulli(key).astype(jnp.int32)
        return (lit, jnp.int32(0)), jax.nn.one_hot(lit, 2)

    def step(key, state, action):
        lit, time = state
        over = time + 1 >= LENGTH
        reward = (over & (action == lit)).astype(jnp.float32)
        return (lit, time + 1), Step(jnp.zeros(2), reward, over, jnp.array(False))

    return World("remember", (2,), 2, reset, step)


WORLD = remember()
SPACE = Space({"learning_rate": Log(1e-3, 1e-1, (0.01, 0.02))})


def agent(**fields):
    small = {"hidden": (8,), "core_units": 8, "environments": 16, "unroll": 6, "minibatches": 2}
    return ActorCriticConfig(**{**small, **fields})


def test_contract():
    """Of an agent that has all there is: PPO's minibatches, a memory, observations standardised."""
    config = agent(loss="ppo", core="lstm", burn_in=2, normalise_observations=True, environments=4)
    space = Space({"learning_rate": Log(1e-4, 1e-1), "discount": Logit(0.5, 0.99)})
    check_learner(with_drawn_start(actor_critic(WORLD, config)), space)


def test_what_must_be_remembered_is_not_seen_when_it_counts():
    """Before the last action both lights look alike, and each pays for its own: without a memory
    nobody earns more than 1/2.
    """

    @jax.jit
    @jax.vmap
    def last(lit):
        key = jax.random.key(0)
        state, before = WORLD.step(key, (lit, jnp.int32(LENGTH - 2)), jnp.int32(0))
        paid = [WORLD.step(key, state, jnp.int32(action))[1].reward for action in range(2)]
        return before.observation, jnp.stack(paid)

    seen, paid = jax.device_get(last(jnp.arange(2)))
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(paid, np.eye(2))


@pytest.mark.parametrize("loss", ["ppo", "vtrace"])
def test_an_agent_with_memory_solves_what_must_be_remembered(loss):
    learner = traced(actor_critic(WORLD, agent(loss=loss, core="gru")))
    grown = jax.jit(lambda: advance(learner, 0, 120, spawn(learner, SPACE, 0, 2))[0])()
    assert (np.asarray(grown.score) > 0.9).all()


def test_a_policy_with_memory_carries_it_and_keeps_it_in_a_file(tmp_path):
    config = agent(core="gru")
    network = drawn(policy_network(WORLD, config).init)
    policy = Policy(WORLD, config, network)
    policy.save(tmp_path / "policy")
    again = load_policy(tmp_path / "policy", WORLD)
    memory, seen = policy.begin(), jnp.array([0.0, 1.0])
    distribution, value, after = policy.step(seen, memory)
    same, _, _ = again.step(seen, again.begin())
    np.testing.assert_array_equal(distribution.mode(), same.mode())
    assert value.shape == ()
    assert not np.array_equal(after, memory)
    with pytest.raises(ConfigError, match=r"policy\.step\(observation, memory\)"):
        policy(jax.random.key(0), seen)


def test_a_film_begins_with_a_new_memory_and_carries_it():
    """All observations are alike, and the pictures show the actions: only memory changes them."""

    def step(key, state, action):
        return action, Step(jnp.ones(1), action[0], jnp.array(False), jnp.array(False))

    def render(action):
        return jnp.full((1, 1, 3), 128 + 127 * action[0]).astype(jnp.uint8)

    begin = jnp.zeros(1), jnp.ones(1)
    box = Box((-1.0,), (1.0,))
    world = World("alike", (1,), 1, lambda key: begin, step, render=render, actions=box)
    config = agent(core="gru")
    policy = Policy(world, config, drawn(policy_network(world, config).init))

    @jax.jit
    def carried():
        def one(memory, _):
            distribution, _, memory = policy.step(jnp.ones(1), memory)
            return memory, distribution.mode()[0]

        return jax.lax.scan(one, policy.begin(), length=6)[1]

    film = policy.play(steps=6, episodes=3, greedy=True)
    actions = np.asarray(carried())
    assert (np.diff(actions) != 0).all()
    np.testing.assert_allclose(film.reward, actions, atol=1e-6)
    np.testing.assert_allclose(film.returns, actions.sum(), atol=1e-5)
    assert film.frames[0, 0, 0, 0] == 128  # before the first action
    np.testing.assert_array_equal(film.frames[1:, 0, 0, 0], (128 + 127 * actions[:-1]).astype(int))


@pytest.mark.parametrize("fields", [{"burn_in": 1}, {"core": "gru", "burn_in": 6}])
def test_a_burn_in_that_warms_nothing_or_leaves_nothing_is_refused(fields):
    with pytest.raises(ConfigError, match=r"agent\.burn_in"):
        agent(**fields)
