"""Where many workers would be limited, and by what: a queue, whose costs are measured in this run.

One driver serves W workers of a Ray cluster, each with a member (or several, by turns). A member's
round is its own seconds, and what its worker takes besides (the call, its file, and a parent's
state where it inherits). The driver takes in who is done: it decides about them and orders their
next rounds, then records; while it is busy, others wait. In populations of 128 and more it takes
several together, as `runtime.apart.board_program` does.

- driver: the real one over workers that are none, asked how long each group took it until its
  orders were out (decide) and until it asked for more (record), by strategy and population.
- member: a round that does nothing, and one that takes another's state, in real workers.
- check: real growths of members that sleep, on one and two workers, by turns with the above; the
  model is to come within 15 % of their rate.

What the model leaves out: a folder or network that all share and that is slower for many, a driver
that shares its core. States of 1 GB are reckoned as ten of 100 MB.
"""

from __future__ import annotations

import heapq
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.host_members import idle, sleeping
from benchmarks.processes import SPACE, swapping
from benchmarks.ray_moves import STORE_BYTES, Counts, Pair, Simulated, Simulation
from benchmarks.result import Figure, Result, Target
from ontogeny.core.ray_cluster import joined
from ontogeny.evolution.pbt import pbt
from ontogeny.runtime import driver, machine
from ontogeny.runtime.apart.board_program import ALONE, BoardProgram
from ontogeny.runtime.apart.messages import Done, Order
from ontogeny.runtime.apart.shipping import shipped
from ontogeny.runtime.executor import Job
from ontogeny.runtime.ray.workers import RayWorkers
from ontogeny.runtime.storage.store import Store

WORKERS = {8: 40, 64: 20, 1000: 4}  # foretold; and rounds in which the driver is measured for them
SECONDS = (1.0, 10.0, 60.0)  # of a member's round
MEGABYTES = (1.0, 100.0)  # of its state, measured
LARGEST = 1000.0  # and reckoned from the last
SHARE = 0.25  # of rounds that begin with another's state: PBT's at most
APART = 0.1  # by how much of themselves rounds differ
WARM = 2  # rounds of each member that are not counted
SLEEP = 0.1  # seconds of a real member's round
STRATEGIES = {"linear": swapping, "pbt": lambda: pbt(SPACE)}


class Serving(NamedTuple):
    """What the driver takes for a group, in seconds: until its orders are out, and after."""

    decide: float
    decide_more: float  # for each member beyond the first
    record: float
    record_more: float

    @property
    def alone(self) -> float:
        """Seconds for a member that comes alone."""
        return self.decide + self.record


class Foretold(NamedTuple):
    """What so many workers would do."""

    rate: float  # member-rounds a second
    lived: float  # share of the workers' time that is members' own
    serving: float  # share of the driver's time in which it is busy


