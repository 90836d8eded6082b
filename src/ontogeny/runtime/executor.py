"""What an executor is: where members live, and how their rounds come back.

An executor prepares a job (compiles it, or starts workers), and the prepared program yields rounds
as they are lived. The driver (`driver`) records them. A synchronous executor yields one round with
everybody ready; an asynchronous one yields whoever has arrived, and says so in `ready`: then the
round is that slot's own, counted from its first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import jax
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from ontogeny.core.config import whole
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.population import Move, Population
from ontogeny.core.space import Space
from ontogeny.evolution.evolve import Grown, begin
from ontogeny.evolution.strategy import Strategy, StrategyConfig

if TYPE_CHECKING:
    from ontogeny.runtime.apart.board import Board


class Job(NamedTuple):
    """What is to be grown. It says nothing of where."""

    learner: Any  # a Learner, or a HostLearner
    space: Space
    strategy: Strategy[Any]
    seed: int
    population: int
    rounds: int
    steps: int
    hypers: Hypers | None = None  # of the first members; None: drawn from the space's prior
    source: Callable[[], Any] | None = None  # makes the learner anew in another process
    settings: StrategyConfig | None = None  # the strategy's; None: it was given as functions

    def shapes(self) -> Grown[Any, Any]:
        """Return the shapes and dtypes of everything that the next round depends on."""
        return jax.eval_shape(
            lambda: begin(
                self.learner, self.space, self.strategy, self.seed, self.population, self.hypers
            )
        )


def planned(of: Any, where: str) -> dict[str, int]:
    """Return the seed, population, rounds and steps of a recipe or a job as Python's numbers; they
    may be NumPy's or JAX's. Raises `ConfigError` unless a run can have them.
    """
    numbers = {
        name: whole(getattr(of, name), name, f"{where}{name}", least=1)
        for name in ("population", "rounds", "steps")
    }
    if numbers["rounds"] * numbers["steps"] >= 2**31:
        raise ConfigError(
            f"{numbers['rounds']:,} rounds of {numbers['steps']:,} steps are more than a member "
            "can count",
            where=f"{where}steps",
            hint="use fewer than 2,147,483,648 steps in all",
        )
    return numbers | {"seed": whole(of.seed, "seed", f"{where}seed", 0, 2**32 - 1)}


RAISED = "raised"  # the kind of note that has the traceback of a member that died by it
UNREAD = "unread"  # the kind of note that names hypers which no function has read


class Note(NamedTuple):
    """Something that befell an executor: an event for the record."""

    kind: str
    detail: str
    slot: int | None = None


class Snapshot(Protocol):
    """All that the next round depends on, on the host: arrays (`stacked`), or a board (`board`)."""

    @property
    def population(self) -> Population[Any]:
        """The members as published, a leading "pop" axis; states may be `()`, being files."""
        ...

    def rounds(self) -> Int[ndarray, " pop"]:
        """Return how many rounds each slot has lived."""
        ...

    def member(self, slot: int) -> Any:
        """Return the state of the member in a slot. Raises `StoreError` when there is none yet."""
        ...

    def as_arrays(self) -> Grown[Any, Any]:
        """Return the whole population. Raises `ConfigError` for members at different rounds, or
        whose states are no arrays.
        """
        ...

    def as_board(self, folder: Path) -> Board:
        """Return the board of this population, its files in `folder`."""
        ...

    def write(self, folder: Path, number: int) -> int:
        """Write it as the checkpoint of round `number`, and let go of what it kept for that; return
        the bytes. Raises `StoreError` on a full disk.
        """
        ...


class Lived(NamedTuple):
    """One round, on the host. Arrays are NumPy's."""

    number: int
    ready: Bool[ndarray, " pop"]  # whose round it was; the others' numbers are not recorded
    move: Move  # made at the start of the round
    hypers: Hypers  # lived with
    score: Float[ndarray, " pop"]  # at the end; the last of who is not ready, NaN before the first
    metrics: dict[str, Float[ndarray, " pop"]]
    seconds: float
    snapshot: Callable[[], Snapshot]  # ask before the next round
    parent_round: Int[ndarray, " pop"]  # in which the parents were what the heirs took
    board: Callable[[], bytes] | None = None  # kept with each round, where no round may be lost
    settled: bool = True  # no round is under way: who stops here loses nothing
    notes: tuple[Note, ...] = ()  # what befell the executor since the last


class Footprint(NamedTuple):
    """Bytes that a program is predicted to hold at its peak."""

    population: int  # state and hypers of all members
    temporary: int  # activations and buffers while a round runs
    cohort: int  # how many members of a device run side by side


class Program(Protocol):
    """A job that is ready to run."""

    def rounds(
        self,
        first: int = 0,
        snapshot: Snapshot | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Lived]:
        """Yield rounds `first` up to the job's last, from a snapshot (None: spawn the population).

        Once `stop()`, an asynchronous executor begins no further round, and yields those that are
        under way; between the rounds of a synchronous one, none is.
        """
        ...

    def footprint(self) -> Footprint:
        """Return what the program is predicted to hold."""
        ...

    def close(self) -> None:
        """Give back what was taken."""
        ...


class Executor(Protocol):
    """Where members live. A frozen dataclass of settings, so that a recipe can hold it."""

    @property
    def devices(self) -> int | None:
        """How many devices of this process it uses; None: all of them."""
        ...

    def prepare(self, job: Job, folder: Path | None = None) -> Program:
        """Set JAX up (`machine.prepare`), and compile the job, or start its workers. This may take
        a while; `rounds` then doesn't.

        `folder` is the run's, for what must outlive the process (None: nothing must).
        """
        ...
