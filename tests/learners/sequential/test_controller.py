"""The controller keeps its contract, and explores where that pays."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import with_drawn_start
from ontogeny.core.archive import write_archive
from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.core.space import Log, Space
from ontogeny.learners.sequential.config import ControlConfig
from ontogeny.learners.sequential.controller import controller, reward_to_go
from ontogeny.learners.sequential.policy import MemoryPolicy, load_memory_policy
from ontogeny.nn.cores import CoreConfig
from ontogeny.testing import check_learner
from ontogeny.worlds.solved.bandits import gaussian_bandit
from ontogeny.worlds.solved.bayesian_mdps import two_doors

SPACE = Space({"learning_rate": Log(1e-3, 1e-1), "entropy_cost": Log(1e-2, 1.0)})
CORE = CoreConfig("gru", 8)


def small(**fields) -> ControlConfig:
    return ControlConfig(
        **{"core": CORE, "batch": 16, "test_batch": 16, "critic_units": 4, **fields}
    )


def test_contract():
    check_learner(with_drawn_start(controller(gaussian_bandit(3), small())), SPACE)


def test_reward_to_go_by_hand():
    assert reward_to_go(jnp.array([1.0, 2.0, 4.0])).tolist() == [7, 6, 4]


def test_a_privileged_critic_sees_the_task_and_a_plain_one_does_not():
    """Places, two actions and the reward are 6 numbers; the task is one of four: 4 more."""
    solved = two_doors(3, 4)
    sizes = {}
    for critic in ("privileged", "plain"):
        init = controller(solved, small(critic=critic)).init
        state = jax.eval_shape(init, jax.random.key(0), {})
        sizes[critic] = state.critic.hidden.layers[0].weight.shape
    assert sizes == {"privileged": (8 + 4 + 1, 4), "plain": (8 + 1, 4)}


@pytest.fixture(scope="module")
def updated():
    """Return a function of the updates that were done and of the hypers: the norm of the gradient
    in one more, and how far it moves the critic.
    """
    settings = small(updates=10, annealed=0.5, final=0.01, max_gradient_norm=1.0)
    learner = controller(gaussian_bandit(3), settings)

    @jax.jit
    def one_more(updates, cost, rate):
        state = learner.init(jax.random.key(0), {})._replace(updates=updates)
        hypers = {"entropy_cost": cost, "learning_rate": rate}
        after, metrics = learner.step(jax.random.key(1), state, hypers)
        first, last = state.critic.head.weight, after.critic.head.weight
        return metrics["gradient_norm"], jnp.abs(last - first).max()

    return lambda updates, cost=0.0, rate=1e-2: tuple(
        map(float, one_more(np.int32(updates), np.float32(cost), np.float32(rate)))
    )


def test_the_entropy_cost_falls_to_nothing(updated):
    """The gradient shows what the loss holds: after the annealing the entropy cost changes it no
    more.
    """
    assert updated(0, cost=9.0)[0] != updated(0)[0]
    assert updated(5, cost=9.0)[0] == updated(5)[0]


def test_the_decay_follows_the_updates(updated):
    """After all updates the rate is `final` of what it was: steps get that much shorter."""
    assert updated(10)[1] == pytest.approx(0.01 * updated(0)[1], rel=1e-2)


def test_it_learns_to_search():
    """In the corridor random play earns little: an agent that walks on earns far more."""
    solved = two_doors(3, 6)
    training = small(batch=64, updates=200, learning_rate=1e-2, test_batch=2048)
    learner = controller(solved, training)

    @jax.jit
    def learned(key):
        keys = jax.random.split(key, 200)
        step = lambda state, key: learner.step(key, state, {})  # noqa: E731
        state, _ = jax.lax.scan(step, learner.init(key, {}), keys)
        return learner.score(key, state, {})

    score, limits = float(learned(jax.random.key(0))), solved.limits()
    assert (limits["random"] + limits["optimal"]) / 2 < score < limits["oracle"] + 0.1


@pytest.mark.parametrize(
    "fields",
    [
        {"critic_units": 0},
        {"annealed": 0.0},
        {"entropy_cost": -1.0},
        {"value_cost": 0.0},
        {"batch": 0},
    ],
)
def test_a_training_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ConfigError):
        ControlConfig(**fields)


def test_a_policy_reads_a_history_and_survives_a_save(tmp_path):
    world = gaussian_bandit(4).world
    learner = controller(gaussian_bandit(4), small())
    state = jax.jit(learner.init)(jax.random.key(3), {})
    policy = MemoryPolicy(CORE, state.network, 3, world.n_actions)
    seen = jnp.asarray(np.random.default_rng(1).normal(size=(5, 3)), jnp.float32)
    along = np.asarray(policy.probabilities(seen))
    np.testing.assert_allclose(along.sum(axis=1), 1, rtol=1e-6)
    memory = policy.begin()
    for observation, expected in zip(seen, along, strict=True):
        memory, logits = policy.step(memory, observation)
        odds = np.exp(logits)
        np.testing.assert_allclose(odds / odds.sum(), expected, atol=1e-6)
    _, action = policy(jax.random.key(0), policy.begin(), seen[0])
    assert int(action) in (0, 1)
    policy.save(tmp_path / "policy")
    again = load_memory_policy(tmp_path / "policy")
    np.testing.assert_array_equal(again.probabilities(seen), along)
    with pytest.raises(DataError, match="3 numbers"):
        policy.step(memory, jnp.zeros(4))


def test_a_folder_of_something_else_is_refused(tmp_path):
    write_archive(tmp_path / "other", {"x": jnp.zeros(1)}, {"kind": "something"})
    with pytest.raises(StoreError, match="something"):
        load_memory_policy(tmp_path / "other")
