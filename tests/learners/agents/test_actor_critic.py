"""The actor-critic keeps its contract, learns, and takes its moments along when copied."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.core.learner import traced
from ontogeny.core.population import Move, advance, apply, everyone, spawn
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.losses import ppo_loss
from ontogeny.learners.agents.network import Outputs
from ontogeny.learners.agents.policy import Policy, load_policy
from ontogeny.learners.agents.rollout import Decision
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.testing import check_world
from ontogeny.worlds.world import Step, World

LENGTH = 4


def recall() -> World:
    """Show one of two lights at every step; the action that names it earns 1. Four steps."""

    def light(key):
        return jax.random.bernoulli(key).astype(jnp.int32)

    def reset(key):
        lit = light(key)
        return {"lit": lit, "time": jnp.int32(0)}, jax.nn.one_hot(lit, 2)

    def step(key, state, action):
        reward = (action == state["lit"]).astype(jnp.float32)
        lit, time = light(key), state["time"] + 1
        over = Step(jax.nn.one_hot(lit, 2), reward, time >= LENGTH, jnp.array(False))
        return {"lit": lit, "time": time}, over

    def render(state):
        return jnp.full((8, 8, 3), 255 * state["lit"], jnp.uint8)

    return World("recall", (2,), 2, reset, step, render=render)


WORLD = recall()
SMALL = {"hidden": (8,), "environments": 8, "unroll": 8, "minibatches": 2}


def small(**fields) -> ActorCriticConfig:
    return ActorCriticConfig(**{**SMALL, **fields})


def test_the_world_of_these_tests_is_one():
    check_world(WORLD, steps=16, environments=2)


def test_it_learns_by_v_trace():
    """By PPO it learns in `test_spaces`, and keeps its contract in `test_memory`."""
    space = Space({"learning_rate": Log(1e-3, 1e-1, (0.02, 0.03))})
    learner = traced(actor_critic(WORLD, small(loss="vtrace")))
    after, metrics = jax.jit(lambda: advance(learner, 0, 60, spawn(learner, space, 0, 3)))()
    assert (np.asarray(after.score) > 3.6).all()  # random play earns 2 of 4
    assert {"entropy", "value_loss", "episode_return"} <= metrics.keys()


def test_an_heir_takes_the_moments_and_uses_the_new_rate_at_once():
    """With Adam the change of the weights is the rate times a direction, so it shows."""
    space = Space({"learning_rate": Log(1e-5, 1e-1)})
    learner = traced(actor_critic(WORLD, small(epochs=1, minibatches=1)))
    step = jax.jit(jax.vmap(learner.step, (None, 0, 0)))  # the same key, and so the same rollouts
    grown = jax.device_get(jax.jit(lambda: spawn(learner, space, 0, 2))())
    for key in jax.random.split(jax.random.key(0), 3):
        grown = grown._replace(state=jax.device_get(step(key, grown.state, grown.hypers)[0]))
    rates = np.float32([1e-3, 4e-3])
    move = Move(jnp.array([0, 0]), everyone(2), {"learning_rate": rates})
    heirs = jax.device_get(jax.jit(lambda grown: apply(learner, 0, grown, move))(grown))
    for name in ("network", "optimiser"):
        for leaf in jax.tree.leaves(getattr(heirs.state, name)):
            np.testing.assert_array_equal(leaf[0], leaf[1])
    assert int(heirs.state.optimiser[1].count[1]) == 3
    state = jax.tree.map(lambda leaf: leaf[[0, 0]], heirs.state)
    after, _ = jax.device_get(step(jax.random.key(1), state, heirs.hypers))
    changes = jax.tree.map(
        lambda new, old: (new - old).reshape(2, -1), after.network, state.network
    )
    deltas = np.concatenate(jax.tree.leaves(changes), axis=1)
    assert np.abs(deltas[0]).max() > 1e-4
    np.testing.assert_allclose(deltas[1], 4 * deltas[0], rtol=1e-3, atol=1e-6)


def test_the_clipped_surrogate_by_hand():
    @jax.jit
    def look():
        outputs = Outputs(Categorical(jnp.log(jnp.array([0.6, 0.4]))), jnp.float32(2))
        decision = Decision(jnp.int32(0), jnp.log(0.3), jnp.float32(1.0))  # the ratio is 2
        return [
            ppo_loss(outputs, decision, jnp.float32(advantage), jnp.float32(4), 0.2, clip)
            for advantage, clip in ((1, False), (-1, False), (1, True))
        ]

    better, worse, clipped = jax.device_get(look())
    for terms in (better, worse):
        assert float(terms.value) == pytest.approx(2.0)  # (4 - 2)^2 / 2
    assert float(better.policy) == pytest.approx(-1.2)  # no more than 1 + 0.2 is earned
    assert float(worse.policy) == pytest.approx(2.0)  # the whole of the harm is paid
    assert float(clipped.value) == pytest.approx((4 - 1.2) ** 2 / 2)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"environments": 6, "minibatches": 4}, "minibatches"),
        ({"unroll": 0}, "unroll"),
        ({"discount": 1.5}, "discount"),
        ({"hidden": ()}, "hidden"),
    ],
)
def test_settings_are_checked(fields, said):
    with pytest.raises(ConfigError, match=said):
        small(**fields)


def test_an_unknown_hyper_is_refused():
    learner = actor_critic(WORLD, small())
    with pytest.raises(ConfigError, match="'clop'"):
        spawn(learner, Space({"clop": Linear(0.1, 0.3)}), 0, 1)


def test_a_convolution_needs_a_grid():
    with pytest.raises(ConfigError, match="not an image"):
        actor_critic(WORLD, small(torso="conv"))


@pytest.fixture(scope="module")
def policy():
    learner = actor_critic(WORLD, small(normalise_observations=True))
    state = jax.jit(learner.init)(jax.random.key(0), {"learning_rate": jnp.float32(1e-3)})
    return Policy.of(WORLD, small(normalise_observations=True), state)


def test_a_policy_is_kept_in_a_file(policy, tmp_path):
    policy.save(tmp_path / "policy")
    again = load_policy(tmp_path / "policy", WORLD)
    seen = jnp.array([1.0, 0.0])
    logits = np.asarray(policy.logits(seen))
    np.testing.assert_array_equal(again.logits(seen), logits)
    assert int(again.greedy(seen)) == np.argmax(logits)
    assert int(again(jax.random.key(0), seen)) in (0, 1)
    with pytest.raises(StoreError, match="structure"):
        load_policy(tmp_path / "nothing", WORLD)


def test_a_policy_is_filmed(policy):
    films = policy.play(seed=0, episodes=3, steps=10)
    assert films.frames.shape == (LENGTH, 8, 8, 3)  # cut where the episode ended
    assert len(films.returns) == 3
    assert films.total == sorted(films.returns)[1]  # the film is of the median episode
    again = policy.play(seed=0, episodes=3, steps=10)
    np.testing.assert_array_equal(again.frames, films.frames)
    short = policy.play(seed=2, episodes=1, steps=3)
    assert len(short.frames) == 3
    assert not short.ended
    assert short.returns == [short.total]
    assert short.total > short.reward[0]
