"""The claims about imitation: log-loss on an expert's actions gives Thompson sampling.

Agents with memory learn what the expert of each task, who knows the better of two arms, would do.
The minimiser acts with the posterior probability that an arm is the better one. It is known
exactly: so are the return of acting so, and how far the network is from it in every state that it
meets itself. The control lets the expert act in training (self-delusion).

Source: Ortega et al. 2019 (arXiv 1905.03030); the thresholds are this project's own.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import numpy as np

from ontogeny.adaptation.imitator import imitator
from ontogeny.adaptation.visits import Visits, belief_policy, visits
from ontogeny.ops.bayes.machines import Machine, expected_rewards
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.recipes.bandits import Thompson
from ontogeny.recipes.claims import Claim, Figure, Progress
from ontogeny.recipes.strategy_portraits import (
    exact_rewards,
    matching_portrait,
    rewards_portrait,
    shown,
)
from ontogeny.recipes.trainings import train

PAPER = "the minimiser is the posterior mixture of the experts: Thompson sampling"
SEEDS = 4
UPDATES = 4000
ROUNDS = 10
EPISODES = 2**15  # of each network, to average it by state
TIMES = (0, 5, 10, 19)  # before these pulls the probabilities are compared


class Fitted(NamedTuple):
    """Some trainings, held against the exact posterior."""

    rewards: np.ndarray  # [seed, time], expected, exact for the policy averaged by state
    apart: np.ndarray  # [seed, time], mean |q(arm 0) - P(arm 0 is best)| where the agent goes
    repeats: np.ndarray  # [seed], probability of pulling the first arm again at once
    shown: np.ndarray  # [point, 3] of one network: the exact probability, its own, the time
    seconds: float


def measure_thompson(
    seed: int, quick: bool, progress: Progress
) -> tuple[list[Claim], list[Figure]]:
    """Return three claims (the return, the probabilities, self-delusion) and two figures.

    `quick` trains half the seeds for a third of the updates, and leaves self-delusion out.
    """
    recipe = Thompson()
    solved = recipe.solved()
    assert solved.machine is not None
    assert solved.thompson is not None
    machine, limits = solved.machine(), solved.limits()
    exact = solved.thompson(machine)
    seeds, updates = (SEEDS // 2, UPDATES // 3) if quick else (SEEDS, UPDATES)
    own = _fit(recipe, machine, exact, "agent", seeds, updates, seed, progress)
    fitted = {"network": own}
    if not quick:
        half = updates // 2
        deluded = _fit(recipe, machine, exact, "expert", seeds, half, seed, progress)
        fitted["self-deluded"] = deluded
    weak = "; under-powered: a quick look with a third of the updates" if quick else ""
    told = f"{seeds} seeds, {updates:,} updates in {own.seconds:.0f} s{weak}"
    claims = [_return_claim(own, limits, seed, told), _probability_claim(own, seed, told)]
    claims += [_delusion_claim(fitted["self-deluded"], seed)] if not quick else []
    return claims, [
        rewards_portrait(
            "thompson_rewards",
            f"Expected reward of each pull; exact lines, and {seeds} networks of each kind.",
            exact_rewards(solved, machine),
            {name: one.rewards for name, one in fitted.items()},
        ),
        matching_portrait(
            "thompson_matching",
            "How likely a network pulls arm 0, against the exact probability that it is the "
            "better, in the states that it meets: one that acted itself in training, and one that "
            "watched the expert act.",
            {name: one.shown for name, one in fitted.items()},
        ),
    ]


def _fit(
    recipe: Thompson,
    machine: Machine,
    exact: np.ndarray,
    actor: Any,
    seeds: int,
    updates: int,
    seed: int,
    progress: Progress,
) -> Fitted:
    training = dataclasses.replace(recipe.training, updates=updates, actor=actor)
    solved = recipe.solved()
    what = f"thompson, the {actor} acts"
    learner = imitator(solved, training)
    trained = train(learner, seeds, seed, ROUNDS, updates // ROUNDS, progress, what)
    key = jax.random.fold_in(jax.random.key(seed), 1)
    found = visits(solved, training.core, trained.states.network, key, EPISODES)
    return Fitted(
        np.stack([expected_rewards(machine, belief_policy(machine, one)) for one in found]),
        np.stack([apart(one, exact) for one in found]),
        np.array([repeats(one, machine) for one in found]),
        shown(found[0], machine, exact, TIMES),
        float(trained.seconds[-1]),
    )


def apart(found: Visits, exact: np.ndarray) -> np.ndarray:
    """Return the mean of |q(arm 0) - P(arm 0 is best)| over episodes, [time]."""
    return np.mean(np.abs(found.probability[..., 0] - exact[found.state, 0]), axis=0)


def repeats(found: Visits, machine: Machine) -> float:
    """Return how likely the arm that was pulled first is pulled again at once."""
    counts = machine.statistics[found.state[:, 1]]  # successes and failures of arm 0, of arm 1
    first = (counts[:, 2:].sum(axis=1) > 0).astype(int)
    return float(np.mean(found.probability[np.arange(len(first)), 1, first]))


def _return_claim(own: Fitted, limits: dict[str, float], seed: int, told: str) -> Claim:
    found = bootstrap_interval(own.rewards.sum(axis=1), seed=seed)
    exact = limits["thompson"]
    short = max(abs(found.low - exact), abs(found.high - exact)) / exact
    return Claim(
        claim=f"thompson: imitation earns what Thompson sampling does, {exact:.3f}",
        paper=PAPER,
        measured=f"expected return {found}, at most {short:.2%} off; {told}",
        threshold="the whole interval within 0.5 % of the exact return",
        holds=bool(short <= 0.005),
    )


def _probability_claim(own: Fitted, seed: int, told: str) -> Claim:
    found = {time: bootstrap_interval(own.apart[:, time], seed=seed) for time in TIMES}
    worst = max(interval.high for interval in found.values())
    return Claim(
        claim="thompson: an arm is pulled with the probability that it is the better",
        paper=PAPER,
        measured="mean |q - P(best | counts)| "
        + ", ".join(f"{interval} at t = {time}" for time, interval in found.items())
        + f"; {told}",
        threshold="every interval at most 0.02",
        holds=bool(worst <= 0.02),
    )


def _delusion_claim(deluded: Fitted, seed: int) -> Claim:
    again = bootstrap_interval(deluded.repeats, seed=seed)
    far: Interval = bootstrap_interval(deluded.apart[:, 1:].mean(axis=1), seed=seed)
    earned = bootstrap_interval(deluded.rewards.sum(axis=1), seed=seed)
    return Claim(
        claim="thompson: who learned by watching the expert act takes its own first guess for "
        "the truth (self-delusion)",
        paper="actions must be interventions, or the posterior collapses",
        measured=f"it pulls its first arm again with probability {again} (Bayes: 1/2 on average), "
        f"|q - P(best | counts)| is {far} from then on, the return {earned}",
        threshold="again with at least 0.95, and 0.1 apart or more: both intervals",
        holds=bool(again.low >= 0.95 and far.low >= 0.1),
    )
