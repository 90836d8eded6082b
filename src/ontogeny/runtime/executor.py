"""What an executor is: where members live, and how their rounds come back.

An executor prepares a job (compiles it, or starts workers), and the prepared program yields rounds
as they are lived. The driver (`growing`) records them; nothing else has side effects. A synchronous
executor yields one round with everybody ready; an asynchronous one yields whoever has arrived, and
says so in `ready`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import jax
from jaxtyping import Bool, Float
from numpy import ndarray

from ontogeny.core.learner import Hypers, Learner
from ontogeny.core.population import Move
from ontogeny.core.space import Space
from ontogeny.evolution.evolve import Grown, begin
from ontogeny.evolution.strategy import Strategy


class Job(NamedTuple):
    """What is to be grown. It says nothing of where."""

    learner: Learner[Any]
    space: Space
    strategy: Strategy[Any]
    seed: int
    population: int
    rounds: int
    steps: int
    hypers: Hypers | None = None  # of the first members; None: drawn from the space's prior

    def shapes(self) -> Grown[Any, Any]:
        """Return the shapes and dtypes of everything that the next round depends on."""
        return jax.eval_shape(
            lambda: begin(
                self.learner, self.space, self.strategy, self.seed, self.population, self.hypers
            )
        )


class Lived(NamedTuple):
    """One round, on the host. Arrays are NumPy's."""

    number: int
    ready: Bool[ndarray, " pop"]  # whose round it was
    move: Move  # made at the start of the round
    hypers: Hypers  # lived with
    score: Float[ndarray, " pop"]  # at the end
    metrics: dict[str, Float[ndarray, " pop"]]
    seconds: float
    snapshot: Callable[
        [], Grown[Any, Any]
    ]  # all that the next round depends on; ask before the next round


class Memory(NamedTuple):
    """Bytes that a program is predicted to hold at its peak."""

    population: int  # state and hypers of all members
    temporary: int  # activations and buffers while a round runs
    cohort: int  # how many members of a device run side by side


class Program(Protocol):
    """A job that is ready to run."""

    def rounds(self, first: int = 0, grown: Grown[Any, Any] | None = None) -> Iterator[Lived]:
        """Yield rounds `first` up to the job's last, from `grown` (None: spawn the population)."""
        ...

    def memory(self) -> Memory:
        """Return what the program is predicted to hold."""
        ...

    def close(self) -> None:
        """Give back what was taken."""
        ...


class Executor(Protocol):
    """Where members live. A frozen dataclass of settings, so that a recipe can hold it."""

    def prepare(self, job: Job) -> Program:
        """Compile the job, or start its workers. This may take a while; `rounds` then doesn't."""
        ...
