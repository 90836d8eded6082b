"""One weight of all tasks against one with a factor a task, both tuned by populations: it makes no
difference, where every task has an expert that knows it.

Source: Schmitt et al. 2018 (arXiv 1803.03835), section 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.kickstarting.experts import LEARNING, SIZES
from ontogeny.claims.kickstarting.students import (
    OWN,
    SHARED,
    Budget,
    Grown,
    agent_of,
    experts,
    frames_of,
    grow,
    more,
    rooms_of,
)
from ontogeny.claims.kickstarting.students_figures import lines
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import ends
from ontogeny.worlds.multi_task import multi_task

# At full, quick and tiny scale.
BUDGETS = Budget(8, 8, 24, 5), Budget(2, 4, 12, 5), Budget(2, 2, 2, 1)
ONE, EACH = "one weight", "a weight a task"
MARGIN = 0.05  # of a mean return of which about 0.87 is the most


def measure(how: Measuring) -> Found:
    """Return the claim, and the curves of each room and of the weights."""
    rooms = rooms_of(how.choose(*SIZES), how)
    budget = how.choose(*BUDGETS)
    taught = experts(rooms, *how.choose(*LEARNING), how)
    found = grow(multi_task(rooms), taught.teachers, {ONE: SHARED, EACH: OWN}, budget, how)
    frames = frames_of(agent_of(how), budget.steps)
    cost = f"{budget.seeds} seeds, {budget.members} members, {budget.rounds * frames:,.0f} frames "
    cost += f"each{how.weak()}"
    caption = "What the best of each population and its ancestors earned in each room, and what "
    caption += f"each room's expert weighed with {EACH}: means and ranges of the seeds."
    figure = lines("weights", "One weight, or one a task", caption, found, EACH, frames, taught)
    return [claim_of(found, cost, how)], [figure]


def claim_of(found: Mapping[str, Grown], cost: str, how: Measuring) -> Claim:
    """Return the claim, given the lines of both arms."""
    along = {arm: np.mean(list(one.returns.values()), axis=0) for arm, one in found.items()}
    score = {arm: ends(each) for arm, each in along.items()}
    difference = more(score[EACH] - score[ONE], how)
    throughout = more((along[EACH] - along[ONE]).mean(axis=0), how)
    told = ", ".join(f"{arm} {more(each, how)}" for arm, each in score.items())
    return Claim(
        "one weight of all tasks serves as well as a weight a task",
        "negligible difference",
        f"mean return of all rooms: {told}: more by {difference}, over all of the training "
        f"by {throughout}; {cost}",
        f"the interval of the difference within {MARGIN:g} of 0",
        bool(difference.low > -MARGIN and difference.high < MARGIN),
    )
