"""From what a growth goes on: the board in the store, or the newest checkpoint.

Both executors read both kinds of checkpoint: a population as arrays, and a board with the files of
its members. A population as arrays becomes a board by writing the files; a board becomes arrays
when all members stand at the same round.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np

from ontogeny.core.array_file import read_array_file
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.evolution.evolve import Grown
from ontogeny.runtime.board import Board, state_file
from ontogeny.runtime.executor import Job
from ontogeny.runtime.shipping import is_host
from ontogeny.runtime.states import read_host_state, read_state, write_state


def as_board(job: Job, grown: Any, folder: Path) -> Board:
    """Return the board of a snapshot (None: of a population that has not lived yet), its files in
    `folder`.
    """
    if grown is None:
        return Board.begin(job, folder)
    if isinstance(grown, Board):
        return grown.linked(folder)
    board = Board.begin(job, folder)
    state, *published = jax.device_get(grown.population)
    whole = (
        board.population._replace(**dict(zip(PUBLISHED, published, strict=True))),
        grown.memory,
    )
    board.population, board.memory = jax.tree.map(lambda x: np.array(x), jax.device_get(whole))
    for slot, lived in enumerate(board.rounds(job.steps)):
        if lived:
            board.files[slot] = state_file(slot, int(lived) - 1)
            write_state(folder / board.files[slot], jax.tree.map(lambda x, s=slot: x[s], state))
    return board


def as_arrays(job: Job, grown: Any) -> Any:
    """Return a snapshot as arrays. Raises `ConfigError` for members at different rounds, or whose
    states are no arrays.
    """
    if not isinstance(grown, Board):
        return grown
    lived = grown.rounds(job.steps)
    if is_host(job):
        raise ConfigError(
            "the states of a host learner are no arrays that could be stacked",
            where=str(grown.folder),
            hint="take them one by one: run.member(slot)",
        )
    if grown.under_way.any() or len(set(lived.tolist())) > 1:
        raise ConfigError(
            f"the members have lived {lived.min()} to {lived.max()} rounds, each at its own pace",
            where=str(grown.folder),
            hint="take them one by one, run.member(slot); grow on with executor=og.Processes()",
        )
    like = member_shapes(job)
    states = [read_state(grown.folder / name, like) for name in grown.files]
    state = jax.tree.map(lambda *rows: np.stack(rows), *states)
    return Grown(grown.population._replace(state=state), grown.memory)


def member_state(job: Job, board: Board, slot: int) -> Any:
    """Return one member's published state. Raises `StoreError` when there is none yet."""
    if not board.files[slot]:
        raise StoreError(f"slot {slot} has lived no round yet", where=str(board.folder))
    path = board.folder / board.files[slot]
    learner: Any = job.learner
    return read_host_state(path, learner) if is_host(job) else read_state(path, member_shapes(job))


def member_shapes(job: Job) -> Any:
    """Return the shapes and dtypes of one member's state, of a JAX learner."""
    return jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), job.shapes().population.state
    )


def whole_board(data: bytes, job: Job, folder: Path) -> tuple[Board | None, str]:
    """Return the board that the store kept, or None and what is wrong with it or with a file."""
    try:
        board = Board.from_bytes(data, job, folder)
        for name in sorted(board.needed()):
            read_array_file(folder / name)
        return board, ""
    except StoreError as error:
        return None, f"{error.where}: {error.what}"


PUBLISHED = ("hypers", "score", "age", "steps")
