"""What a Ray cluster costs members that live in it, beside what Ray itself takes for the same, and
what the driver sustains.

- move: a worker's member takes the state that another's has left in the object store, and leaves
  its own: its round, less a round that does neither. Beside one `ray.put` of the same bytes and one
  actor call that is given them, by turns in the same cluster of two workers on this machine; and
  beside the same where the call copies them, as whoever learns in place must. The file that every
  round writes, for nothing to be lost, is in both rounds: how long such a round takes whole is a
  row of its own.
- round: a round of a member of 160 bytes that does nothing, beside one actor call.
- abreast: rounds a second of small JAX members at their own pace in two workers, one at a time in
  each and eight side by side.
- driver: simulated members that are done as soon as they may be (10,000 of 1,000 workers), all else
  as it is: deciding, the board, the record. Under a strategy whose decision takes time in
  proportion to the population; PBT's truncation compares all with all, and has a row of its own.
"""

from __future__ import annotations

import heapq
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.host_members import idle
from benchmarks.processes import SPACE, Marks, swapping
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.ray_cluster import joined
from ontogeny.evolution.pbt import pbt
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.runtime import driver, machine
from ontogeny.runtime.apart.board_program import BoardProgram
from ontogeny.runtime.apart.messages import Done, Order, Setup
from ontogeny.runtime.apart.shipping import shipped
from ontogeny.runtime.executor import Executor, Job, Note
from ontogeny.runtime.ray.crew import RayCrew
from ontogeny.runtime.ray.moving import Mover
from ontogeny.runtime.ray.workers import RayWorkers
from ontogeny.runtime.storage.store import Store

MEGABYTES = (1.0, 100.0)
STORE_BYTES = 1_500_000_000
CPUS = 1.0  # of each worker
WORKERS = 1000  # simulated
SECONDS = 0.1  # that a simulated round takes on average: 10,000 a second would be lived
COHORT = 8  # JAX members side by side in a worker
ABREAST = {10: 40, 1000: 40}  # steps of their rounds, and how many rounds
CASES = {"linear": (10_000, 4), "pbt": (10_000, 4)}  # members, and rounds of each


def measure(quick: bool) -> Result:
    """Return the costs beside Ray's own, and the driver's rate and memory. Raises `MissingExtra`
    without Ray.
    """
    driven: list[Figure] = []
    for name, (members, lived) in CASES.items():
        runs = [sustained(name, members, lived) for _ in range(1 if quick else 3)]
        rates, peaks = zip(*runs, strict=True)
        target = {"linear": (Target(low=2000), Target(high=2000))}.get(name, (None, None))
        where = f"{members:,} simulated members, {name}"
        driven += [
            Figure(f"driver, {where}", "member-rounds/s", rates, target[0]),
            Figure(f"driver, {where}: peak memory", "MB", peaks, target[1]),
        ]
    cluster = joined(cpus=5, store_bytes=STORE_BYTES)
    try:
        figures = [
            figure
            for megabytes in MEGABYTES
            for figure in moves(cluster, megabytes, 3 if quick else 15)
        ]
        figures += rounds(cluster, 20 if quick else 200)
        figures += abreast(1 if quick else 5)
    finally:
        cluster.leave()
    return Result({"ray": cluster.ray.__version__, "workers": 2}, figures + driven)


