"""A room that neither an agent from scratch nor its own expert learns: a student of it and of a
smaller one, which has a good expert, learns both. Each task's weight is tuned by a population.

A small and a large room behind a locked door; the failing expert learned the large one alone for as
long as the good one its own. In the source it is a duel in DMLab (lasertag_1_opponent) beside one
with three opponents; MiniGrid's DoorKey takes too long on a CPU for populations of several seeds.

Source: Schmitt et al. 2018 (arXiv 1803.03835), section 4.4.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.kickstarting.students import (
    OWN,
    SCRATCH,
    Budget,
    Experts,
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
SIZES = (8, 20), (8, 20), (3, 4)
LEARNING = (12, 20), (8, 20), (1, 1)  # rounds of updates of an expert
BUDGETS = Budget(6, 8, 27, 3), Budget(2, 4, 12, 5), Budget(2, 2, 2, 1)
TAUGHT, ALONE = "kickstarted", "from scratch"
LEARNED, FAILED = 0.4, 0.2  # a return in the large room, of which about 0.7 is the most


def measure(how: Measuring) -> Found:
    """Return the claims about the large room and about its expert's weight, and the curves."""
    rooms = rooms_of(how.choose(*SIZES), how)
    both, budget = multi_task(rooms), how.choose(*BUDGETS)
    taught = experts(rooms, *how.choose(*LEARNING), how)
    found = grow(both, taught.teachers, {TAUGHT: OWN, ALONE: SCRATCH}, budget, how)
    frames = frames_of(agent_of(how), budget.steps)
    cost = f"{budget.seeds} seeds, {budget.members} members, {budget.rounds * frames:,.0f} frames "
    cost += f"each, after {taught.frames:,.0f} of an expert{how.weak()}"
    caption = "What the best of each population and its ancestors earned in each room, and the "
    caption += "weight of each room's expert beside the other's: means and ranges of the seeds."
    title = "A room whose own expert fails"
    figure = lines("transfer", title, caption, found, TAUGHT, frames, taught)
    return claims_of(found, taught, cost, how), [figure]


def claims_of(
    found: Mapping[str, Grown], taught: Experts, cost: str, how: Measuring
) -> list[Claim]:
    """Return the claims, given the lines of the kickstarted and of those from scratch. Tasks are in
    the order of the experts: the small room, and the large one.
    """
    small, large = found[TAUGHT].returns
    earned = {
        name: [more(ends(each), how) for each in one.returns.values()]
        for name, one in found.items()
    }
    told = ", ".join(
        f"{room}: kickstarted {earned[TAUGHT][k]}, from scratch {earned[ALONE][k]}, its expert "
        f"{taught.earned[k]:.3g}"
        for k, room in enumerate((small, large))
    )
    failing = max(earned[ALONE][1].high, taught.earned[1])
    ratio = {
        name: np.log10(one.hypers["task0"] / one.hypers["task1"]) for name, one in found.items()
    }
    apart, null = (more(ends(ratio[name]), how) for name in (TAUGHT, ALONE))
    begun, fell = more(ratio[TAUGHT][0], how), falls(found[TAUGHT])
    lower = more(ends(ratio[TAUGHT]) - ends(ratio[ALONE]), how)
    return [
        Claim(
            "a student learns a task that neither its expert nor an agent from scratch learns",
            "lasertag_1_opponent: mastered by transfer, though its own expert learned nothing",
            f"{told}; {cost}",
            f"the large room's interval above {LEARNED:g}, that from scratch and the expert below "
            f"{FAILED:g}",
            bool(earned[TAUGHT][1].low > LEARNED and failing < FAILED),
        ),
        Claim.above(
            "the weight of the failing expert falls below the good one's",
            "the weight of the bad expert goes quickly to 0",
            f"log10 of the good expert's weight over the failing one's, along the winners' lines: "
            f"{apart}, in the first round {begun}; where neither does anything {null}: more by "
            f"{lower}; {cost}",
            apart,
            lower,
            threshold="its interval above 0, and that of the difference",
        ),
        Claim.above(
            "the weight of the failing expert falls first",
            "the weight of the bad expert goes quickly to 0",
            f"powers of ten that its task's weight fell along the winners' lines by half of the "
            f"training {more(fell[1], how)}, the good expert's {more(fell[0], how)}; {cost}",
            more(fell[1] - fell[0], how),
            threshold="the interval of the difference of the two above 0",
        ),
    ]


def falls(found: Grown) -> np.ndarray:
    """Return by how many powers of ten each task's weight fell from the first round to the middle
    of the training, [task, seed].
    """
    factors = np.stack([found.hypers[f"task{k}"] for k in range(len(found.returns))])
    weight = np.log10(found.hypers["whole"] * factors)
    return weight[:, 0] - weight[:, weight.shape[1] // 2]
