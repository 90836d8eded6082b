"""A population as arrays: the snapshot of an executor that keeps every state in one place."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Int
from safetensors import SafetensorError

from ontogeny.core.archive import read_archive, write_archive
from ontogeny.core.errors import StructureError
from ontogeny.core.population import Population
from ontogeny.core.trees import keyless
from ontogeny.evolution.evolve import Grown
from ontogeny.runtime.apart.board import Board, state_file
from ontogeny.runtime.apart.states import write_state
from ontogeny.runtime.executor import Job


@dataclass(frozen=True)
class Stacked:
    """See `executor.Snapshot`. Each member is a row of the arrays."""

    job: Job
    grown: Grown[Any, Any]  # NumPy's

    @property
    def population(self) -> Population[Any]:
        """The members, with their states."""
        return self.grown.population

    def rounds(self) -> Int[np.ndarray, " pop"]:
        """Return how many rounds each slot has lived."""
        return np.asarray(self.population.steps) // self.job.steps

    def member(self, slot: int) -> Any:
        """Return one member's state."""
        return jax.tree.map(lambda x: x[slot], self.population.state)

    def as_arrays(self) -> Grown[Any, Any]:
        """Return the arrays."""
        return self.grown

    def as_board(self, folder: Path) -> Board:
        """Return the board of this population, the states of those that have lived written."""
        board = Board.begin(self.job, folder)
        published = self.population._replace(state=()), self.grown.strategy_state
        board.population, board.strategy_state = jax.tree.map(lambda x: np.array(x), published)
        for slot, lived in enumerate(self.rounds()):
            if lived:
                board.files[slot] = state_file(slot, int(lived) - 1)
                write_state(folder / board.files[slot], self.member(slot))
        return board

    def write(self, folder: Path, number: int) -> int:
        """Write the arrays as an archive; return the bytes."""
        return write_archive(folder, _stored(self.grown), {"round": number})


def read_stacked(job: Job, folder: Path) -> Stacked:
    """Return what `write` wrote. Raises `StoreError` for files that are not whole,
    `StructureError` for those of another population.
    """
    arrays = read_archive(folder, _stored(job.shapes()))
    return Stacked(job, Grown(arrays["population"], arrays["memory"]))


def check_stored(shapes: Grown[Any, Any]) -> None:
    """Raise `StructureError` when a population of these shapes and dtypes would not come back from
    a checkpoint as it went: before it has lived, so that nothing is lost by it.
    """
    few = jax.tree.map(
        lambda x: np.zeros([min(n, 1) for n in x.shape], x.dtype), keyless(_stored(shapes))
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "first"
        try:
            write_archive(place, few, {})
            read_archive(place, few)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise StructureError(
                f"the state can't be kept in a file ({error})",
                where="learner.init",
                hint="use dtypes such as float32, bfloat16, int32, uint8 and bool",
            ) from error


def _stored(grown: Grown[Any, Any]) -> dict[str, Any]:
    """Return the tree of a checkpoint, whose leaves keep the names that they have always had."""
    return {"population": grown.population, "memory": grown.strategy_state}