class Pair:
    """Two workers of a crew, and the orders of two slots, one worker's each."""

    def __init__(self, cluster: Any, megabytes: float, folder: Path, *, through_store: bool):
        self.crew = RayCrew(
            cluster,
            2,
            count=2,
            cpus=CPUS,
            gpus=0,
            restarts=0,
            surroundings={"PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])},
            wait_seconds=120.0,
            through_store=through_store,
        )
        cluster.begun, self._begun = False, cluster.begun  # a crew ends what was begun for it
        self.hypers = {"learning_rate": np.float32(0.1)}
        job = Job(idle(megabytes), SPACE, swapping(), 0, 2, 1, 1)
        folder.mkdir()
        self.crew.hire(Setup(shipped(job), True, 0, 1, self.hypers, folder, machine.settings()))
        self.crew.ready()
        self.folder, self.files, self.number = folder, ["", ""], 0
        for slot in (0, 1):
            self.live(slot, slot)

    def live(self, slot: int, parent: int) -> float:
        """Return the seconds of a slot's round that begins from another's state."""
        target = f"slot-{slot:04d}-round-{self.number:06d}.safetensors"
        order = Order(1, slot, self.number, self.number, self.hypers, self.files[parent], target)
        begun = time.perf_counter()
        self.crew.send([order])
        (done,) = self.crew.results(1)
        seconds = time.perf_counter() - begun
        assert (done.slot, done.number) == (slot, self.number)
        old, self.files[slot], self.number = self.files[slot], target, self.number + 1
        if old:
            self.crew.forget({old})
            (self.folder / old).unlink()
        return seconds


def moves(cluster: Any, megabytes: float, repeats: int) -> list[Figure]:
    """Return the figures of moves of states of so many megabytes."""
    begun = cluster.begun
    with tempfile.TemporaryDirectory() as place, ExitStack() as ends:
        pairs = [
            Pair(cluster, megabytes, Path(place) / name, through_store=through)
            for name, through in (("through", True), ("files", False))
        ]
        for pair in pairs:
            ends.callback(pair.crew.close)
        taker = cluster.ray.remote(Mover).options(num_cpus=CPUS).remote()
        ends.callback(cluster.ray.kill, taker)
        given = np.ones(round(megabytes * 1e6), np.uint8)

        def put_and_call(copy: bool) -> float:
            begun = time.perf_counter()
            left = cluster.ray.put(given)
            cluster.ray.get(taker.take.remote([left]) if copy else taker.given.remote(left))
            return time.perf_counter() - begun

        put_and_call(False)
        own: list[float] = []
        whole: list[float] = []
        theirs: list[float] = []
        copied: list[float] = []
        for turn in range(2 * repeats):
            moved, stayed = pairs[0].live(turn % 2, 1 - turn % 2), pairs[1].live(turn % 2, turn % 2)
            own.append(moved - stayed)
            whole.append(moved)
            theirs.append(put_and_call(False))
            copied.append(put_and_call(True))
    cluster.begun = begun
    size = f"{megabytes:g} MB"
    return [
        Figure(f"move, {size}", "ms", [1e3 * s for s in own]),
        Figure(f"round with a move, {size}", "ms", [1e3 * s for s in whole]),
        Figure(f"put and call, {size}", "ms", [1e3 * s for s in theirs]),
        Figure(f"put, call and copy, {size}", "ms", [1e3 * s for s in copied]),
        Figure(f"move / put and call, {size}", "ratio", pairwise(own, theirs), Target(high=1.5)),
        Figure(f"move / put, call and copy, {size}", "ratio", pairwise(own, copied)),
    ]


def rounds(cluster: Any, repeats: int) -> list[Figure]:
    """Return the figures of a round of a small member."""
    begun = cluster.begun
    with tempfile.TemporaryDirectory() as place, ExitStack() as ends:
        pair = Pair(cluster, 160e-6, Path(place) / "small", through_store=True)
        ends.callback(pair.crew.close)
        called = cluster.ray.remote(Mover).options(num_cpus=CPUS).remote()
        ends.callback(cluster.ray.kill, called)
        own, theirs = list[float](), list[float]()
        for _ in range(repeats):
            own.append(pair.live(0, 0))
            mark = time.perf_counter()
            cluster.ray.get(called.where.remote())
            theirs.append(time.perf_counter() - mark)
    cluster.begun = begun
    name = "round of a small member"
    return [
        Figure(name, "ms", [1e3 * s for s in own]),
        Figure("actor call", "ms", [1e3 * s for s in theirs]),
        Figure(f"{name} / actor call", "ratio", pairwise(own, theirs), Target(high=1.5)),
    ]


def abreast(repeats: int) -> list[Figure]:
    """Return the figures of small JAX members in two workers, one and several in each at a time."""
    name = "member-rounds of {} steps, {} a worker"
    figures: list[Figure] = []
    for steps, lived in ABREAST.items():
        one, several = by_turns(
            {
                "one": lambda s=steps, n=lived: lived_abreast(1, s, n),
                "several": lambda s=steps, n=lived: lived_abreast(COHORT, s, n),
            },
            repeats,
        ).values()
        figures += [
            Figure(name.format(steps, 1), "1/s", one),
            Figure(name.format(steps, COHORT), "1/s", several),
        ]
        ratio = pairwise(several, one)
        figures.append(Figure(f"{name.format(steps, COHORT)} / 1 a worker", "ratio", ratio))
    return figures


def lived_abreast(cohort: int, steps: int, lived: int) -> float:
    """Return the member-rounds a second, all recorded, after the first two of each."""
    where = RayWorkers(workers=2, members_per_worker=cohort)
    members = 4 * COHORT
    recipe = Quadratic(population=members, rounds=lived, steps=steps, executor=where)
    return recorded_rate(recipe.job(), where, 2 * members)


class Simulated:
    """A crew that lives nothing: a round is done when its worker's time is over."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.workers = range(WORKERS)
        self._due: list[tuple[float, int, Order]] = []
        self._free = [0.0] * WORKERS
        self._dice, self._sent = random.Random(0), 0

    def hire(self, setup: Setup) -> None:
        """Note the folder."""
        self._folder = setup.folder

    def ready(self) -> int:
        """Need nothing."""
        return 0

    def send(self, orders: Sequence[Order]) -> None:
        """Say when the rounds will be done."""
        for order in orders:
            worker, self._sent = order.slot % WORKERS, self._sent + 1
            took = SECONDS * (0.5 + self._dice.random())
            self._free[worker] = max(self._free[worker], time.perf_counter()) + took
            heapq.heappush(self._due, (self._free[worker], self._sent, order))

    def results(self, epoch: int) -> list[Done]:
        """Return those that are due, their files empty."""
        time.sleep(max(0.0, self._due[0][0] - time.perf_counter()))
        now, done = time.perf_counter(), list[Done]()
        while self._due and self._due[0][0] <= now:
            order = heapq.heappop(self._due)[2]
            (self._folder / order.target).touch()
            score = float(np.sin(order.slot + 7 * order.number))
            done.append(Done(epoch, order.slot, order.number, score, {}, None, SECONDS))
        return done

    def forget(self, names: set[str]) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """End nothing."""


class Simulation:
    """The executor over that crew."""

    devices = 1

    def prepare(self, job: Job, folder: Path | None = None) -> BoardProgram:
        """Return the program."""
        machine.prepare(1)
        return BoardProgram(job, shipped(job), Simulated(), synchronous=False, folder=folder)


def simulate(strategy: str, members: int, lived: int) -> float:
    """Return the member-rounds a second that the driver takes in, decides and records, after the
    first of each.
    """
    build: Callable[[], Any] = {"linear": swapping, "pbt": lambda: pbt(SPACE)}[strategy]
    job = Job(idle(160e-6), SPACE, build(), 0, members, lived, 1)
    return recorded_rate(job, Simulation(), members)


def recorded_rate(job: Job, executor: Executor, warm: int) -> float:
    """Return the member-rounds a second that are recorded, after so many."""
    marks = Counts()
    with tempfile.TemporaryDirectory() as place, Store.create(Path(place) / "run") as store:
        driver.grow(job, executor, store, observers=[marks], checkpoint_seconds=float("inf"))
    found = marks.found[:-1]  # the last writes a checkpoint
    first = next(i for i, (_, n) in enumerate(found) if n >= warm)
    (begin, before), (end, after) = found[first], found[-1]
    return (after - before) / (end - begin)


class Counts(Marks):
    """When rounds were recorded, and how many by then."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[float, int]] = []

    def lived(self, round_: Any, moved: int, dead: int) -> None:
        """Keep both."""
        before = self.found[-1][1] if self.found else 0
        self.found.append((time.perf_counter(), before + int(round_.ready.sum())))


def sustained(strategy: str, members: int, lived: int) -> tuple[float, float]:
    """Return the rate of `simulate` in a process of its own, and the peak of that in MB."""
    code = (
        "import re, sys; from pathlib import Path; from benchmarks.ray_moves import simulate\n"
        "rate = simulate(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))\n"
        "own = Path('/proc/self/status').read_text()\n"  # rusage's peak begins at the parent's
        "print(rate, int(re.search(r'VmHWM:\\s+(\\d+)', own)[1]) * 1.024e-3)\n"
    )
    words = [sys.executable, "-c", code, strategy, str(members), str(lived)]
    said = subprocess.run(words, check=True, capture_output=True, text=True)
    rate, peak = map(float, said.stdout.split())
    return rate, peak