def foretell(
    serving: Serving,
    besides: float,
    taking: float,
    *,
    workers: int,
    population: int,
    seconds: float,
    share: float,
    rounds: int = 30,
    apart: float = APART,
) -> Foretold:
    """Return what `workers` with `population` members would do, whose rounds are `seconds` long,
    and `besides` for what the worker does, and `taking` more in a `share` of them.
    """
    dice, most = random.Random(0), max(1, population // ALONE)
    free = [0.0] * workers
    due: list[tuple[float, int, int]] = []

    def order(slot: int, number: int, now: float) -> None:
        worker = slot % workers
        own = seconds * (1 + apart * (2 * dice.random() - 1)) + besides
        own += taking * (dice.random() < share)
        free[worker] = max(free[worker], now) + own
        heapq.heappush(due, (free[worker], slot, number))

    for slot in range(population):
        order(slot, 0, 0.0)
    now = busy = begun = 0.0
    done = counted = 0
    warm, whole = WARM * population, (WARM + rounds) * population
    while done < whole:
        now = max(now, due[0][0])
        came: dict[int, list[int]] = {}
        while due and due[0][0] <= now:
            _, slot, number = heapq.heappop(due)
            came.setdefault(number, []).append(slot)
        for number, slots in came.items():
            for start in range(0, len(slots), most):
                group = slots[start : start + most]
                began, more = now, len(group) - 1
                now += serving.decide + serving.decide_more * more
                for slot in group:
                    order(slot, number + 1, now)
                now += serving.record + serving.record_more * more
                done += len(group)
                if done <= warm:
                    begun = now
                else:
                    busy, counted = busy + now - began, counted + len(group)
    rate = counted / (now - begun)
    return Foretold(rate, rate * seconds / workers, busy / (now - begun))


class Timed(Simulated):
    """The crew that lives nothing, with a watch on the driver."""

    def __init__(self, population: int):
        super().__init__()
        self.workers = range(population)
        self.most = max(1, population // ALONE)
        self.batches: list[tuple[int, int, int, float, float]] = []
        self._came: list[Done] = []
        self._given, self._sends = 0.0, list[float]()

    def send(self, orders: Sequence[Order]) -> None:
        """Note when."""
        super().send(orders)
        self._sends += [time.perf_counter()] * len(orders)

    def results(self, epoch: int) -> list[Done]:
        """Note how long the last ones took: groups, members, members of the first, and seconds."""
        now = time.perf_counter()
        if self._came and len(self._sends) == len(self._came):  # else some have lived their last
            numbers: dict[int, int] = {}
            for done in self._came:
                numbers[done.number] = numbers.get(done.number, 0) + 1
            groups = sum(-(-n // self.most) for n in numbers.values())
            first = min(self.most, next(iter(numbers.values())))
            out = self._sends[first - 1] - self._given
            self.batches.append((groups, len(self._came), first, out, now - self._given))
        self._came = super().results(epoch)
        self._given, self._sends = time.perf_counter(), []
        return self._came


class Watched(Simulation):
    """The executor over that crew."""

    def __init__(self, crew: Timed):
        self.crew = crew

    def prepare(self, job: Job, folder: Path | None = None) -> BoardProgram:
        """Return the program."""
        machine.prepare(1)
        return BoardProgram(job, shipped(job), self.crew, synchronous=False, folder=folder)


def served(strategy: str, population: int, rounds: int) -> Serving:
    """Return what the driver takes under a strategy with so many members, the first left out."""
    crew = Timed(population)
    job = Job(idle(160e-6), SPACE, STRATEGIES[strategy](), 0, population, WARM + rounds, 1)
    with tempfile.TemporaryDirectory() as place, Store.create(Path(place) / "run") as store:
        driver.grow(job, Watched(crew), store, checkpoint_seconds=float("inf"))
    found = np.array(crew.batches)
    groups, members, first, out, whole = found[np.cumsum(found[:, 1]) > population].T
    decide, decide_more = _line(np.ones(len(out)), first - 1, out)
    each, more = _line(groups, members - groups, whole)
    return Serving(decide, decide_more, max(each - decide, 0.0), max(more - decide_more, 0.0))


def _line(ones: Any, more: Any, seconds: Any) -> tuple[float, float]:
    """Return what each costs, by least squares; the mean where there are never more."""
    if not more.any():
        return float(seconds.sum() / ones.sum()), 0.0
    slope = max(0.0, float(np.linalg.lstsq(np.stack([ones, more], 1), seconds, rcond=None)[0][1]))
    return float((seconds - slope * more).sum() / ones.sum()), slope


def lived(megabytes: float, workers: int, rounds: int) -> float:
    """Return the member-rounds a second of two members that sleep, and each time take the other's
    state, in real workers.
    """
    marks = Counts()
    job = Job(sleeping(megabytes, SLEEP), SPACE, swapping(), 0, 2, WARM + rounds, 1)
    with tempfile.TemporaryDirectory() as place, Store.create(Path(place) / "run") as store:
        executor = RayWorkers(workers=workers)
        driver.grow(job, executor, store, observers=[marks], checkpoint_seconds=float("inf"))
    (begin, before), (end, after) = marks.found[2 * WARM - 1], marks.found[-2]
    return (after - before) / (end - begin)


def measure(quick: bool) -> Result:
    """Return the costs, how far the model is from what is lived, and what it foretells. Raises
    `MissingExtra` without Ray.
    """
    repeats, turns = (1, 4) if quick else (3, 12)
    alone: dict[float, list[float]] = {size: [] for size in MEGABYTES}
    more: dict[float, list[float]] = {size: [] for size in MEGABYTES}
    ratios: dict[str, list[float]] = {}
    few: list[Serving] = []
    drivers: dict[tuple[str, int], list[Serving]] = {}
    cluster = joined(cpus=5, store_bytes=STORE_BYTES)
    begun, cluster.begun = cluster.begun, False
    try:
        for _ in range(repeats):
            few.append(served("linear", 2, 40))
            for size in MEGABYTES:
                before = costs_of(cluster, size, turns)
                rounds = 20 if size < 10 else 8
                rates = {workers: lived(size, workers, rounds) for workers in (1, 2)}
                after = costs_of(cluster, size, turns)
                stay, taken = (statistics.fmean(x) for x in zip(before, after, strict=True))
                alone[size].append(stay)
                more[size].append(taken)
                for workers, rate in rates.items():
                    told = foretell(
                        few[-1],
                        stay,
                        taken,
                        workers=workers,
                        population=2,
                        seconds=SLEEP,
                        share=1.0,
                        apart=0.0,
                    )
                    name = f"foretold / lived, workers {workers}, {size:g} MB"
                    ratios.setdefault(name, []).append(told.rate / rate)
            for name in STRATEGIES:
                for population, rounds in WORKERS.items():
                    drivers.setdefault((name, population), []).append(
                        served(name, population, rounds)
                    )
    finally:
        cluster.begun = begun
        cluster.leave()
    figures = [
        Figure(f"{name}, {size:g} MB", "ms", [1e3 * s for s in found[size]])
        for name, found in (("round besides its own", alone), ("taking a state", more))
        for size in MEGABYTES
    ]
    for (name, population), found in drivers.items():
        where = f"driver, {name}, {population:,} members"
        figures.append(Figure(f"{where}: decide", "ms", [1e3 * s.decide for s in found]))
        figures.append(Figure(f"{where}: record", "ms", [1e3 * s.record for s in found]))
    figures += [Figure(n, "ratio", v, Target(0.85, 1.15)) for n, v in ratios.items()]
    sizes = {size: (alone[size], more[size]) for size in MEGABYTES}
    scale = LARGEST / MEGABYTES[-1]
    large = sizes[MEGABYTES[-1]]
    sizes[LARGEST] = [scale * s for s in large[0]], [scale * s for s in large[1]]
    for (name, population), found in drivers.items():
        for seconds in SECONDS:
            for size, (besides, taking) in sizes.items():
                told = [
                    foretell(
                        serving,
                        one,
                        two,
                        workers=population,
                        population=population,
                        seconds=seconds,
                        share=SHARE,
                    )
                    for serving, one, two in zip(found, besides, taking, strict=True)
                ]
                where = f"{population:,} workers, {name}, {seconds:g} s, {size:g} MB"
                figures.append(Figure(f"{where}: lived", "share", [one.lived for one in told]))
                figures.append(Figure(f"{where}: driver", "share", [one.serving for one in told]))
    return Result({"ray": cluster.ray.__version__, "share of heirs": SHARE}, figures)


def costs_of(cluster: Any, megabytes: float, turns: int) -> tuple[float, float]:
    """Return the mean seconds of a round that does nothing, and how many more one takes that begins
    from another's state, by turns in two workers.
    """
    stay, taken = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as place, ExitStack() as ends:
        pair = Pair(cluster, megabytes, Path(place) / "pair", through_store=True)
        ends.callback(pair.crew.close)
        for turn in range(2 * turns):
            stay.append(pair.live(turn % 2, turn % 2))
            taken.append(pair.live(turn % 2, 1 - turn % 2))
    rest = statistics.fmean(stay[2:])  # the first of each worker began with nothing
    return rest, max(0.0, statistics.fmean(taken[2:]) - rest)
