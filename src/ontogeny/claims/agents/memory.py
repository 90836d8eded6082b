"""The claims about memory: two tasks whose outcome depends on what is no longer seen, learned with
a GRU and without.

bsuite's MemoryChain shows a bit, then nothing, and asks for the bit (Osband et al. 2020, arXiv
1908.03568): right is worth 1 and wrong -1. In MiniGrid's Memory room the thing that lies at the
start is to be found again among two at the other end (Chevalier-Boisvert et al. 2023, arXiv
2306.13831): right is worth 1 less 0.9 of the share of the time that it took, and wrong nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from ontogeny.claims.agents.training import TINY, Budget, curves, ends, reaches, trained
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.worlds.by_name import world_named


class Task(NamedTuple):
    """A world, who learns it, and what says that the memory is used."""

    world: str
    agent: ActorCriticConfig
    budget: Budget
    least: float  # with memory
    most: float  # that who does not remember can earn


CHAIN = Task(
    world="MemoryChain-bsuite",
    agent=ActorCriticConfig(window=256),
    budget=Budget(6, 10, 10),
    least=0.9,
    most=0.0,
)
ROOM = Task(
    world="MiniGrid-MemoryS8",
    agent=ActorCriticConfig(
        activation="relu",
        hidden=(64,),
        environments=128,  # many: a recurrent minibatch is one product of matrices a step
        unroll=64,
        minibatches=8,
        learning_rate=3e-3,
        entropy_cost=0.02,
        normalise_observations=True,
        window=128,
    ),
    budget=Budget(6, 14, 12),
    least=0.8,
    most=0.5,
)
QUICK = Budget(4, 10, 10)
CHANCE = 0.1  # so much above the best without memory still is chance
Core: TypeAlias = Literal["gru", "none"]
CORES: tuple[Core, ...] = ("gru", "none")


def measure(how: Measuring) -> Found:
    """Return, for each task, the claims about an agent with memory and one without, and both
    curves. The room takes too long for a quick look.
    """
    claims, figures = [], []
    chosen = {"chain": CHAIN} if how.quick else {"chain": CHAIN, "room": ROOM}
    for name, task in chosen.items():
        (gru, frames), (none, _) = scores_of(task, how)
        paper = f"who does not remember earns {task.most:g}"
        claim = f"an agent with a GRU remembers in {task.world}"
        claims.append(reaches(claim, paper, gru, frames, task.least, how))
        without = bootstrap_interval(ends(none), seed=how.seed)
        claims.append(
            Claim(
                f"an agent without memory is at chance in {task.world}",
                paper,
                f"{without}, {none.shape[1]} seeds{how.weak()}",
                f"the interval below {task.most + CHANCE:g}",
                bool(without.high < task.most + CHANCE),
            )
        )
        caption = "Mean return of the last episodes; bands are the seeds' range. Dotted: chance."
        panels = {"": {"GRU": gru, "no memory": none}}
        figures.append(curves(name, task.world, caption, panels, frames, [task.most]))
    return claims, figures


def scores_of(task: Task, how: Measuring) -> list[tuple[np.ndarray, float]]:
    """Return for each core the returns, [round, seed], and the frames of an agent a round."""
    world, budget = world_named(task.world), how.choose(task.budget, QUICK, TINY)

    def of_core(core: Core) -> tuple[np.ndarray, float]:
        what = f"{task.world}, core {core}"
        run, frames = trained(world, replace(task.agent, core=core), budget, how, what)
        return run.score, frames

    return list(how.of_each(CORES, of_core, CORES[:1]).values())
