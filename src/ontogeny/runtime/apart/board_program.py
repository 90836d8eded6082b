"""The program of members that live apart: a board, a crew that lives their rounds, and all that is
decided between the two.

A member that has lived its round publishes its score, and is ready by its own count; the strategy
decides about it alone (about several at once only if they have come while it was busy), seeing what
all have published; and it goes on at once. An heir's state is read from the file that its parent's
round wrote, or is handed on by the crew: weights never pass through here.

A file stays until nobody may need it. The board is recorded with every round, so a growth whose
driver was killed goes on from the last round that was recorded. The order in which members arrive
depends on the machine, so two asynchronous runs differ; a synchronous one waits for everybody, and
then agrees with the vectorised executor.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 3 and algorithm 1.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.core import trees
from ontogeny.core.closures import compiled
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import inside, remove
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.learner import STRATEGY_HYPERS, check_shapes
from ontogeny.core.population import Move
from ontogeny.core.promotion import own_rules
from ontogeny.runtime import machine
from ontogeny.runtime.apart.board import MEMBERS, WORK, Board, state_file
from ontogeny.runtime.apart.crew import Crew
from ontogeny.runtime.apart.messages import Done, Order, Setup
from ontogeny.runtime.apart.shipping import is_host
from ontogeny.runtime.apart.states import check_arrays
from ontogeny.runtime.executor import RAISED, UNREAD, Footprint, Job, Lived, Note, Snapshot
from ontogeny.runtime.identity import strategy_may_read

ALONE = 64  # one in so many members at most is decided about together with others


class BoardProgram:
    """See `executor.Program`. The crew is hired here, and ends with the program."""

    def __init__(
        self,
        job: Job,
        learner: bytes,
        crew: Crew,
        *,
        synchronous: bool,
        folder: Path | None,
        die: bool = False,
        cohort: int = 1,
    ):
        """Hire the crew to live the job of the pickled `learner`, and wait until it is ready.

        The states lie in `folder`, the run's; in one that goes with the program when None. `die`
        makes an exception of a host learner its member's death. So many slots that follow each
        other are a `cohort`: their members live side by side, arrive together, and are decided
        about together.
        """
        self.job, self.crew, self.synchronous = job, crew, synchronous
        self.cohort = cohort
        self._own = Path(tempfile.mkdtemp(prefix="ontogeny-")) if folder is None else None
        self.members = inside(folder or self._own or Path(), MEMBERS)
        self._epoch = self._pins = 0
        self._written: set[str] = set()
        self._unread: set[str] | None = None  # hypers that nobody has read; None: not known
        try:
            self.members.mkdir(parents=True, exist_ok=True)
            for left in self._leavings():  # by a process that was killed
                remove(left)
            board = self._born = Board.begin(job, self.members)
            one = jax.tree.map(lambda leaf: leaf[0], board.lived_with)
            self.bytes = trees.size_bytes(board.tree())
            each = 0
            if not is_host(job):
                member = check_shapes(job.learner, one)
                check_arrays(member)
                each = trees.size_bytes(member)
                self.bytes += job.population * each
            place, settings = self.members.absolute(), machine.settings()
            crew.hire(
                Setup(
                    learner,
                    is_host(job),
                    job.seed,
                    job.steps,
                    one,
                    place,
                    settings,
                    die and is_host(job),
                    each,
                    cohort,
                )
            )
            self._decide = compiled_move(job, board, synchronous)
            self.temporary = crew.ready()
        except BaseException:
            self.close()
            raise

    def rounds(
        self,
        first: int = 0,
        snapshot: Snapshot | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Lived]:
        """Yield the rounds; see `executor.Program`. The board knows which round is the first."""
        del first
        self._epoch += 1
        board = (self._born if snapshot is None else snapshot).as_board(self.members)
        self._written = {path.name for path in self.members.glob("slot-*")}
        self._clean(board)
        lived = board.rounds()
        if self.synchronous and len(set(lived.tolist())) > 1:
            raise ConfigError(
                f"the members have lived {lived.min()} to {lived.max()} rounds",
                where="a synchronous growth",
                hint="a run that was begun asynchronously goes on asynchronously",
            )
        return (self._together if self.synchronous else self._apart)(board, stop)

    def footprint(self) -> Footprint:
        """Return the population's bytes, and what the workers' compilers say of a round's. Of a
        host learner only the board's bytes are known.
        """
        abreast = -(-self.job.population // len(self.crew.workers))
        return Footprint(self.bytes, self.temporary, abreast)

    def close(self) -> None:
        """End the crew, and remove what its scripts have lying about."""
        self.crew.close()
        for left in self.members.glob(f"{WORK}*"):
            remove(left)
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)

    def _leavings(self) -> list[Path]:
        """Return the folders that are of no use once the process is gone that made them."""
        return [*self.members.glob("pinned-*"), *self.members.glob(f"{WORK}*")]

    def _apart(self, board: Board, stop: Callable[[], bool]) -> Iterator[Lived]:
        """Yield the rounds of an asynchronous growth, as members come: see `_grouped`."""
        mark = time.perf_counter()
        lived_before = board.rounds()
        resting = [slot for slot in range(self.job.population) if not board.under_way[slot]]
        self._order(board, board.under_way.nonzero()[0].tolist())
        for number in sorted({int(lived_before[slot]) for slot in resting}):
            if not stop():
                self._begin(board, [slot for slot in resting if lived_before[slot] == number])
        while board.under_way.any():
            for together in self._grouped(self.crew.results(self._epoch)):
                lived = self._published(board, together, together[0].number)
                if not stop():
                    self._begin(board, [done.slot for done in together])
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
        for number in range(int(board.rounds()[0]), self.job.rounds):
            begun = time.perf_counter()
            move = self._decided(board, number, [*slots] if number else [])
            for slot in slots:
                board.start(slot, number, move.parent[slot], move.inherit[slot], move.hypers)
            self._order(board, [*slots])
            done: list[Done] = []
            while len(done) < len(slots):
                done += self.crew.results(self._epoch)
            lived = self._published(board, done, number)
            yield lived._replace(
                move=move,
                seconds=time.perf_counter() - begun,
                board=board.to_bytes,
                notes=self._notes(),
            )
            self._clean(board)

    def _grouped(self, came: list[Done]) -> list[list[Done]]:
        """Return those that are decided about together: of rounds of one number, of a cohort, or of
        as many as are few beside the population. In a small one each is decided about alone.
        """
        most = self.job.population // ALONE
        cohorts: dict[tuple[int, int], list[Done]] = {}
        for done in came:
            cohorts.setdefault((done.number, done.slot // self.cohort), []).append(done)
        groups: dict[int, list[list[Done]]] = {}  # by number
        for (number, _), cohort in cohorts.items():
            same = groups.setdefault(number, [])
            if same and len(same[-1]) + len(cohort) <= most:
                same[-1] += cohort
            else:
                same.append(cohort)
        return [group for same in groups.values() for group in same]

    def _begin(self, board: Board, slots: list[int]) -> None:
        """Decide the moves of slots that have lived as many rounds, and order their next ones,
        unless they have lived their last.
        """
        number = int(board.rounds()[slots[0]])
        if number >= self.job.rounds:
            return
        move = self._decided(board, number, slots) if number else None
        for slot in slots:
            if move is None:
                board.start(slot, 0, slot, True, board.population.hypers)
            else:
                parent, inherit = int(move.parent[slot]), bool(move.inherit[slot])
                board.start(slot, number, parent, inherit, move.hypers)
        self._order(board, slots)

    def _decided(self, board: Board, number: int, slots: list[int]) -> Any:
        """Return the strategy's move of slots; the board keeps what the strategy remembers."""
        ready = np.zeros(self.job.population, bool)
        ready[slots] = True
        first = np.uint32(slots[0] if slots else 0)
        asked = self._decide(
            np.uint32(number), first, ready, board.population, board.strategy_state
        )
        board.strategy_state, move = jax.device_get(asked)
        return move

    def _order(self, board: Board, slots: list[int]) -> None:
        """Order the rounds of slots, a cohort's at a time."""
        cohorts: dict[int, list[Order]] = {}
        for slot in slots:
            lived = int(board.population.steps[slot])
            number = lived // self.job.steps
            hypers = jax.tree.map(lambda leaf: leaf[slot], board.lived_with)  # noqa: B023
            source, target = board.sources[slot], state_file(slot, number)
            order = Order(self._epoch, slot, number, lived, hypers, source, target)
            cohorts.setdefault(slot // self.cohort, []).append(order)
        for orders in cohorts.values():
            self.crew.send(orders)

    def _published(self, board: Board, came: list[Done], number: int) -> Lived:
        """Return the rounds that came as one, after they were put on the board."""
        pop = self.job.population
        ready = np.zeros(pop, bool)
        metrics = {name: np.full(pop, np.nan) for done in came for name in done.metrics}
        for done in came:
            ready[done.slot] = True
            if done.raised:
                self.crew.notes.append(Note(RAISED, done.raised, done.slot))
            self.crew.notes += [Note(kind, said, done.slot) for kind, said in done.notes]
            for name, value in done.metrics.items():
                metrics[name][done.slot] = value
            board.publish(done.slot, number, done.score, done.hypers, self.job.steps)
            self._written.add(board.files[done.slot])
            if done.number == 0 and not done.raised and done.unread is not None:
                unread = set(done.unread).difference(STRATEGY_HYPERS)
                self._unread = unread if self._unread is None else self._unread & unread
        seen = board.population
        if self._unread and (seen.steps > 0).all() and not strategy_may_read(self.job):
            self.crew.notes.append(Note(UNREAD, _not_read(self._unread)))
            self._unread = None
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
        return board.as_board(self.members / f"pinned-{self._pins}")

    def _notes(self) -> tuple[Note, ...]:
        notes, self.crew.notes = tuple(self.crew.notes), []
        return notes

    def _clean(self, board: Board) -> None:
        """Remove the files that nobody may need: call it when the board was recorded."""
        needed = board.needed()
        unneeded = self._written - needed
        self.crew.forget(unneeded)
        for name in unneeded:
            (self.members / name).unlink(missing_ok=True)
        self._written = needed


def _not_read(paths: set[str]) -> str:
    named = ", ".join(map(repr, sorted(paths)))
    return (
        f"no function of the learner has read {named} in its first round: what nothing reads is "
        "drawn and moved for nothing. Leave it out of the space, or read it by this name in init, "
        "step or score"
    )


def _copied(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf.copy(), tree)


def compiled_move(job: Job, board: Board, synchronous: bool) -> Any:
    """Return the compiled move: (number, first slot, who is ready, population, the strategy's
    state) -> (its state, the move).

    The key is that of the round (all move together), or of the round and the first slot.
    """

    @own_rules()
    def move(number: Any, slot: Any, ready: Any, population: Any, state: Any) -> Any:
        words = (number,) if synchronous else (number, slot)
        key = derive(job.seed, Purpose.MOVE, *words)
        return job.strategy.move(key, state, population, ready)

    number = jax.ShapeDtypeStruct((), jnp.uint32)
    ready = jax.ShapeDtypeStruct((job.population,), jnp.bool_)
    return compiled(move, number, number, ready, board.population, board.strategy_state)[0]
