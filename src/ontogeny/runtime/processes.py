"""Members in processes of their own, with no barrier: Population Based Training as published.

Each worker process lives one or several members in turn. A member that has lived its round
publishes its score, and is ready by its own count; the strategy decides about it alone, seeing what
all have published; and it goes on at once. An heir's worker reads its parent's state from the file
that the parent's worker wrote: weights never pass through the driver, which holds the board (see
`board`).

A worker that dies is replaced, and lives its round again to the same bits. A file stays until
nobody may need it. The board is recorded with every round, so a growth whose driver was killed goes
on from the last round that was recorded. The order in which members arrive depends on the machine,
so two asynchronous runs differ; `synchronous=True` waits for everybody, and then agrees with the
vectorised executor.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 3 and algorithm 1.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ontogeny.core.errors import ConfigError

if TYPE_CHECKING:
    from ontogeny.runtime.board import Board
    from ontogeny.runtime.executor import Job, Lived, Memory
    from ontogeny.runtime.messages import Done

MEMBERS = "members"  # the folder, in the run's, where the states lie


@dataclass(frozen=True)
class Processes:
    """Members in worker processes, each at its own pace, each on one core."""

    devices: ClassVar[int] = 1  # of the driver, which only decides moves

    workers: int | None = None
    """How many processes share the population; one a core when not given."""
    synchronous: bool = False
    """Wait for everybody before each move, so that a run can be repeated exactly."""
    restarts: int = 5
    """How often a worker is replaced that dies before it has finished another round."""

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ConfigError(
                f"workers is {self.workers}",
                where="Processes",
                hint="use 1 or more, or leave it out",
            )
        if self.restarts < 0:
            raise ConfigError(
                f"restarts is {self.restarts}", where="Processes", hint="use 0 or more"
            )

    def prepare(self, job: Job, folder: Path | None = None) -> ProcessesProgram:
        """Start the workers, and wait until each has compiled what it needs.

        Raises `ConfigError` for a learner that can't be pickled, `StructureError` for one that
        breaks its contract, and what a worker raised.
        """
        from ontogeny.runtime.machine import cores

        count = min(self.workers or cores(), job.population)
        return ProcessesProgram(job, self, count, folder)


class ProcessesProgram:
    """Workers that are ready, and the compiled move."""

    def __init__(self, job: Job, settings: Processes, count: int, folder: Path | None):
        import jax

        from ontogeny.core import trees
        from ontogeny.core.learner import check_shapes
        from ontogeny.runtime.board import Board
        from ontogeny.runtime.messages import Setup
        from ontogeny.runtime.shipping import is_host, needed_modules, shipped
        from ontogeny.runtime.workforce import Workforce

        self.job, self.settings = job, settings
        self._own = Path(tempfile.mkdtemp(prefix="ontogeny-")) if folder is None else None
        self.members = (folder or self._own or Path()) / MEMBERS
        self.members.mkdir(parents=True, exist_ok=True)
        for left in self.members.glob("pinned-*"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        self._epoch = self._pins = 0
        self._written: set[str] = set()
        learner = shipped(job)
        modules = needed_modules(learner, is_host(job))
        self._force = Workforce(count, modules, settings.restarts)
        try:
            board = Board.begin(job, self.members)
            one = jax.tree.map(lambda leaf: leaf[0], board.lived_with)
            folder = self.members.absolute()
            self._force.hire(Setup(learner, job.seed, job.steps, one, folder))
            self.bytes = trees.size_bytes(board.tree())
            if not is_host(job):
                learner_: Any = job.learner
                self.bytes += job.population * trees.size_bytes(check_shapes(learner_, one))
            self._decide = _compiled_move(job, board, settings.synchronous)
            self.temporary = self._force.ready()
        except BaseException:
            self.close()
            raise

    def rounds(
        self, first: int = 0, grown: Any = None, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Lived]:
        """Yield the rounds; see `executor.Program`. The board knows which round is the first."""
        from ontogeny.runtime.restoring import as_board

        del first
        self._epoch += 1
        board = as_board(self.job, grown, self.members)
        self._written = {path.name for path in self.members.glob("slot-*")}
        self._clean(board)
        lived = board.rounds(self.job.steps)
        if self.settings.synchronous and len(set(lived.tolist())) > 1:
            raise ConfigError(
                f"the members have lived {lived.min()} to {lived.max()} rounds",
                where="Processes, synchronous",
                hint="a run that was begun asynchronously goes on asynchronously",
            )
        return (self._together if self.settings.synchronous else self._apart)(board, stop)

    def memory(self) -> Memory:
        """Return the population's bytes, and what the workers' compilers say of a round's. Of a
        host learner only the board's bytes are known.
        """
        from ontogeny.runtime.executor import Memory

        abreast = -(-self.job.population // len(self._force.workers))
        return Memory(self.bytes, self.temporary, abreast)

    def workers(self) -> list[int]:
        """Return the process ids of the workers, as they are now."""
        return [worker.pid for worker in self._force.workers]

    def close(self) -> None:
        """End the workers."""
        self._force.close()
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)

    def _apart(self, board: Board, stop: Callable[[], bool]) -> Iterator[Lived]:
        """Yield the rounds of an asynchronous growth, one member's at a time."""
        mark = time.perf_counter()
        for slot in range(self.job.population):
            if board.under_way[slot]:
                self._order(board, slot)
            elif not stop():
                self._begin(board, slot)
        while board.under_way.any():
            for done in self._force.results(self._epoch):
                lived = self._published(board, [done], done.number)
                if not stop():
                    self._begin(board, done.slot)
                now = time.perf_counter()
                yield lived._replace(
                    seconds=now - mark,
                    board=board.to_bytes,
                    settled=not board.under_way.any(),
                    notes=self._notes(),
                )
                mark = now
                self._clean(board)

    def _together(self, board: Board, stop: Callable[[], bool]) -> Iterator[Lived]:
        """Yield the rounds of a synchronous growth: between two, nothing is under way."""
        del stop
        slots = range(self.job.population)
        for number in range(int(board.rounds(self.job.steps)[0]), self.job.rounds):
            begun = time.perf_counter()
            move = self._decided(board, number)
            for slot in slots:
                board.start(slot, number, move.parent[slot], move.inherit[slot], move.hypers)
            for slot in slots:
                self._order(board, slot)
            done: list[Done] = []
            while len(done) < len(slots):
                done += self._force.results(self._epoch)
            lived = self._published(board, done, number)
            yield lived._replace(
                move=move,
                parent_round=None,
                seconds=time.perf_counter() - begun,
                board=board.to_bytes,
                notes=self._notes(),
            )
            self._clean(board)

    def _begin(self, board: Board, slot: int) -> None:
        """Decide a slot's move and order its next round, unless it has lived its last."""
        number = int(board.rounds(self.job.steps)[slot])
        if number >= self.job.rounds:
            return
        if number == 0:
            board.start(slot, 0, slot, True, board.population.hypers)
        else:
            move = self._decided(board, number, slot)
            board.start(slot, number, int(move.parent[slot]), bool(move.inherit[slot]), move.hypers)
        self._order(board, slot)

    def _decided(self, board: Board, number: int, slot: int = 0) -> Any:
        """Return the strategy's move; the board keeps what the strategy remembers."""
        import jax
        import numpy as np

        asked = self._decide(np.uint32(number), np.uint32(slot), board.population, board.memory)
        board.memory, move = jax.device_get(asked)
        return move

    def _order(self, board: Board, slot: int) -> None:
        import jax

        from ontogeny.runtime.board import state_file
        from ontogeny.runtime.messages import Order

        lived = int(board.population.steps[slot])
        number = lived // self.job.steps
        hypers = jax.tree.map(lambda leaf: leaf[slot], board.lived_with)
        source, target = board.sources[slot], state_file(slot, number)
        self._force.send(Order(self._epoch, slot, number, lived, hypers, source, target))

    def _published(self, board: Board, came: list[Done], number: int) -> Lived:
        """Return the rounds that came as one, after they were put on the board."""
        import jax
        import numpy as np

        from ontogeny.core.population import Move
        from ontogeny.runtime.executor import Lived

        pop = self.job.population
        ready = np.zeros(pop, bool)
        metrics = {name: np.full(pop, np.nan) for name in came[0].metrics}
        for done in came:
            ready[done.slot] = True
            for name, value in done.metrics.items():
                metrics[name][done.slot] = value
            board.publish(done.slot, number, done.score, done.hypers, self.job.steps)
            self._written.add(board.files[done.slot])
        seen = board.population
        parent: Any = board.parent.copy()
        inherit: Any = board.inherit.copy()
        return Lived(
            number,
            ready,
            Move(parent, inherit, _copied(board.lived_with)),
            _copied(board.lived_with),
            np.where(seen.steps > 0, seen.score, np.float32(np.nan)),
            jax.tree.map(np.asarray, metrics),
            0.0,
            lambda: self._pinned(board),
            board.parent_round.copy(),
        )

    def _pinned(self, board: Board) -> Board:
        """Return the board as it is now, its files safe from what comes."""
        self._pins += 1
        return board.linked(self.members / f"pinned-{self._pins}")

    def _notes(self) -> tuple[Any, ...]:
        notes, self._force.notes = tuple(self._force.notes), []
        return notes

    def _clean(self, board: Board) -> None:
        """Remove the files that nobody may need: call it when the board was recorded."""
        needed = board.needed()
        for name in self._written - needed:
            (self.members / name).unlink(missing_ok=True)
        self._written = needed


def _copied(tree: Any) -> Any:
    import jax

    return jax.tree.map(lambda leaf: leaf.copy(), tree)


def _compiled_move(job: Job, board: Board, synchronous: bool) -> Any:
    """Return the compiled move: (number, slot, population, memory) -> (memory, move).

    The key is that of the round (all move together), or of the round and the slot.
    """
    import jax
    import jax.numpy as jnp

    from ontogeny.core.keys import Purpose, derive

    def move(number: Any, slot: Any, population: Any, memory: Any) -> Any:
        if synchronous:
            key = derive(job.seed, Purpose.MOVE, number)
            ready = jnp.full(job.population, number > 0)
        else:
            key = derive(job.seed, Purpose.MOVE, number, slot)
            ready = jnp.arange(job.population) == slot
        return job.strategy.move(key, memory, population, ready)

    number = jax.ShapeDtypeStruct((), jnp.uint32)
    return jax.jit(move).lower(number, number, board.population, board.memory).compile()
