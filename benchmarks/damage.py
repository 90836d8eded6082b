"""SIGKILL at any moment, and damage to any file: is a wrong number ever taken for a right one?

What grows is made up and costs nothing, so that the driver, the store and the checkpoints are busy
all the time: a state that follows from the one before and from the round. One run suffers all the
kills, each at a random moment of a young process, and is then compared with an uncut run: every
recorded number, every move, the newest checkpoint, and what lies in its folder.

Then copies of a run that stopped half way are damaged, one file each: a bit turned, the file cut, a
block of zeros, its name given to another. Each is grown on. It may end as the whole one would have,
it may be refused by an `OntogenyError` that says what is damaged; it may not end with other numbers
nor by any other exception. Of a run whose members live in files, the board and the files are read.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import jax.numpy as jnp
import numpy as np

from benchmarks.host_members import QUADRATIC
from benchmarks.processes import SPACE as RATES
from benchmarks.result import Figure, Result, Target
from ontogeny.core.errors import OntogenyError
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move, Population
from ontogeny.core.space import Linear, Space
from ontogeny.evolution.evolve import Grown
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.random_search import random_search
from ontogeny.runtime import driver
from ontogeny.runtime.apart.board import MEMBERS
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.checkpoints import list_checkpoints, read_newest, whole_board
from ontogeny.runtime.executor import Footprint, Job, Lived, Snapshot
from ontogeny.runtime.stacked import Stacked
from ontogeny.runtime.storage.store import FILE, Store
from ontogeny.runtime.verifying import verify

KILLS, DAMAGED = 1000, 1000
EACH = 50  # kills of one run
POP, ROUNDS, HALF = 4, 16, 10
LATEST = (0.02, 0.4)  # seconds until a kill at the latest, where little is written yet, and much
HANGS = 60  # seconds after which reading a damaged run is given up
SPACE = Space({"rate": Linear(0.0, 1.0)})
LEARNER = Learner(
    init=lambda key, hypers: jnp.zeros(3),
    step=lambda key, state, hypers: (state, {}),
    score=lambda key, state, hypers: jnp.sum(state),
)


def measure(quick: bool) -> Result:
    """Return what became of the killed run and of the damaged ones."""
    share = 10 if quick else 1
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        runs = [suffer(place / f"struck-{i}", EACH, i) for i in range(KILLS // EACH // share)]
        outcomes = damage(place, DAMAGED // share, 0)
    counted = sum(outcomes.values())
    return Result(
        {"population": POP, "runs killed": len(runs)},
        [
            Figure("kills", "a run", [run["kills"] for run in runs]),
            Figure("rounds recorded", "a run", [run["rounds"] for run in runs]),
            *(
                Figure(f"{what}, in all", "", [sum(run[what] for run in runs)], Target(high=0))
                for what in ("numbers that differ", "parts that are not whole", "files left behind")
            ),
            Figure("damaged runs", "runs", [counted]),
            Figure("ended as the whole one", "runs", [outcomes["the same"]]),
            Figure("refused, and said why", "runs", [outcomes["refused"]]),
            Figure("ended with other numbers", "runs", [outcomes["other"]], Target(high=0)),
            Figure("ended otherwise", "runs", [outcomes["raised"]], Target(high=0)),
        ],
    )


class MadeUp:
    """An executor and its program: a state that follows from the one before. `pause` is how long a
    round takes, seconds.
    """

    devices = 1

    def __init__(self, job: Job, pause: float = 0.0):
        self.job, self.pause = job, pause

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
        del stop
        slots = np.arange(POP)
        state = np.zeros((POP, 3), np.float32)
        rate = np.linspace(0, 1, POP, dtype=np.float32)
        if snapshot is not None:
            population: Any = snapshot.as_arrays().population
            state, rate = population.state, population.hypers["rate"]
        memory = ()
        for number in range(first, self.job.rounds):
            chance = np.random.default_rng(number)
            parent = slots.copy()
            if number:
                parent[chance.integers(POP)] = chance.integers(POP)
            rate = np.float32(0.9) * rate[parent] + chance.random(POP, np.float32) / 10
            state = state[parent] * rate[:, None] + chance.standard_normal((POP, 3), np.float32)
            score = state.sum(axis=1)
            steps: Any = np.full(POP, (number + 1) * self.job.steps, np.int32)
            grown: Any = Grown(Population(state, {"rate": rate}, score, steps, steps), memory)
            everybody = np.ones(POP, bool)
            move: Any = Move(cast(Any, parent), cast(Any, everybody), {"rate": rate})
            time.sleep(self.pause)
            yield Lived(
                number,
                everybody,
                move,
                {"rate": rate},
                score,
                {"first": state[:, 0]},
                1.0,
                lambda grown=grown: Stacked(self.job, grown),
                np.full(POP, number - 1),
            )

    def footprint(self) -> Footprint:
        """Return nothing to speak of."""
        return Footprint(0, 0, POP)

    def close(self) -> None:
        """Nothing was taken."""


def job(rounds: int) -> Job:
    """Return what grows."""
    return Job(LEARNER, SPACE, random_search(SPACE), 0, POP, rounds, 1)


def drive(folder: str, begun: Any) -> None:
    """Grow, or go on, until killed; say when that begins."""
    path, endless = Path(folder), job(10**6)
    begun.send(True)
    there = (path / FILE).exists()
    with Store(path, write=True) if there else Store.create(path, population=POP) as store:
        driver.grow(endless, MadeUp(endless, 0.002), store, checkpoint_seconds=0.0)


def suffer(folder: Path, kills: int, seed: int) -> dict[str, float]:
    """Return what is wrong with a run after so many kills, each at a random moment of a process
    that has just begun, or of its growth.
    """
    chance = random.Random(seed)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    for _ in range(kills):
        heard, begun = processes.Pipe(duplex=False)
        process = processes.Process(target=drive, args=(str(folder), begun))
        process.start()
        heard.recv()
        before, limit = _written(folder), time.monotonic() + HANGS
        while chance.random() < 0.98 and _written(folder) == before and time.monotonic() < limit:
            time.sleep(0.002)  # a few kills fall before anything is written
        time.sleep(chance.random() * chance.choice(LATEST))
        process.kill()
        process.join()
    there = 0
    if (folder / FILE).exists():
        with Store(folder) as store:
            there = store.rounds()
    final = job(there + 3)
    with Store(folder, write=True) if there else Store.create(folder, population=POP) as store:
        driver.grow(final, MadeUp(final), store, checkpoint_seconds=float("inf"))
    return {
        "kills": kills,
        "rounds": there,
        "numbers that differ": differ(folder, final),
        "parts that are not whole": sum(bool(part.wrong) for part in verify(folder)),
        "files left behind": sum(path.suffix in (".part", ".old") for path in folder.rglob("*")),
    }


def differ(folder: Path, whole: Job) -> int:
    """Return how many numbers that the run holds are not those of an uncut one: metrics, moves, and
    the newest checkpoint.
    """
    lived = list(MadeUp(whole).rounds())
    wrong = 0
    with Store(folder) as store:
        for name, column in (
            ("score", [one.score for one in lived]),
            ("first", [one.metrics["first"] for one in lived]),
            ("hypers.rate", [one.hypers["rate"] for one in lived]),
        ):
            found, known = store.metric(name), np.array(column, float)
            wrong += int(np.sum(found != known)) if found.shape == known.shape else known.size
        moves = {(h.round, h.slot, h.parent) for h in store.heirs()}
        slots = np.arange(POP)
        known = {
            (one.number, int(slot), int(one.move.parent[slot]))
            for one in lived
            for slot in slots[one.move.parent != slots]
        }
        wrong += len(moves ^ known)
        number, snapshot, _ = read_newest(folder, whole, store.rounds() - 1)
    arrays: Any = snapshot.as_arrays().population
    last: Any = lived[number].snapshot().as_arrays().population
    return wrong + int(np.sum(arrays.state != last.state)) + int(np.sum(arrays.score != last.score))


def damage(place: Path, times: int, seed: int) -> Counter[str]:
    """Return how often each came of a run with one damaged file."""
    chance, outcomes = random.Random(seed), Counter[str]()
    with Store.create(place / "half", population=POP) as store:
        driver.grow(job(HALF), MadeUp(job(HALF)), store, checkpoint_seconds=0.0)
    apart = Job(QUADRATIC, RATES, pbt(RATES), 0, POP, 5, 20)
    with Store.create(place / "apart", population=POP) as store:
        driver.grow(apart, Processes(2), store, checkpoint_seconds=0.0)
    known = _states(place / "apart", apart)

    def grown_on(folder: Path) -> bool:
        with Store(folder, write=True) as store:
            driver.grow(job(ROUNDS), MadeUp(job(ROUNDS)), store, checkpoint_seconds=0.0)
        return differ(folder, job(ROUNDS)) == 0

    def read(folder: Path) -> bool:
        return _states(folder, apart).items() <= known.items()

    for number in range(times):
        source, right = ("half", grown_on) if number % 2 else ("apart", read)
        folder = shutil.copytree(place / source, place / "copy")
        _harm(folder, chance)
        signal.signal(signal.SIGALRM, _give_up)
        signal.alarm(HANGS)
        try:
            outcome = "the same" if right(folder) else "other"
        except OntogenyError:
            outcome = "refused"
        except Exception as error:
            print(f"{source}, copy {number}: {error!r}")
            outcome = "raised"
        finally:
            signal.alarm(0)
        outcomes[outcome] += 1
        shutil.rmtree(folder)
    return outcomes


def _states(folder: Path, of: Job) -> dict[Any, bytes]:
    """Return what a run whose members live in files would be grown on from, or was recorded."""
    found: dict[Any, bytes] = {}
    with Store(folder) as store:
        store.check()
        found |= {name: store.metric(name).tobytes() for name in ("score", "hypers.learning_rate")}
        kept, rounds = store.board(), store.rounds()
    board = whole_board(kept, of, folder / MEMBERS)[0] if kept is not None else None
    for number, snapshot in enumerate([board, *_checkpoints(folder, of, rounds)]):
        if snapshot is not None and (number == 0 or board is None or folder.name == "apart"):
            place = int(snapshot.rounds().max())
            found |= {
                (place, slot): snapshot.member(slot)["x"].tobytes() for slot in range(of.population)
            }
    return found


def _checkpoints(folder: Path, of: Job, rounds: int) -> list[Snapshot]:
    """Return the newest checkpoint that can be read; of the whole run, all."""
    last = [n for n, _ in list_checkpoints(folder)] if folder.name == "apart" else [rounds]
    return [read_newest(folder, of, number)[1] for number in last]


def _harm(folder: Path, chance: random.Random) -> None:
    """Damage one file of a run."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = chance.choice([*files, *[folder / FILE] * (len(files) // 2)])
    data = bytearray(path.read_bytes())
    place = chance.randrange(len(data))
    match chance.choice(["bit", "bit", "bit", "cut", "zeros", "another's"]):
        case "bit":
            data[place] ^= 1 << chance.randrange(8)
        case "cut":
            del data[place:]
        case "zeros":
            data[place : place + 64] = bytes(len(data[place : place + 64]))
        case _:
            alike = [one for one in files if one.suffix == path.suffix and one != path]
            data = chance.choice(alike).read_bytes() if alike else bytes(len(data))
    path.write_bytes(data)


def _written(folder: Path) -> float:
    """Return when the store was last written; 0 when it is not there."""
    return max(
        (
            path.stat().st_mtime
            for name in ("", "-wal")
            if (path := folder / (FILE + name)).exists()
        ),
        default=0.0,
    )


def _give_up(*_: object) -> None:
    raise TimeoutError(f"nothing came of it in {HANGS} s")
