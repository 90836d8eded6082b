"""The claim about continuous actions: agents that swing a pendulum up improve throughout."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ontogeny.claims.agents.training import TINY, Budget, curves, trained
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.worlds.by_name import world_named

AGENT = ActorCriticConfig(
    learning_rate=1e-3, entropy_cost=0.0, discount=0.95, unroll=64, minibatches=8, epochs=10
)
FULL, QUICK = Budget(6, 20, 15), Budget(4, 10, 15)


def measure(how: Measuring) -> Found:
    """Return the claim, and the curve of the returns."""
    world, budget = world_named("Pendulum-v1"), how.choose(FULL, QUICK, TINY)
    run, frames = trained(world, AGENT, budget, how, "pendulum")
    caption = f"Mean return of the {AGENT.window} last episodes; the band is the seeds' range."
    return [improves("the pendulum", run.score, frames, how)], [
        curves("pendulum", "Pendulum", caption, {"": {"PPO": run.score}}, frames)
    ]


def improves(what: str, score: np.ndarray, frames: float, how: Measuring) -> Claim:
    """Return the claim that returns, [round, seed], rise from each quarter of the training to the
    next.
    """
    parts = [part.mean(axis=0) for part in np.array_split(score, min(4, len(score)))]
    rises = [bootstrap_interval(later - before, seed=how.seed) for before, later in pairwise(parts)]
    told = ", ".join(str(bootstrap_interval(part, seed=how.seed)) for part in parts)
    rounds, seeds = score.shape
    return Claim.above(
        f"{what}: an agent of continuous actions improves steadily",
        "a curve, without a bound",
        f"{told} by quarters; {seeds} seeds, {rounds * frames:,.0f} frames each{how.weak()}",
        *rises,
        threshold="the interval of the rise from each quarter to the next above 0",
    )
