"""Worlds drawn from a prior: exact policies, played out in them, earn what the exact limits say."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.gaussian_bandits import GaussianArms
from ontogeny.ops.bayes.machines import best_actions, locate, plan
from ontogeny.worlds.solved.bandits import bernoulli_bandit, gaussian_bandit, mirrored_bandit
from ontogeny.worlds.solved.bayesian_mdps import hidden_goal, two_doors

N = 3000
SOLVED = {
    "known arm": bernoulli_bandit((0.6, (1, 1)), 20),
    "three arms": bernoulli_bandit(((1, 1), (2, 1), (1, 3)), 8),
    "mirrored": mirrored_bandit(12, (2, 1)),
    "hidden goal": hidden_goal(3, 15),
    "two doors": two_doors(3, 12),
}


@pytest.fixture(scope="module", params=SOLVED)
def solved(request):
    return SOLVED[request.param]


@cache
def compiled(solved):
    """Return what begins N episodes, and what takes a step in each: the state, then its
    statistics and each action's mean reward.
    """

    def read(state):
        return jax.vmap(lambda s: (solved.statistics(s), solved.rewards(s)))(state)

    def begin(key):
        state, _ = jax.vmap(solved.world.reset)(jax.random.split(key, N))
        return state, read(state)

    def go_on(key, state, action):
        state, came = jax.vmap(solved.world.step)(jax.random.split(key, N), state, action)
        return state, read(state), came

    return jax.jit(begin), jax.jit(go_on)


def play(solved, policy):
    """Return the return of N episodes under action probabilities by state of the machine."""
    machine, rng = solved.machine(), np.random.default_rng(0)
    horizon = machine.reached.shape[0]
    policy = np.broadcast_to(policy, (horizon, *policy.shape[-2:]))
    begin, go_on = compiled(solved)
    state, (statistics, rewards) = begin(jax.random.key(1))
    total, expected = np.zeros(N), np.zeros(N)
    for t in range(horizon):
        chances = policy[t, locate(machine, np.asarray(statistics))]
        action = (rng.random((N, 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
        action = np.minimum(action, chances.shape[1] - 1)
        expected += np.asarray(rewards)[np.arange(N), action]
        key = jax.random.fold_in(jax.random.key(2), t)
        state, (statistics, rewards), came = go_on(key, state, jnp.array(action))
        total += np.asarray(came.reward)
        assert bool(came.truncated.all()) == (t == horizon - 1)
        assert not came.terminated.any()
    return total, expected


@pytest.mark.parametrize("name", ["optimal", "thompson"])
def test_exact_policies_earn_their_limit(solved, name):
    machine = solved.machine()
    if name == "optimal":
        policy = best_actions(np.nan_to_num(plan(machine), nan=0.0))
    else:
        policy = solved.thompson(machine)
    limit = solved.limits()[name]
    for earned in play(solved, policy):
        assert abs(earned.mean() - limit) < 4 * earned.std() / np.sqrt(N)


def test_limits_are_in_order(solved):
    limits = solved.limits()
    assert limits["oracle"] >= limits["optimal"] > limits["random"]
    assert limits["optimal"] >= max(limits["greedy"], limits["thompson"]) - 1e-12


def test_a_world_keeps_its_shapes(solved):
    world = solved.world

    def step(key):
        state, observation = world.reset(key)
        return state, observation, *world.step(key, state, jnp.int32(0)), solved.rewards(state)

    state, observation, after, came, rewards = jax.eval_shape(step, jax.random.key(0))
    assert observation.shape == came.observation.shape == world.observation_shape
    assert jax.tree.map(lambda x: (x.shape, x.dtype), after) == jax.tree.map(
        lambda x: (x.shape, x.dtype), state
    )
    assert rewards.shape == (world.n_actions,)
    assert world.time_limit == solved.machine().reached.shape[0]


def test_an_observation_is_the_action_and_the_reward():
    world = bernoulli_bandit((0.999999, 0.000001), 5).world

    @jax.jit
    def seen(key):
        state, first = world.reset(key)
        state, second = world.step(key, state, jnp.int32(0))
        _, third = world.step(key, state, jnp.int32(1))
        return jnp.stack([first, second.observation, third.observation])

    assert seen(jax.random.key(0)).tolist() == [[0, 0, 0], [1, 0, 1], [0, 1, 0]]


def test_a_goal_once_found_is_known():
    """Two cells from the corner by hand: right finds or rules out cell 1."""
    solved = hidden_goal(2, 6)
    step = jax.jit(solved.world.step)
    state, _ = solved.world.reset(jax.random.key(3))
    goal = int(jnp.argmax(solved.task(state))) + 1
    _, came = step(jax.random.key(0), state, jnp.int32(3))  # right, into cell 1
    assert float(came.reward) == float(goal == 1)
    assert int(jnp.argmax(came.observation[:4])) == (0 if goal == 1 else 1)
    # One who knows: half the pulls pay for the far cell, all for the two near ones.
    assert solved.limits()["oracle"] == pytest.approx((6 + 6 + 3) / 3)


def test_a_corridor_by_hand():
    limits = two_doors(3, 2, (0.0, 1.0)).limits()
    # Two steps: walk to an end, open a door that is good half the time.
    assert limits["optimal"] == pytest.approx(0.5)
    assert limits["oracle"] == pytest.approx(0.75)


def test_gaussian_arms_pay_about_their_mean():
    solved = gaussian_bandit(4, GaussianArms((1.0, -2.0), (1.0, 0.0), 0.25))
    keys = jax.random.split(jax.random.key(0), N)

    def one(key):
        state, _ = solved.world.reset(key)
        _, came = solved.world.step(jax.random.fold_in(key, 1), state, jnp.int32(0))
        return solved.rewards(state), came.reward

    means, reward = jax.jit(jax.vmap(one))(keys)
    assert (means[:, 1] == -2.0).all()
    noise = np.asarray(reward - means[:, 0])
    assert abs(noise.mean()) < 4 * 0.5 / np.sqrt(N)
    assert noise.std() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(2 * N))
    assert np.asarray(means[:, 0]).std() == pytest.approx(1.0, abs=4 / np.sqrt(2 * N))
    limits = solved.limits()
    assert limits["optimal"] == pytest.approx(4.0, abs=0.05)  # the known arm is hardly ever better
    assert limits["oracle"] >= limits["optimal"] - 1e-3


@pytest.mark.parametrize(
    "build",
    [
        lambda: bernoulli_bandit((1.5,), 3),
        lambda: mirrored_bandit(3, (0, 1)),
        lambda: hidden_goal(1),
        lambda: two_doors(4),
    ],
)
def test_what_is_no_world_is_refused(build):
    with pytest.raises(ConfigError):
        build()
