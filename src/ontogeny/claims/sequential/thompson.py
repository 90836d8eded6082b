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
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.sequential.prediction import SETTINGS
from ontogeny.claims.trainings import train
from ontogeny.learners.sequential.imitator import imitator
from ontogeny.learners.sequential.visits import Visits, belief_policy, visits
from ontogeny.ops.bayes.machines import Machine, expected_rewards
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.recipes.bandits import Thompson
from ontogeny.recipes.portraits.bandits import (
    exact_rewards,
    matching_portrait,
    rewards_portrait,
    shown,
)

PAPER = "the minimiser is the posterior mixture of the experts: Thompson sampling"
# For a full, a quick and a tiny look:
HORIZON = (20, 20, 4)  # pulls of an episode
SEEDS = (4, 2, 2)
UPDATES = (4000, 1333, 4)
ROUNDS = (10, 10, 2)
EPISODES = (2**15, 2**15, 2**8)  # of each network, to average it by state


class Fitted(NamedTuple):
    """Some trainings, held against the exact posterior."""

    rewards: np.ndarray  # [seed, time], expected, exact for the policy averaged by state
    apart: np.ndarray  # [seed, time], mean |q(arm 0) - P(arm 0 is best)| where the agent goes
    repeats: np.ndarray  # [seed], probability of pulling the first arm again at once
    shown: np.ndarray  # [point, 3] of one network: the exact probability, its own, the time
    seconds: float


def measure(how: Measuring) -> Found:
    """Return three claims (the return, the probabilities, self-delusion) and two figures. A quick
    look leaves self-delusion out.
    """
    recipe = Thompson(horizon=how.choose(*HORIZON))
    solved = recipe.solved()
    assert solved.machine is not None
    assert solved.thompson is not None
    machine, limits = solved.machine(), solved.limits()
    exact = solved.thompson(machine)
    seed, updates = how.seed, how.choose(*UPDATES)
    own = _fit(recipe, machine, exact, "agent", updates, how)
    fitted = {"network": own}
    seeds = len(own.repeats)
    told = f"{seeds} seeds, {updates:,} updates in {own.seconds:.0f} s{how.weak()}"
    claims = [return_claim(own, limits, seed, told), probability_claim(own, seed, told)]
    if how.choose(True, False, True):
        # in a tiny look the same again: that the expert acts is for its own test to say
        tiny = how.scale == "tiny"
        deluded = own if tiny else _fit(recipe, machine, exact, "expert", updates // 2, how)
        fitted["self-deluded"] = deluded
        claims.append(delusion_claim(deluded, seed, how.weak()))
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
    updates: int,
    how: Measuring,
) -> Fitted:
    settings = {"actor": actor, **how.choose(*SETTINGS)}
    training = dataclasses.replace(recipe.training, updates=updates, **settings)
    solved, rounds = recipe.solved(), how.choose(*ROUNDS)
    what, seeds = f"thompson, the {actor} acts", how.choose(*SEEDS)
    learner = imitator(solved, training)
    trained = train(how, learner, seeds, rounds, updates // rounds, what)
    networks = jax.tree.map(jnp.asarray, trained.states.network)
    key = jax.random.fold_in(jax.random.key(how.seed), 1)
    found = visits(solved, training.core, networks, key, how.choose(*EPISODES))
    return Fitted(
        np.stack([expected_rewards(machine, belief_policy(machine, one)) for one in found]),
        np.stack([apart(one, exact) for one in found]),
        np.array([repeats(one, machine) for one in found]),
        shown(found[0], machine, exact, times(recipe.horizon)),
        float(trained.seconds[-1]),
    )


def times(horizon: int) -> tuple[int, ...]:
    """Return the pulls before which the probabilities are compared."""
    return 0, horizon // 4, horizon // 2, horizon - 1


def apart(found: Visits, exact: np.ndarray) -> np.ndarray:
    """Return the mean of |q(arm 0) - P(arm 0 is best)| over episodes, [time]."""
    return np.mean(np.abs(found.probability[..., 0] - exact[found.state, 0]), axis=0)


def repeats(found: Visits, machine: Machine) -> float:
    """Return how likely the arm that was pulled first is pulled again at once."""
    counts = machine.statistics[found.state[:, 1]]  # successes and failures of arm 0, of arm 1
    first = (counts[:, 2:].sum(axis=1) > 0).astype(int)
    return float(np.mean(found.probability[np.arange(len(first)), 1, first]))


def return_claim(own: Fitted, limits: dict[str, float], seed: int, told: str) -> Claim:
    """Return whether the return is that of exact Thompson sampling."""
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


def probability_claim(own: Fitted, seed: int, told: str) -> Claim:
    """Return whether the probabilities are those of the posterior."""
    each = times(own.apart.shape[1])
    found = {time: bootstrap_interval(own.apart[:, time], seed=seed) for time in each}
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


def delusion_claim(deluded: Fitted, seed: int, weak: str) -> Claim:
    """Return whether those who watched an expert hold their own first guess for the truth."""
    again = bootstrap_interval(deluded.repeats, seed=seed)
    far: Interval = bootstrap_interval(deluded.apart[:, 1:].mean(axis=1), seed=seed)
    earned = bootstrap_interval(deluded.rewards.sum(axis=1), seed=seed)
    return Claim(
        claim="thompson: who learned by watching the expert act takes its own first guess for "
        "the truth (self-delusion)",
        paper="actions must be interventions, or the posterior collapses",
        measured=f"it pulls its first arm again with probability {again} (Bayes: 1/2 on average), "
        f"|q - P(best | counts)| is {far} from then on, the return {earned}{weak}",
        threshold="again with at least 0.95, and 0.1 apart or more: both intervals",
        holds=bool(again.low >= 0.95 and far.low >= 0.1),
    )
