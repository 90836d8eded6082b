"""Boards that would begin the same are computed once in a process, and moves that would compile the
same are compiled once: most tests of members apart are of what they live and what is recorded.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax

from ontogeny.runtime.apart import board_program
from ontogeny.runtime.apart.board import Board
from ontogeny.runtime.executor import Job

TREES: dict[Hashable, Any] = {}
MOVES: dict[Hashable, Any] = {}


def decided_by(job: Job) -> Hashable:
    """Return all that a first board depends on, and each move beside its arguments."""
    space = json.dumps(job.space.describe(), sort_keys=True)
    return job.settings or job.strategy, space, job.seed, job.population


@contextmanager
def begun_once():
    """Have growths of members apart take the first boards and the moves that are there."""
    begin, compiled_move = Board.__dict__["begin"], board_program.compiled_move

    def begun(job: Job, folder: Path) -> Board:
        if job.hypers is not None:
            return begin.__func__(Board, job, folder)
        if (alike := decided_by(job)) not in TREES:
            TREES[alike] = begin.__func__(Board, job, folder).tree()
        nothing = [""] * job.population
        return Board.of(job, TREES[alike], {"files": nothing, "sources": list(nothing)}, folder)

    def compiled(job: Job, board: Board, synchronous: bool) -> Any:
        leaves, structure = jax.tree.flatten((board.population, board.strategy_state))
        shapes = structure, *((leaf.shape, leaf.dtype) for leaf in leaves)
        alike = decided_by(job), synchronous, shapes
        if alike not in MOVES:
            MOVES[alike] = compiled_move(job, board, synchronous)
        return MOVES[alike]

    Board.begin, board_program.compiled_move = staticmethod(begun), compiled
    try:
        yield
    finally:
        Board.begin, board_program.compiled_move = begin, compiled_move
