"""What `ontogeny watch` costs: how soon the page of 200 runs is there, what of a core it takes
while ten of them grow and a browser listens, and what a look at a run of a million rows costs.

The runs are made up and recorded through the store, a round a second for each that grows. The
program is a process of its own, and its CPU time is what the system says; the page and its stream
of changes are asked for as a browser does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from benchmarks.result import Figure, Result, Target
from ontogeny.runtime.storage.growing_store import GrowingStore
from ontogeny.runtime.storage.store import Heir, Store
from ontogeny.views.growth.record import read_record
from ontogeny.views.terminal.tables import run_summary

RUNS, GROWING, ROUNDS, POP = 200, 10, 60, 16
SETTLE, SECONDS = 10.0, 30.0  # before, and while, the CPU time is counted
ROWS, MEMBERS = 1_000_000, 64
OPENED, SHARE = Target(high=1.0), Target(high=3.0)
VERB = [sys.executable, "-c", "from ontogeny.cli import main; main()", "watch"]


def measure(quick: bool) -> Result:
    """Return the seconds until the page is there, what it takes, and what a look costs."""
    with tempfile.TemporaryDirectory() as place:
        runs = Path(place) / "runs"
        for number in range(RUNS - GROWING):
            with _run(runs / f"run-{number}") as (store, record):
                record(ROUNDS)
                with store.transaction():
                    store.put(status="finished")
        figures = [*_page(runs, 1 if quick else 5), *_long(Path(place) / "long", quick)]
    setting = {"runs": RUNS, "of them growing": GROWING, "rounds": ROUNDS, "members": POP}
    return Result({**setting, "rows of the long run": ROWS // (10 if quick else 1)}, figures)


def _page(runs: Path, repeats: int) -> list[Figure]:
    told: list[float] = []
    first: list[float] = []
    every: list[float] = []
    with ExitStack() as growing:
        grown = [growing.enter_context(_run(runs / f"growing-{i}")) for i in range(GROWING)]
        for _, record in grown:
            record(ROUNDS // 2)
        for _ in range(repeats):
            begun = time.perf_counter()
            with _served(runs) as (_, address):
                told.append(time.perf_counter() - begun)
                begun = time.perf_counter()
                with urllib.request.urlopen(address) as page:
                    page.read()
                first.append(time.perf_counter() - begun)
                every.append(_all_rows(address, begun))
        with _served(runs) as (process, address), _listening(f"{address}changes"):
            _every_second(grown, SETTLE)
            before, begun = _cpu_seconds(process), time.perf_counter()
            _every_second(grown, SECONDS)
            spent = _cpu_seconds(process) - before
            share = 100 * spent / (time.perf_counter() - begun)
    return [
        Figure("from the command to the address", "s", told),
        Figure("from the request to the page", "s", first, OPENED),
        Figure("from the request to every run's row", "s", every),
        Figure("of a core, while runs grow", "%", [share], SHARE),
    ]


def _long(folder: Path, quick: bool) -> list[Figure]:
    rounds = ROWS // (10 if quick else 1) // (4 * MEMBERS)
    with _run(folder, MEMBERS) as (_, record):
        record(rounds)
        store, begun = GrowingStore(folder), time.perf_counter()
        read_record(store.follow())
        looks = {"first": [1e3 * (time.perf_counter() - begun)], "line": [], "record": []}
        for _ in range(5):
            record(1)
            for name, look in (("line", run_summary), ("record", read_record)):
                begun = time.perf_counter()
                look(store.follow())
                looks[name].append(1e3 * (time.perf_counter() - begun))
            store.follow()
    return [
        Figure("a long run: its first reading", "ms", looks["first"]),
        Figure("a long run: its line, a round later", "ms", looks["line"]),
        Figure("a long run: its record, a round later", "ms", looks["record"]),
    ]


@contextmanager
def _run(folder: Path, pop: int = POP) -> Generator[tuple[Store, Callable[[int], None]]]:
    """Make a run that grows, and give its store and what records further rounds."""
    rng, score, done = np.random.default_rng(0), np.zeros(pop), 0
    told = {"population": pop, "rounds": 10**6, "steps": 100, "seed": 0}
    with Store.create(
        folder, recipe="made-up", fields=told, begun=time.time(), status="growing"
    ) as store:

        def record(rounds: int) -> None:
            nonlocal score, done
            with store.transaction():
                for number in range(done, done + rounds):
                    order, n = np.argsort(score), pop // 4
                    if number:
                        pairs = zip(order[:n].tolist(), order[-n:].tolist(), strict=True)
                        store.add_heirs(Heir(number, a, b, True, number - 1) for a, b in pairs)
                        score[order[:n]] = score[order[-n:]]
                    score = score + rng.normal(0.01, 0.1, pop)
                    store.add_metric("score", number, score)
                    store.add_metric("seconds", number, [1.0], -1)
                    for name in ("hypers.rate", "hypers.other", "loss"):
                        store.add_metric(name, number, rng.random(pop))
            done += rounds

        yield store, record


@contextmanager
def _served(runs: Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Run the program, and give its process and the page's address."""
    command = [*VERB, str(runs), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["address"]
        finally:
            process.terminate()


@contextmanager
def _listening(address: str) -> Generator[None]:
    """Read a stream of changes, as an open page does."""
    stream = urllib.request.urlopen(address)
    threading.Thread(target=lambda: all(True for _ in stream), daemon=True).start()
    yield


def _all_rows(address: str, begun: float) -> float:
    """Return the seconds from `begun` until the stream has told of every run."""
    known: set[str] = set()
    with urllib.request.urlopen(f"{address}changes") as stream:
        for line in stream:
            if line.startswith(b"data: "):
                rows = json.loads(line[6:])["rows"]
                known |= {name for name, row in rows.items() if "reading…" not in row}
            if len(known) >= RUNS:
                return time.perf_counter() - begun
    raise AssertionError("the stream ended")


def _every_second(grown: list[tuple[Store, Callable[[int], None]]], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        for _, record in grown:
            record(1)
        time.sleep(min(1.0, left))


def _cpu_seconds(process: subprocess.Popen[str]) -> float:
    """Return the CPU time that a process has taken, its threads' in it."""
    told = Path(f"/proc/{process.pid}/schedstat")
    tasks = told.parent.glob("task/*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
