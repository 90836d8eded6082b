"""The claims about one agent for four tasks beside an agent a task, at the same number of frames a
task. The task is told with every observation.

Source: Espeholt et al. 2018 (arXiv 1802.01561), section 5.3, where one agent learns thirty tasks.
"""

from __future__ import annotations

import numpy as np

from ontogeny.claims.agents.training import TINY, Budget, curves, ends, trained
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.ops.statistics import bootstrap_interval, stratified_interval
from ontogeny.worlds.by_name import world_named

TASKS = "Empty-6x6", "EmptyRandom-6x6", "DoorKey-5x5", "Unlock"
AGENT = ActorCriticConfig(activation="relu", environments=64, unroll=64, minibatches=8)
FULL, QUICK = Budget(5, 12, 8), Budget(2, 6, 5)
PAPER = "one agent of thirty tasks does better than thirty agents of one"


def measure(how: Measuring) -> Found:
    """Return the claims about all tasks together and about the worst of them, and the curves of
    each.
    """
    budget = how.choose(FULL, QUICK, TINY)
    worlds = [f"MiniGrid-{task}" for task in TASKS]
    both = world_named(" + ".join(worlds))
    # a quarter of its frames are of each task
    one, _ = trained(both, AGENT, budget._replace(steps=4 * budget.steps), how, "one agent")
    panels: dict[str, dict[str, np.ndarray]] = {}
    frames = 0.0
    for task, name in zip(TASKS, worlds, strict=True):
        expert, frames = trained(world_named(name), AGENT, budget, how, task)
        told = one.metrics[f"episode_return/{name}"]
        panels[task] = {"one agent for four": told, "one of its own": expert.score}
    together, apart = (
        [ends(arms[kind]) for arms in panels.values()] for kind in next(iter(panels.values()))
    )
    seeds, cost = budget.seeds, f"{budget.rounds * frames:,.0f} frames a task{how.weak()}"
    shares = [
        stratified_interval(
            [mine, theirs],
            lambda sets: np.mean(sets[0], axis=-1) / np.mean(sets[1], axis=-1),
            seed=how.seed,
        )
        for mine, theirs in zip(together, apart, strict=True)
    ]
    told = ", ".join(f"{task} {share}" for task, share in zip(TASKS, shares, strict=True))
    share = bootstrap_interval(np.mean(together, axis=0) / np.mean(apart, axis=0), seed=how.seed)
    claims = [
        Claim(
            "one agent earns in four tasks nine tenths of what four agents do, or more",
            PAPER,
            f"mean return {share} times theirs; {seeds} seeds, {cost}",
            "the interval above 0.9",
            bool(share.low > 0.9),
        ),
        Claim(
            "none of the four tasks is left behind",
            PAPER,
            f"of its own agent's return: {told}; {seeds} seeds, {cost}",
            "each interval above 0.8",
            all(bool(share.low > 0.8) for share in shares),
        ),
    ]
    caption = "Mean return of the last episodes; bands are the seeds' range."
    return claims, [curves("tasks", "One agent, four tasks", caption, panels, frames)]
