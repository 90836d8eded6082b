"""What a long run costs to record, to read and to report: 64 members, a million rows of metrics.

The run is made up, so that it takes seconds and not ten hours: scores that rise, hypers that
drift, a quarter of the members replaced in every round. It is written through the driver's own
function, a transaction a round, and read as `ontogeny report` reads it. Two shapes have as many
rows: many columns, and many rounds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import jax.numpy as jnp
import numpy as np

from benchmarks.result import Figure, Result, Target
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move, Population
from ontogeny.core.space import Log, Space
from ontogeny.evolution.evolve import Grown
from ontogeny.evolution.random_search import random_search
from ontogeny.runtime import driver
from ontogeny.runtime.executor import Footprint, Job, Lived, Snapshot
from ontogeny.runtime.stacked import Stacked
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.report import write_report
from ontogeny.views.terminal.tables import run_summary

MEMBERS = 64
ROWS = 1_000_000
SHAPES = {"16 columns": (5, 10), "4 columns": (2, 1)}  # hypers, and metrics beside the score
EACH = 50  # rounds whose transactions are timed together
STORE_BYTES = Target(high=1000.0)
REPORT_SECONDS = Target(high=10.0)


def measure(quick: bool) -> Result:
    """Return, for each shape, the sizes and the seconds."""
    figures: list[Figure] = []
    rows = ROWS // 10 if quick else ROWS
    for name, (n_hypers, n_metrics) in SHAPES.items():
        rounds = rows // (MEMBERS * (1 + n_hypers + n_metrics))
        with tempfile.TemporaryDirectory() as folder:
            figures += [
                Figure(f"{name}: {what}", unit, values, target)
                for what, unit, values, target in _one(
                    Path(folder), rounds, n_hypers, n_metrics, 1 if quick else 3
                )
            ]
    return Result({"members": MEMBERS, "rows": rows}, figures)


def _one(
    folder: Path, rounds: int, n_hypers: int, n_metrics: int, repeats: int
) -> Iterator[tuple[str, str, list[float], Target | None]]:
    milliseconds = write(folder / "run", rounds, n_hypers, n_metrics)
    yield "the driver, a round", "ms", milliseconds, None
    with Store(folder / "run") as store:
        size = sum(file.stat().st_size for file in (folder / "run").iterdir() if file.is_file())
        yield "the store", "MB", [size / 1e6], STORE_BYTES
        yield "one line of `list`", "s", _seconds(lambda: run_summary(store), repeats), None
        yield "reading", "s", _seconds(lambda: read_record(store), repeats), None
        path = folder / "report.html"
        yield (
            "the report",
            "s",
            _seconds(lambda: write_report(store, path), repeats),
            REPORT_SECONDS,
        )
        yield "the report's size", "MB", [path.stat().st_size / 1e6], None


def write(folder: Path, rounds: int, n_hypers: int, n_metrics: int) -> list[float]:
    """Record a made-up run; return the milliseconds that the driver took for a round, each the mean
    of `EACH`.
    """
    space = Space({f"rate_{i}": Log(1e-5, 1e-1) for i in range(n_hypers)})
    still = Learner(
        init=lambda key, hypers: jnp.zeros(()),
        step=lambda key, state, hypers: (state, {}),
        score=lambda key, state, hypers: state,
    )
    job = Job(still, space, random_search(space), 0, MEMBERS, rounds, 100)
    fields = {"population": MEMBERS, "rounds": rounds, "steps": 100}
    program = MadeUp(job, n_metrics)
    with Store.create(
        folder, recipe="made-up", rounds=rounds, fields=fields, space=space.describe()
    ) as store:
        driver.grow(job, program, store, checkpoint_seconds=float("inf"))
    seconds = program.seconds[: rounds // EACH * EACH]
    return (1e3 * np.reshape(seconds, (-1, EACH)).mean(axis=1)).tolist()


class MadeUp:
    """An executor and its program: rounds that nobody lived. At the start of each, a quarter of the
    slots inherit from others.
    """

    devices = 1

    def __init__(self, job: Job, n_metrics: int):
        self.job, self.n_metrics = job, n_metrics
        self.seconds: list[float] = []  # that the driver took for each round

    def prepare(self, job: Job, folder: Path | None = None) -> MadeUp:
        """Return itself."""
        del job, folder
        return self

    def rounds(
        self,
        first: int = 0,
        snapshot: Snapshot | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Lived]:
        """Yield the rounds."""
        del first, snapshot, stop
        rng = np.random.default_rng(0)
        slots, everybody = np.arange(MEMBERS), np.ones(MEMBERS, bool)
        score = rng.normal(size=MEMBERS)
        hypers = {name: 10 ** rng.uniform(-5, -1, MEMBERS) for name in self.job.space.describe()}
        for number in range(self.job.rounds):
            parent = slots.copy()
            if number:
                order = np.argsort(score)
                parent[order[: MEMBERS // 4]] = order[-MEMBERS // 4 :]
            score = score[parent] + rng.normal(0.01, 0.1, MEMBERS)
            factor = np.where(parent == slots, 1.0, rng.choice([0.8, 1.25], MEMBERS))
            hypers = {
                name: np.clip(values[parent] * factor, 1e-5, 1e-1)
                for name, values in hypers.items()
            }
            metrics = {f"loss_{i}": rng.normal(size=MEMBERS) for i in range(self.n_metrics)}
            move: Any = Move(cast(Any, parent), cast(Any, everybody), hypers)
            begun = time.perf_counter()
            before = np.full(MEMBERS, number - 1)
            yield Lived(number, everybody, move, hypers, score, metrics, 36.0, self._nobody, before)
            self.seconds.append(time.perf_counter() - begun)

    def footprint(self) -> Footprint:
        """Return nothing, which is what it holds."""
        return Footprint(0, 0, MEMBERS)

    def close(self) -> None:
        """Nothing was taken."""

    def _nobody(self) -> Snapshot:
        """Return what the one checkpoint, after the last round, is to hold: nothing to speak of."""
        none: Any = np.zeros(MEMBERS)
        return Stacked(self.job, Grown(Population((), {}, none, none, none), ()))


def _seconds(what: Any, repeats: int) -> list[float]:
    seconds: list[float] = []
    for _ in range(repeats):
        begun = time.perf_counter()
        what()
        seconds.append(time.perf_counter() - begun)
    return seconds
