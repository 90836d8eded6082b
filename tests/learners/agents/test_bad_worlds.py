"""Bad worlds: what can't be learned in is refused before anything compiles; whoever earns what is
no number dies of it, and nobody else does.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.core.learner import traced
from ontogeny.core.population import advance, spawn
from ontogeny.core.space import Log, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy, load_policy
from ontogeny.worlds.world import Step, World

SPACE = Space({"learning_rate": Log(1e-3, 1e-1)})
SMALL = {"hidden": (4,), "environments": 1, "minibatches": 1, "epochs": 1, "unroll": 4}


def world(observed=1, shape=(1,), **facts) -> World:
    """Return a world whose episodes never end. It pays 1 a step, but in half of them at the third
    step what is no number: a state is whether, and the time.
    """
    seen = jnp.zeros(observed)

    def reset(key):
        return (jax.random.bernoulli(key), jnp.int32(0)), seen

    def step(key, state, action):
        broken, time = state
        reward = jnp.where(broken & (time == 2), jnp.nan, 1.0)
        return (broken, time + 1), Step(seen, reward, jnp.array(False), jnp.array(False))

    return World("bad", shape, 2, reset, step, **facts)


def test_they_die_of_rewards_that_are_no_numbers_and_live_in_an_episode_without_end():
    learner = traced(actor_critic(world(), ActorCriticConfig(**SMALL)))

    @jax.jit
    def lived():
        begun = spawn(learner, SPACE, 0, 6)
        return begun.state.worlds[0][:, 0], advance(learner, 0, 2, begun)[0].score

    broken, score = jax.device_get(lived())
    assert set(broken.tolist()) == {True, False}
    np.testing.assert_array_equal(score, np.where(broken, -np.inf, 8.0))  # 8: so far


@pytest.mark.parametrize(
    ("bad", "error", "says"),
    [
        ({"observed": 3}, StructureError, r"reset: an observation is of shape \(3,\)"),
        ({"shape": ()}, ConfigError, r"observation_shape is \(\)"),
        ({"time_limit": -1}, ConfigError, "time_limit is -1"),
    ],
)
def test_what_a_world_says_wrongly_is_told_before_anything_compiles(bad, error, says):
    def begin():
        return actor_critic(world(**bad), ActorCriticConfig(**SMALL)).init(jax.random.key(0), {})

    with pytest.raises(error, match=says):
        jax.eval_shape(begin)


def test_a_policy_of_another_world_is_refused(tmp_path):
    config = ActorCriticConfig(**SMALL)
    like = jax.eval_shape(policy_network(world(), config).init, jax.random.key(0))
    policy = Policy(world(), config, jax.tree.map(lambda x: jnp.zeros(x.shape), like))
    policy.save(tmp_path / "policy")
    assert load_policy(tmp_path / "policy", world()).world.name == "bad"
    for other in (world(shape=(2,)), world()._replace(n_actions=3)):
        with pytest.raises(StructureError, match=r"it is float32.* should be float32"):
            load_policy(tmp_path / "policy", other)
