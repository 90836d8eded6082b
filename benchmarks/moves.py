"""What moves and recording cost: a population under PBT beside the same population that nobody
moves or records.

- recorded: `driver.grow` with a PBT move every round: the strategy, the inheritance, the store;
- still: the same executor with a strategy that never moves, not recorded;
- bare: a loop of the compiled `core.population.live` of the members, spread and taking turns as the
  executor has them.

The three take turns round by round: the recorded growth is interrupted after each of its rounds, by
an observer that lives one round of each of the others. Checkpoints are written every 30 seconds by
default; none falls into a measured round, so one is timed apart and its share of 30 seconds added
to the recorded rounds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from benchmarks.result import Figure, Result, Target, pairwise
from ontogeny.core.population import Move, Population, live, spawn
from ontogeny.evolution.strategy import Strategy
from ontogeny.recipes import recipe_class
from ontogeny.runtime import driver
from ontogeny.runtime.checkpoints import write_checkpoint
from ontogeny.runtime.executor import Job, Lived, Program
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.storage.store import Store
from ontogeny.runtime.vectorised import VectorisedProgram

# A round of 16 steps, of the recipe's 64: what a round costs apart from its steps weighs four times
# as much as in the recipe.
STEPS = 16
WARM = 2  # rounds that are not counted: the first spawns, and its cost comes once a run
CHECKPOINT_SECONDS = 30.0


@dataclass(frozen=True)
class Ready:
    """An executor whose program is compiled already."""

    program: Program
    devices: int | None = None

    def prepare(self, job: Job, folder: Path | None = None) -> Program:
        """Return the program."""
        del job, folder
        return self.program


class Turns(Observer):
    """Times the recorded rounds, and lives a round of each rival between them."""

    def __init__(self, rivals: dict[str, Callable[[], None]]):
        self.rivals = rivals
        self.seconds: dict[str, list[float]] = {name: [] for name in ("recorded", *rivals)}
        self.inside: list[float] = []
        self.snapshot: Any = None
        self._mark = 0.0

    def compiled(self, seconds: float) -> None:
        self._mark = time.perf_counter()

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        self.seconds["recorded"].append(time.perf_counter() - self._mark)
        self.inside.append(round_.seconds)
        self.snapshot = round_.snapshot
        for name, rival in list(self.rivals.items())[:: 1 if round_.number % 2 else -1]:
            begun = time.perf_counter()
            rival()
            self.seconds[name].append(time.perf_counter() - begun)
        self._mark = time.perf_counter()


def measure(quick: bool) -> Result:
    """Return the three arms' throughput, and what is kept."""
    recipe: Any = recipe_class("breakout")(population=16, steps=STEPS)
    rounds = WARM + (3 if quick else 41)
    job: Job = recipe.job()._replace(rounds=rounds)
    program = recipe.executor.prepare(job)
    still = recipe.executor.prepare(job._replace(strategy=never(), rounds=rounds))
    with tempfile.TemporaryDirectory() as folder:
        unrecorded = still.rounds()
        turns = Turns({"still": lambda: void(next(unrecorded)), "bare": bare(job, program)})
        with Store.create(Path(folder) / "run", recipe="breakout") as store:
            driver.grow(
                job, Ready(program), store, observers=[turns], checkpoint_seconds=float("inf")
            )
        begun = time.perf_counter()
        write_checkpoint(Path(folder) / "run", rounds, turns.snapshot())
        checkpoint = time.perf_counter() - begun
    # The last round of a growth writes a checkpoint of its own, so it is left out too.
    seconds = {name: values[WARM:-1] for name, values in turns.seconds.items()}
    share = 1 + checkpoint / CHECKPOINT_SECONDS
    recorded = [s * share for s in seconds["recorded"]]
    steps = job.population * job.steps * recipe.units()["environment steps"]
    whole = turns.seconds["recorded"]
    outside = [all_ - in_ for all_, in_ in zip(whole, turns.inside, strict=True)]
    return Result(
        {"recipe": "breakout", "population": 16, "steps a round": job.steps, "rounds": rounds},
        [
            *(
                Figure(name, "environment steps/s", [steps / s for s in values])
                for name, values in (("recorded", recorded), ("still", seconds["still"]))
            ),
            Figure("bare", "environment steps/s", [steps / s for s in seconds["bare"]]),
            Figure("recording", "ms a round", [s * 1e3 for s in outside[WARM:-1]]),
            Figure("checkpoint", "ms, every 30 s", [checkpoint * 1e3]),
            Figure(
                "recorded / still", "ratio", pairwise(seconds["still"], recorded), Target(low=0.97)
            ),
            Figure(
                "recorded / bare", "ratio", pairwise(seconds["bare"], recorded), Target(low=0.97)
            ),
        ],
    )


def never() -> Strategy[tuple[()]]:
    """Return the strategy under which nobody ever moves, not even the dead."""

    def init(key: Any, population: Population[Any]) -> tuple[()]:
        del key, population
        return ()

    def move(
        key: Any, state: tuple[()], population: Population[Any], ready: Any
    ) -> tuple[tuple[()], Move]:
        del key
        slots = jnp.arange(population.size)
        return state, Move(slots, jnp.ones_like(ready), population.hypers)

    return Strategy(init, move)


def bare(job: Job, program: VectorisedProgram) -> Callable[[], None]:
    """Return what advances a population of the job by a round, and nothing else."""
    pop: Any = PartitionSpec("pop")
    spread: Any = NamedSharding(program.mesh, pop)

    def one(pair: Any) -> Population[Any]:
        return live(job.learner, job.seed, job.steps, *pair)[0]

    def members(slots: Any, population: Population[Any]) -> Population[Any]:
        if program.cohort >= slots.shape[0]:
            return jax.vmap(one)((slots, population))
        return jax.lax.map(one, (slots, population), batch_size=program.cohort)

    compiled: Any = jax.jit(
        jax.shard_map(members, mesh=program.mesh, in_specs=pop, out_specs=pop, check_vma=False),
        donate_argnums=1,
    )
    current: Any = jax.jit(
        lambda: spawn(job.learner, job.space, job.seed, job.population), out_shardings=spread
    )()

    slots = jnp.arange(job.population)

    def advance() -> None:
        nonlocal current
        current = jax.block_until_ready(compiled(slots, current))

    advance()
    return advance


def void(_: Any) -> None:
    """Take a round, and forget it."""
