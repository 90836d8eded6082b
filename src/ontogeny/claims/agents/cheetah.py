"""The claims about a body in a physics simulation: that continuous torques are learned, and what it
is worth to choose six torques of three values each, where a choice among all 729 combinations says
the same.

Needs the extra `brax`. Its budget is a quarter of an hour. Source of the discretisation:
Tang and Agrawal 2020 (arXiv 1901.10500).
"""

from __future__ import annotations

from ontogeny.claims.agents.pendulum import improves
from ontogeny.claims.agents.training import TINY, Budget, curves, difference, trained
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import Trained
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.worlds.by_name import world_named

BODY = "brax-halfcheetah"
ARMS = {"continuous": "", "factored": "/factored3", "flat": "/flat3"}  # the actions
AGENT = ActorCriticConfig(
    learning_rate=1e-3,
    entropy_cost=0.0,
    environments=64,
    unroll=64,
    minibatches=8,
    normalise_observations=True,
)
FULL, QUICK = Budget(6, 16, 8), Budget(2, 8, 2)


def measure(how: Measuring) -> Found:
    """Return the claims about continuous torques, and about a factored head beside a flat one."""
    budget = how.choose(FULL, QUICK, TINY)

    def of_arm(arm: str) -> tuple[Trained, float]:
        return trained(world_named(f"{BODY}{ARMS[arm]}"), AGENT, budget, how, arm)

    runs = how.of_each(ARMS, of_arm, ["factored"])
    frames = runs["flat"][1]
    scores = {arm: run.score for arm, (run, _) in runs.items()}
    lived = budget.seeds * budget.rounds * frames
    rates = {arm: lived / float(run.seconds[-1]) for arm, (run, _) in runs.items()}
    gain = difference(scores["factored"], scores["flat"], how)
    told = ", ".join(f"{arm} {bootstrap_interval(score[-1])}" for arm, score in scores.items())
    cost = f"{budget.seeds} seeds, {budget.rounds * frames:,.0f} frames each{how.weak()}"
    claims = [
        improves("the half-cheetah", scores["continuous"], frames, how),
        Claim.above(
            "six choices of three earn more than one choice of 729",
            "a factored policy is better than a flat one where combinations are many",
            f"{told}: factored more than flat by {gain}; {cost}",
            gain,
        ),
        Claim(
            "six choices of three are as fast to learn from as one choice of 729",
            "18 numbers in place of 729",
            f"factored {rates['factored']:,.0f} frames/s, flat {rates['flat']:,.0f}; {cost}",
            "frames a second, factored over flat, 1 or more",
            rates["factored"] >= rates["flat"],
        ),
    ]
    caption = "Mean return of the last episodes; bands are the seeds' range."
    return claims, [curves("cheetah", "Half-cheetah", caption, {"": scores}, frames)]
