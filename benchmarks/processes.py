"""What processes cost: a move with large members, a round with small ones, and the throughput
beside one compiled program.

- move: every member inherits from another every round, and does nothing else. A round is then the
  decision, the order, reading the parent's file, writing one's own, and the record: all that moving
  costs, and the writing that happens every round whether or not somebody moves.
- round: members of 160 bytes that do nothing, on all cores: what a member's round costs apart from
  its steps, recording included.
- quadratic, cartpole: member-updates a second of the recipe, in processes and in one program.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from benchmarks.host_members import idle
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.population import Move, Population
from ontogeny.core.space import Log, Space
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.strategy import Strategy
from ontogeny.recipes import recipe_class
from ontogeny.runtime import driver
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.executor import Job, Lived
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.storage.store import Store
from ontogeny.runtime.vectorised import Vectorised

SPACE = Space({"learning_rate": Log(1e-4, 1.5, prior=(1e-3, 1.0))})
MEGABYTES = (1.0, 100.0)  # of small members and of large ones
RECIPES = {"quadratic": 40, "cartpole": 4}  # and the rounds in which their throughput is measured
WARM = 2  # rounds that are not counted


class Marks(Observer):
    """The time at which each round was recorded."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        self.times.append(time.perf_counter())


def measure(quick: bool) -> Result:
    """Return the cost of moves and rounds, and both executors' throughput."""
    repeats = 1 if quick else 3
    small = [v for _ in range(repeats) for v in moves(MEGABYTES[0], 4 if quick else 20)]
    large = [v for _ in range(repeats) for v in moves(MEGABYTES[1], 3 if quick else 5)]
    figures = [
        Figure(f"move, members of {MEGABYTES[0]:g} MB", "ms", small, Target(high=50)),
        Figure(f"move, members of {MEGABYTES[1]:g} MB", "ms", large, Target(high=1000)),
        Figure(
            "round of a small member",
            "ms",
            [overhead(20 if quick else 100) for _ in range(repeats)],
            Target(high=2),
        ),
    ]
    for name, rounds in RECIPES.items():
        recipe: Any = recipe_class(name)
        job = recipe().job()._replace(rounds=WARM + (2 if quick else rounds))
        arms = {
            "vectorised": lambda job=job: throughput(job, Vectorised()),
            "together": lambda job=job: throughput(job, Processes(synchronous=True)),
            "apart": lambda job=job: throughput(job, Processes()),
        }
        found = by_turns(arms, 1 if quick else 2)
        figures += [Figure(f"{name}, {arm}", "updates/s", v) for arm, v in found.items()]
        ratio = pairwise(found["apart"], found["vectorised"])
        figures.append(Figure(f"{name}, apart / vectorised", "ratio", ratio))
    return Result({"population": 16}, figures)


def moves(megabytes: float, rounds: int) -> list[float]:
    """Return the milliseconds of each round of a member in which it inherits."""
    job = Job(idle(megabytes), SPACE, swapping(), 0, 2, WARM + rounds, 1)
    marks = _recorded(job, Processes(1))
    return [1e3 * seconds for seconds in np.diff(marks)[2 * WARM :]]


def overhead(rounds: int) -> float:
    """Return the milliseconds that a round of a member takes in which it does nothing."""
    job = Job(idle(160e-6), SPACE, pbt(SPACE), 0, 16, WARM + rounds, 1)
    marks = _recorded(job, Processes())[16 * WARM :]
    return 1e3 * (marks[-1] - marks[0]) / (len(marks) - 1)


def throughput(job: Job, executor: Any) -> float:
    """Return member-updates a second, spawning and start-up apart."""
    program = executor.prepare(job)
    lived = [(int(one.ready.sum()), one.seconds) for one in program.rounds()]
    program.close()
    warm = lived[len(lived) * WARM // job.rounds :]
    return job.steps * sum(n for n, _ in warm) / sum(seconds for _, seconds in warm)


def swapping() -> Strategy[tuple[()]]:
    """Return the strategy under which everybody inherits from its neighbour, in every round."""

    def init(key: Any, population: Population[Any]) -> tuple[()]:
        del key, population
        return ()

    def move(
        key: Any, state: tuple[()], population: Population[Any], ready: Any
    ) -> tuple[tuple[()], Move]:
        del key
        slots = jnp.arange(population.size)
        lived = jnp.roll(population.steps, -1) > 0
        parent = jnp.where(ready & lived, jnp.roll(slots, -1), slots)
        return state, Move(parent, jnp.ones_like(ready), population.hypers)

    return Strategy(init, move)


def _recorded(job: Job, executor: Any) -> list[float]:
    """Return when each round of a growth was recorded."""
    marks = Marks()
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.create(Path(folder) / "run") as store,
    ):
        driver.grow(job, executor, store, observers=[marks], checkpoint_seconds=float("inf"))
    return marks.times[:-1]  # the last writes a checkpoint
