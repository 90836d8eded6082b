"""The claims about one agent for four tasks beside an agent a task, at the same number of frames a
task. The task is told with every observation.

Source: Espeholt et al. 2018 (arXiv 1802.01561), section 5.3, where one agent learns thirty tasks.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ontogeny.claims.agents.training import TINY, Budget, curves, ends, trained
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.ops.statistics import bootstrap_interval, stratified_interval
from ontogeny.worlds.by_name import world_named

TASKS = tuple(
    f"MiniGrid-{room}" for room in ("Empty-6x6", "EmptyRandom-6x6", "DoorKey-5x5", "Unlock")
)
FEW = "Pendulum-v1/flat3", "Pendulum-v1/single3"  # of one shape too, and sooner compiled
AGENT = ActorCriticConfig(activation="relu", environments=64, unroll=64, minibatches=8)
FULL, QUICK = Budget(5, 12, 8), Budget(2, 6, 5)
PAPER = "one agent of thirty tasks does better than thirty agents of one"


def measure(how: Measuring) -> Found:
    """Return the claims about all tasks together and about the worst of them, and the curves of
    each.
    """
    budget = how.choose(FULL, QUICK, TINY)
    tasks = how.choose(TASKS, TASKS, FEW)
    both = world_named(" + ".join(tasks))
    each = budget._replace(steps=len(tasks) * budget.steps)  # as many frames a task
    one, _ = trained(both, AGENT, each, how, "one agent")
    panels: dict[str, dict[str, np.ndarray]] = {}
    frames = 0.0
    for task in tasks:
        expert, frames = trained(world_named(task), AGENT, budget, how, task)
        told = one.metrics[f"episode_return/{task}"]
        panels[task] = {"one agent for four": told, "one of its own": expert.score}
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
    together, apart = (
        [ends(arms[kind]) for arms in panels.values()] for kind in next(iter(panels.values()))
    )
    shares = [
        stratified_interval(
            [mine, theirs],
            lambda sets: _share(np.mean(sets[0], axis=-1), np.mean(sets[1], axis=-1)),
            seed=how.seed,
        )
        for mine, theirs in zip(together, apart, strict=True)
    ]
    told = ", ".join(f"{task} {share}" for task, share in zip(panels, shares, strict=True))
    share = bootstrap_interval(
        _share(np.mean(together, axis=0), np.mean(apart, axis=0)), seed=how.seed
    )
    return [
        Claim(
            "one agent earns in four tasks nine tenths of what four agents do, or more",
            PAPER,
            f"mean return {share} times theirs; {cost}",
            "the interval above 0.9",
            bool(share.low > 0.9),
        ),
        Claim(
            "none of the four tasks is left behind",
            PAPER,
            f"of its own agent's return: {told}; {cost}",
            "each interval above 0.8",
            all(bool(share.low > 0.8) for share in shares),
        ),
    ]


def _share(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return what is earned over what the others earn; where they earn nothing, 0."""
    return np.divide(mine, theirs, out=np.zeros_like(mine), where=theirs > 0)
