"""The claims about one agent for four tasks beside an agent a task, at the same number of frames a
task. The task is told with every observation.

Source: Espeholt et al. 2018 (arXiv 1802.01561), section 5.3, where one agent learns thirty tasks.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ontogeny.claims.agents.training import TINY, Budget, curves, difference, ends, trained
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.worlds.by_name import world_named

TASKS = tuple(
    f"MiniGrid-{room}" for room in ("Empty-6x6", "EmptyRandom-6x6", "DoorKey-5x5", "Unlock")
)
FEW = "Pendulum-v1/flat3", "Pendulum-v1/single3"  # of one shape too, and sooner compiled
AGENT = ActorCriticConfig(activation="relu", environments=64, unroll=64, minibatches=8)
FULL, QUICK = Budget(6, 6, 5), Budget(2, 5, 3)
PAPER = "one agent of thirty tasks does better than thirty agents of one"


def measure(how: Measuring) -> Found:
    """Return the claims about all tasks together and about the worst of them, and the curves of
    each.
    """
    budget = how.choose(FULL, QUICK, TINY)
    tasks = how.choose(TASKS, TASKS, FEW)
    both = world_named(" + ".join(tasks))
    each = budget._replace(steps=len(tasks) * budget.steps)  # as many frames a task
    one, frames = trained(both, AGENT, each, how, "one agent")
    together = {task: one.metrics[f"episode_return/{task}"] for task in tasks}

    def expert(task: str) -> np.ndarray:
        return trained(world_named(task), AGENT, budget, how, task)[0].score

    panels = {
        task: {
            "one agent for four": score,
            "one of its own": how.unless_tiny(lambda task=task: expert(task), score),
        }
        for task, score in together.items()
    }
    frames //= len(tasks)  # a task
    cost = f"{budget.seeds} seeds, {budget.rounds * frames:,.0f} frames a task{how.weak()}"
    caption = "Mean return of the last episodes; bands are the seeds' range."
    figure = curves("tasks", "One agent, four tasks", caption, panels, frames)
    return claims_of(panels, cost, how), [figure]


def claims_of(
    panels: Mapping[str, Mapping[str, np.ndarray]], cost: str, how: Measuring
) -> list[Claim]:
    """Return the claims, given the returns of each task under the agent of all and under its own,
    [round, seed].
    """
    pairs = {task: list(arms.values()) for task, arms in panels.items()}
    differences = {task: difference(one, own, how) for task, (one, own) in pairs.items()}
    told = ", ".join(f"{task} {more}" for task, more in differences.items())
    together, apart = np.mean([[ends(each) for each in pair] for pair in pairs.values()], axis=0)
    more = bootstrap_interval(together - apart, seed=how.seed)
    earned = [str(bootstrap_interval(each, seed=how.seed)) for each in (together, apart)]
    return [
        Claim(
            "one agent earns in four tasks what four agents do",
            PAPER,
            f"mean return {earned[0]}, theirs {earned[1]}: more by {more}; {cost}",
            "the interval of the difference above -0.05, where 1 is the most",
            bool(more.low > -0.05),
        ),
        Claim(
            "none of the four tasks is left behind",
            PAPER,
            f"more than its own agent by: {told}; {cost}",
            "the interval of each task's difference above -0.1",
            all(bool(more.low > -0.1) for more in differences.values()),
        ),
    ]
