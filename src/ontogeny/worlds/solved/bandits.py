"""Bandits drawn from a prior, as worlds: Bernoulli arms (some may be known), mirrored arms,
Gaussian arms. Each comes with its exact limits.

A state holds the means that were drawn and, for every arm, its pulls and the sum of its rewards:
the sufficient statistics of all three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ontogeny.ops.bayes import bandits as exact
from ontogeny.ops.bayes.gaussian_bandits import GaussianArms, gaussian_values
from ontogeny.ops.bayes.machines import Machine, expected_rewards, plan
from ontogeny.worlds.solved.solved_world import Solved
from ontogeny.worlds.world import Step, World


class Pulls(NamedTuple):
    """The task, and what was done in it."""

    means: Float[Array, " arm"]
    pulls: Int[Array, " arm"]
    rewards: Float[Array, " arm"]


def bernoulli_bandit(arms: Sequence[exact.Arm], horizon: int) -> Solved:
    """Return arms that pay 1 or 0, each a Beta prior (a, b) or a number, its known chance.

    Its statistics are the successes and failures of each unknown arm. Thompson's and the oracle's
    limits need whole priors. Raises `ConfigError` for an arm that is neither.
    """
    exact.check_arms(arms)
    unknown = np.array([i for i, arm in enumerate(arms) if isinstance(arm, tuple)], np.int32)
    prior = jnp.array([arm if isinstance(arm, tuple) else (1.0, 1.0) for arm in arms], jnp.float32)
    known = jnp.array([jnp.nan if isinstance(arm, tuple) else arm for arm in arms], jnp.float32)

    def means(key: Array) -> Array:
        drawn = jax.random.beta(key, prior[:, 0], prior[:, 1])
        return jnp.where(jnp.isnan(known), drawn, known)

    def statistics(state: Pulls) -> Array:
        won = jnp.round(state.rewards).astype(jnp.int32)
        return jnp.stack([won, state.pulls - won], axis=1)[unknown].reshape(-1)

    def machine() -> Machine:
        return exact.bernoulli_machine(arms, horizon)

    def thompson(machine: Machine) -> np.ndarray:
        return exact.thompson(machine, arms)

    name = "bernoulli-" + "-".join(
        f"{arm[0]:g},{arm[1]:g}" if isinstance(arm, tuple) else f"{arm:g}" for arm in arms
    )
    return Solved(
        _world(name, len(arms), horizon, means, _toss),
        _task,
        _task,
        lambda: _limits(machine(), thompson, exact.oracle_rate(arms)),
        statistics,
        machine,
        thompson,
    )


def mirrored_bandit(horizon: int, prior: tuple[float, float] = (1, 1)) -> Solved:
    """Return two arms that pay 1 with chance theta and 1 - theta, theta ~ Beta(prior): a pull of
    either speaks of both, so that nothing need be explored.

    Its statistics are the evidence for theta and against it. Raises `ConfigError` for a bad prior.
    """
    exact.check_arms([prior])

    def means(key: Array) -> Array:
        theta = jax.random.beta(key, prior[0], prior[1])
        return jnp.stack([theta, 1 - theta])

    def statistics(state: Pulls) -> Array:
        won = jnp.round(state.rewards).astype(jnp.int32)
        lost = state.pulls - won
        return jnp.stack([won[0] + lost[1], lost[0] + won[1]])

    def machine() -> Machine:
        return exact.mirrored_machine(prior, horizon)

    def thompson(machine: Machine) -> np.ndarray:
        return exact.mirrored_thompson(machine, prior)

    return Solved(
        _world("mirrored", 2, horizon, means, _toss),
        _task,
        _task,
        lambda: _limits(machine(), thompson, exact.mirrored_oracle_rate(prior)),
        statistics,
        machine,
        thompson,
    )


def gaussian_bandit(horizon: int, arms: GaussianArms | None = None) -> Solved:
    """Return two arms with N(mean, noise) rewards and normal priors; variance 0 makes an arm known.

    There is no finite machine; the limits are exact to about 1e-4 (see `gaussian_values`).
    """
    prior = GaussianArms() if arms is None else arms
    centre, deviation = jnp.array(prior.means), jnp.sqrt(jnp.array(prior.variances))
    noise = prior.noise**0.5

    def means(key: Array) -> Array:
        return centre + deviation * jax.random.normal(key, (2,))

    def reward(key: Array, mean: Array) -> Array:
        return mean + noise * jax.random.normal(key)

    return Solved(
        _world("gaussian", 2, horizon, means, reward),
        _task,
        _task,
        lambda: gaussian_values(prior, horizon),
    )


def _world(
    name: str,
    n_arms: int,
    horizon: int,
    means: Callable[[Array], Array],
    reward: Callable[[Array, Array], Array],
) -> World:
    """Return the world whose arms' means and rewards are drawn by the two functions of a key."""

    def reset(key: Array) -> tuple[Any, Array]:
        nothing = jnp.zeros(n_arms)
        state = Pulls(means(key), nothing.astype(jnp.int32), nothing)
        return state, jnp.zeros(n_arms + 1)

    def step(key: Array, state: Pulls, action: Array) -> tuple[Any, Step]:
        chosen = jax.nn.one_hot(action, n_arms)
        paid = reward(key, state.means[action])
        after = Pulls(
            state.means,
            state.pulls + chosen.astype(jnp.int32),
            state.rewards + chosen * paid,
        )
        over = jnp.sum(after.pulls) >= horizon
        observation = jnp.append(chosen, paid)
        return after, Step(observation, paid, jnp.zeros((), bool), over)

    return World(name, (n_arms + 1,), n_arms, reset, step, time_limit=horizon)


def _toss(key: Array, mean: Array) -> Array:
    return jax.random.bernoulli(key, mean).astype(jnp.float32)


def _task(state: Pulls) -> Array:
    return state.means


def _limits(
    machine: Machine, thompson: Callable[[Machine], np.ndarray], oracle_rate: float
) -> dict[str, float]:
    def value(policy: np.ndarray) -> float:
        return float(expected_rewards(machine, policy).sum())

    return {
        "optimal": float(plan(machine)[0, 0].max()),
        "oracle": oracle_rate * machine.reached.shape[0],
        "greedy": value(exact.greedy(machine)),
        "thompson": value(thompson(machine)),
        "random": value(exact.random_policy(machine)),
    }
