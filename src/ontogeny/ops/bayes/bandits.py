"""Bernoulli bandits as belief machines, and the exact policies to hold a learner against.

An arm is a Beta prior (a, b), or a number: its chance is then known. A machine's statistics are the
successes and failures of each unknown arm in turn. Two arms that mirror each other (one pays with
chance theta, the other with 1 - theta) share one belief: every pull of either speaks of both.
Values come from `machines.plan` and `machines.expected_rewards`, tasks drawn from the prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.machines import Machine, Outcomes, best_actions, unfold
from ontogeny.ops.bayes.optimality import expected_best, probability_best

Arm: TypeAlias = float | tuple[float, float]


def bernoulli_machine(arms: Sequence[Arm], horizon: int) -> Machine:
    """Return the machine of independent arms; outcome 0 pays 1, outcome 1 nothing.

    Two Beta arms have C(T + 3, 4) states, three C(T + 5, 6). Raises `ConfigError` for a prior that
    is no Beta, a chance outside (0, 1), or no arms.
    """
    check_arms(arms)
    unknown = [arm for arm in arms if isinstance(arm, tuple)]

    def expand(statistics: np.ndarray) -> Outcomes:
        n_states = statistics.shape[0]
        chance = np.empty((n_states, len(arms)))
        after = np.broadcast_to(
            statistics[:, None, None], (n_states, len(arms), 2, statistics.shape[1])
        ).copy()
        column = 0
        for action, arm in enumerate(arms):
            if isinstance(arm, tuple):
                won, lost = statistics[:, column] + arm[0], statistics[:, column + 1] + arm[1]
                chance[:, action] = won / (won + lost)
                after[:, action, 0, column] += 1
                after[:, action, 1, column + 1] += 1
                column += 2
            else:
                chance[:, action] = arm
        return _pays(chance, after)

    return unfold(np.zeros(2 * len(unknown), np.int64), expand, horizon)


def mirrored_machine(prior: tuple[float, float], horizon: int) -> Machine:
    """Return the machine of two arms with chances theta and 1 - theta, theta ~ Beta(prior).

    Its statistics are the evidence for theta and against it: a success of arm 0 or a failure of
    arm 1, and the contrary. There are T (T + 1) / 2 states. Raises `ConfigError` for a bad prior.
    """
    check_arms([prior])

    def expand(statistics: np.ndarray) -> Outcomes:
        weight = statistics + np.array(prior)
        theta = weight[:, 0] / weight.sum(axis=1)
        after = np.broadcast_to(statistics[:, None, None], (len(statistics), 2, 2, 2)).copy()
        for action in range(2):
            for outcome in range(2):
                after[:, action, outcome, (action + outcome) % 2] += 1
        return _pays(np.stack([theta, 1 - theta], axis=1), after)

    return unfold(np.zeros(2, np.int64), expand, horizon)


def greedy(machine: Machine, ties: str = "split") -> Float[np.ndarray, "state action"]:
    """Return the policy that takes the highest posterior mean; `ties` as in `best_actions`."""
    return best_actions(machine.expected_reward, ties)


def thompson(machine: Machine, arms: Sequence[Arm]) -> Float[np.ndarray, "state action"]:
    """Return Thompson sampling: every arm with the probability that it is the best.

    The parameters must be whole. Raises `ConfigError` otherwise. Source: Thompson 1933.
    """
    alpha, beta, known = _posterior(machine, arms)
    unknown = np.array([isinstance(arm, tuple) for arm in arms])
    policy = np.zeros((len(machine.statistics), len(arms)))
    policy[:, unknown] = probability_best(alpha, beta, known)
    if known > 0:
        best = [not isinstance(arm, tuple) and arm == known for arm in arms]
        policy[:, best.index(True)] = 1 - policy.sum(axis=1)
    return policy


def mirrored_thompson(
    machine: Machine, prior: tuple[float, float]
) -> Float[np.ndarray, "state action"]:
    """Return Thompson sampling on mirrored arms: arm 0 with probability P(theta > 1/2)."""
    better = thompson(machine, [prior, 0.5])[:, :1]
    return np.hstack([better, 1 - better])


def ucb1(machine: Machine) -> Float[np.ndarray, "state action"]:
    """Return UCB1 on independent unknown arms: first each arm once, then the highest
    mean + sqrt(2 ln n / n_i), n_i its pulls and n all; ties are split.

    Raises `ConfigError` when an arm is known or shared, for then its pulls are not in the
    statistics. Source: Auer, Cesa-Bianchi and Fischer 2002.
    """
    n_states, n_actions, _ = machine.probability.shape
    if machine.statistics.shape[1] != 2 * n_actions:
        raise ConfigError(
            f"{machine.statistics.shape[1]} statistics don't count the pulls of {n_actions} arms",
            where="ucb1",
            hint="use it on a machine whose arms are all unknown and independent",
        )
    pulls = machine.statistics.reshape(n_states, n_actions, 2)
    tries = pulls.sum(axis=-1)
    total = np.maximum(1, tries.sum(axis=1, keepdims=True))
    some = np.maximum(1, tries)
    index = pulls[..., 0] / some + np.sqrt(2 * np.log(total) / some)
    return best_actions(np.where(tries == 0, np.inf, index))


def random_policy(machine: Machine) -> Float[np.ndarray, "state action"]:
    """Return every action with the same probability."""
    n_states, n_actions, _ = machine.probability.shape
    return np.full((n_states, n_actions), 1 / n_actions)


def oracle_rate(arms: Sequence[Arm]) -> float:
    """Return what one who knows every chance earns a pull, on average: E max_k theta_k."""
    alpha, beta, known = _split(arms)
    return float(expected_best(alpha[None], beta[None], known)[0])


def mirrored_oracle_rate(prior: tuple[float, float]) -> float:
    """Return E max(theta, 1 - theta) = 2 E max(theta, 1/2) - E theta."""
    return 2 * oracle_rate([prior, 0.5]) - prior[0] / sum(prior)


def check_arms(arms: Sequence[Arm]) -> None:
    """Raise `ConfigError` unless every arm is a Beta prior or a chance inside (0, 1)."""
    for number, arm in enumerate(arms):
        fine = min(arm) > 0 if isinstance(arm, tuple) else 0 < arm < 1
        if not fine:
            raise ConfigError(
                f"{arm} is neither a Beta prior nor a chance inside (0, 1)",
                where=f"arm {number}",
                hint="write (1, 1) for an arm that is unknown, or 0.6 for one that is known",
            )
    if not arms:
        raise ConfigError("a bandit without arms", where="arms", hint="give one or more")


def _pays(chance: np.ndarray, after: np.ndarray) -> Outcomes:
    probability = np.stack([chance, 1 - chance], axis=-1)
    return Outcomes(probability, np.broadcast_to([1.0, 0.0], probability.shape), after)


def _split(arms: Sequence[Arm]) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the unknown arms' alpha and beta, and the best known mean (0 where there is none)."""
    unknown = [arm for arm in arms if isinstance(arm, tuple)]
    prior = np.array(unknown, float).reshape(-1, 2)
    if (prior != np.rint(prior)).any():
        raise ConfigError(
            f"priors {unknown} are not whole numbers",
            where="arms",
            hint="the exact probability of being best is known for integer Betas",
        )
    known = max((arm for arm in arms if not isinstance(arm, tuple)), default=0.0)
    return prior[:, 0].astype(np.int64), prior[:, 1].astype(np.int64), known


def _posterior(machine: Machine, arms: Sequence[Arm]) -> tuple[np.ndarray, np.ndarray, float]:
    alpha, beta, known = _split(arms)
    counts = machine.statistics.reshape(len(machine.statistics), -1, 2)
    return counts[..., 0] + alpha, counts[..., 1] + beta, known
