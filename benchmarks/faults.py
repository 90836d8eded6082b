"""SIGKILL at random moments: is anything lost that was recorded, and is the result another?

A driver process grows noisy descents (NumPy members, in two worker processes, asynchronously).
Another kills: one run suffers 200 kills of workers and 20 of the driver, further ones a fifth of
that. Each time the driver was killed, all that the store holds is compared with all that it ever
held, and another driver goes on. At the end every member's line must go back to a first member. The
final best scores are held against those of runs that were left alone, by a permutation test on the
difference of mean ranks.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.host_members import QUADRATIC
from benchmarks.processes import SPACE
from benchmarks.result import Figure, Result, Target
from ontogeny.core.errors import StoreError
from ontogeny.evolution.pbt import pbt
from ontogeny.runtime import driver
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.executor import Job
from ontogeny.runtime.storage.store import Heir, Store
from ontogeny.views.growth.lineage import parent_rounds, parents, trace

POP, ROUNDS, STEPS = 8, 120, 1000  # rounds so long that no run ends before its last blow
WORKER_KILLS, DRIVER_KILLS = 200, 20
FURTHER, CALM = 7, 24  # runs that suffer a fifth of that, and that are left alone
DRIVER = "import sys; from benchmarks.faults import drive; drive(*sys.argv[1:])"
ENVIRONMENT = {**os.environ, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
PATIENCE = 600.0  # seconds for a run to get on


class Held:
    """All that a store has ever held, and how much of it was lost or changed."""

    def __init__(self) -> None:
        self.metrics: dict[str, np.ndarray] = {}
        self.heirs: set[Heir] = set()
        self.lost = 0

    def look(self, folder: Path) -> None:
        """Compare what the store holds with what it held, and remember it."""
        with Store(folder) as store:
            now = {name: store.metric(name) for name in store.metric_names() if name != "seconds"}
            heirs = set(store.heirs())
        for name, before in self.metrics.items():
            rounds, slots = before.shape
            there = np.isfinite(before)
            after = now.get(name, np.full_like(before, np.nan))[:rounds, :slots]
            self.lost += int(np.sum(after[there] != before[there]))
        self.lost += len(self.heirs - heirs)
        self.metrics, self.heirs = now, heirs


def measure(quick: bool) -> Result:
    """Return what was lost, whether lines are whole, and how the results compare."""
    share = 10 if quick else 1
    kills = [(WORKER_KILLS // share, DRIVER_KILLS // share)]
    few = (WORKER_KILLS // 5 // share, DRIVER_KILLS // 5 // share or 1)
    kills += [few] * (min(1, FURTHER) if quick else FURTHER)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        struck = [suffer(place / f"struck-{i}", i, *n) for i, n in enumerate(kills)]
        calm = [alone(place / f"calm-{i}", 1000 + i) for i in range(CALM // 6 if quick else CALM)]
    first = struck[0]
    p = permutation_p([run["best"] for run in struck], calm, 20_000)
    return Result(
        {"population": POP, "rounds": ROUNDS, "steps a round": STEPS, "workers": 2},
        [
            Figure("workers killed in one run", "kills", [first["workers"]]),
            Figure("drivers killed in one run", "kills", [first["drivers"]]),
            Figure("workers found dead and replaced", "of these", [first["replaced"]]),
            Figure("numbers recorded", "a run", [run["recorded"] for run in struck]),
            Figure(
                "recorded numbers lost or changed",
                "a run",
                [run["lost"] for run in struck],
                Target(high=0),
            ),
            Figure(
                "members without a whole line",
                "a run",
                [run["broken"] for run in struck],
                Target(high=0),
            ),
            Figure("best score, killed", "score", [run["best"] for run in struck]),
            Figure("best score, left alone", "score", calm),
            Figure("two samples of one distribution", "p", [p], Target(low=0.05)),
        ],
    )


def job(seed: int, rounds: int, steps: int) -> Job:
    """Return what is grown."""
    return Job(QUADRATIC, SPACE, pbt(SPACE), seed, POP, rounds, steps)


def drive(folder: str, *numbers: str) -> None:
    """Grow, or go on, as a driver that may be killed: the job of these numbers."""
    path = Path(folder)
    there = (path / "run.sqlite").exists()
    with Store(path, write=True) if there else Store.create(path) as store:
        # The blows may fall on one worker many times before it finishes a round.
        whole, executor = job(*map(int, numbers)), Processes(2, restarts=1000)
        driver.grow(whole, executor, store, checkpoint_seconds=1.0)


def alone(folder: Path, seed: int) -> float:
    """Return the best final score of a run that nothing befalls."""
    with Store.create(folder) as store:
        driver.grow(job(seed, ROUNDS, STEPS), Processes(2), store, checkpoint_seconds=float("inf"))
        return float(store.metric("score")[-1].max())


def suffer(folder: Path, seed: int, worker_kills: int, driver_kills: int) -> dict[str, float]:
    """Return what became of a run that suffered so many kills, in a random order, each some rounds
    after the one before, at a random moment of up to 30 ms.
    """
    chance, held = random.Random(seed), Held()
    blows = ["worker"] * worker_kills + ["driver"] * driver_kills
    chance.shuffle(blows)
    planned = POP * ROUNDS
    fallen = {"worker": 0, "driver": 0}
    driver = _driver(folder, seed)
    for number, blow in enumerate(blows):
        _await(folder, driver, int(planned * 0.9 * number / len(blows)))
        time.sleep(chance.random() * 0.03)
        if blow == "driver":
            driver.send_signal(signal.SIGKILL)
            driver.wait()
            fallen["driver"] += 1
            held.look(folder)
            driver = _driver(folder, seed)
            continue
        workers = _workers(driver.pid)
        if workers:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)
                fallen["worker"] += 1
    if driver.wait(PATIENCE) != 0:
        raise RuntimeError(f"the driver ended with code {driver.returncode}")
    held.look(folder)
    with Store(folder) as store:
        score, heirs = store.metric("score"), store.heirs()
        replaced = sum(event.kind == "restarted" for event in store.events())
    parent, before = parents(heirs, ROUNDS, POP), parent_rounds(heirs, ROUNDS, POP)
    lines = [trace(parent, slot, None, before) for slot in range(POP)]
    broken = sum(line[0][0] != 0 for line in lines) + int(np.sum(~np.isfinite(score).all(axis=0)))
    return {
        "workers": fallen["worker"],
        "drivers": fallen["driver"],
        "replaced": replaced,
        "recorded": sum(int(np.isfinite(v).sum()) for v in held.metrics.values()),
        "lost": held.lost,
        "broken": broken,
        "best": float(score[-1].max()),
    }


def permutation_p(a: list[float], b: list[float], draws: int) -> float:
    """Return the two-sided p-value of the difference of the two samples' mean ranks."""
    pooled = np.array([*a, *b])
    rank = np.argsort(np.argsort(pooled))
    chance = np.random.default_rng(0)

    def difference(order: np.ndarray) -> float:
        return abs(float(order[: len(a)].mean() - order[len(a) :].mean()))

    seen = difference(rank)
    as_far = sum(difference(chance.permutation(rank)) >= seen - 1e-9 for _ in range(draws))
    return (1 + as_far) / (1 + draws)


def _driver(folder: Path, seed: int) -> subprocess.Popen[bytes]:
    words = (str(folder), str(seed), str(ROUNDS), str(STEPS))
    return subprocess.Popen([sys.executable, "-c", DRIVER, *words], env=ENVIRONMENT)


def _await(folder: Path, driver: subprocess.Popen[Any], members: int) -> None:
    """Wait until so many members' rounds are recorded and workers live, or the driver has ended."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and driver.poll() is None:
        with suppress(StoreError), Store(folder) as store:
            if np.isfinite(store.metric("score")).sum() >= members and _workers(driver.pid):
                return
        time.sleep(0.003)
    if driver.poll() is None:
        raise RuntimeError(f"no more than {members} rounds of members after {PATIENCE:.0f} s")


def _workers(driver: int) -> list[int]:
    """Return the processes that the driver's nursery has forked and that live."""
    forked = [worker for nursery in _children(driver) for worker in _children(nursery)]
    return [worker for worker in forked if _lives(worker)]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    try:
        return [int(w) for w in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
