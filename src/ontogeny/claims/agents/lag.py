"""The claim that V-trace is for: when those who act are some updates behind, learning from their
trajectories as if they were the policy's own goes wrong, and V-trace's correction makes up for it.

Both arms are the same learner, but for the ratios of probabilities that V-trace takes into account;
one step of it is one update. Source: Espeholt et al. 2018 (arXiv 1802.01561), section 5.2.2, where
actors lag by policy updates and by replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from ontogeny.claims.agents.training import TINY, Budget, curves, difference, ends, trained
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.worlds.by_name import world_named

LAGS = ((0, 1, 4, 16), (0, 16), (0, 2))  # at full, quick and tiny scale
Loss: TypeAlias = Literal["vtrace", "n-step"]
LOSSES: tuple[Loss, ...] = ("vtrace", "n-step")
AGENT = ActorCriticConfig(unroll=20, learning_rate=3e-3, epochs=1, minibatches=1)
FULL, QUICK = Budget(6, 20, 100), Budget(4, 20, 50)
PAPER = "V-trace is the most robust as actors lag; without correction learning suffers"


def measure(how: Measuring) -> Found:
    """Return the claims about the smallest and the largest lag, and the curves of all."""
    world, budget = world_named("CartPole-v1"), how.choose(FULL, QUICK, TINY)
    frames = 0.0

    def of_loss(lag: int, loss: Loss) -> np.ndarray:
        nonlocal frames
        agent = replace(AGENT, loss=loss, lag=lag)
        run, frames = trained(world, agent, budget, how, f"lag {lag}, {loss}")
        return run.score

    def of_lag(lag: int) -> dict[Loss, np.ndarray]:
        return how.of_each(LOSSES, lambda loss: of_loss(lag, loss), LOSSES[1:])

    lags = how.choose(*LAGS)
    scores = how.of_each(lags, of_lag, lags[1:])
    cost = f"{budget.seeds} seeds, {budget.rounds * frames:,.0f} frames each{how.weak()}"
    names = {"vtrace": "V-trace", "n-step": "plain n-step returns"}
    panels = {
        f"{lag} updates behind": {names[loss]: score for loss, score in arms.items()}
        for lag, arms in scores.items()
    }
    caption = "Mean return of the last episodes; bands are the seeds' range."
    figure = curves("lag", "When actors are behind", caption, panels, frames)
    return claims_of(scores, cost, how), [figure]


def claims_of(
    scores: Mapping[int, Mapping[Loss, np.ndarray]], cost: str, how: Measuring
) -> list[Claim]:
    """Return the claims about the smallest and the largest lag, given the returns by lag and loss,
    [round, seed].
    """
    gains = {lag: difference(arms["vtrace"], arms["n-step"], how) for lag, arms in scores.items()}
    least, most = min(scores), max(scores)
    told = "; ".join(
        f"{lag} behind: "
        + ", ".join(f"{loss} {bootstrap_interval(ends(arms[loss]))}" for loss in LOSSES)
        for lag, arms in scores.items()
    )
    return [
        Claim.above(
            f"with actors {most} updates behind V-trace earns more than plain n-step returns",
            PAPER,
            f"{told}: more by {gains[most]}; {cost}",
            gains[most],
        ),
        Claim(
            "with actors that are not behind the correction changes nothing",
            "on-policy, V-trace's target is the n-step return",
            f"more by {gains[least]}; {cost}",
            "the interval of the difference holds 0",
            bool(gains[least].low <= 0 <= gains[least].high),
        ),
    ]
