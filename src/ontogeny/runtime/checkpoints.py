"""Checkpoints: all that the next round depends on, as archives in the run's folder. A board's has
the files of its members in it. Every executor goes on from both kinds: a population as arrays
becomes a board by writing the files; a board becomes arrays when all members stand at the same
round.

The last two are kept, so that one cut short by a full disk or damaged later leaves the other.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ontogeny.core.archive import read_about, read_archive
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.runtime.board import Board, tree_shapes
from ontogeny.runtime.executor import Job, Snapshot
from ontogeny.runtime.stacked import read_stacked

KEPT = 2
NAME = re.compile(r"round-(\d+)")


def write_checkpoint(run: Path, number: int, snapshot: Snapshot) -> tuple[Path, int]:
    """Write the state after round `number`, and let go of the snapshot's own files; return where,
    and its bytes. Raises `StoreError` on a full disk.
    """
    folder = run / "checkpoints" / f"round-{number:06d}"
    return folder, snapshot.write(folder, number)


def prune_checkpoints(run: Path) -> list[Path]:
    """Remove all but the newest; return those removed."""
    removed = [folder for _, folder in list_checkpoints(run)[:-KEPT]]
    for folder in removed:
        shutil.rmtree(folder, ignore_errors=True)
    return removed


def list_checkpoints(run: Path) -> list[tuple[int, Path]]:
    """Return the rounds and folders of the checkpoints, oldest first."""
    folders = (run / "checkpoints").glob("round-*")
    found = [(int(m[1]), f) for f in folders if (m := NAME.fullmatch(f.name))]
    return sorted(found)


def read_newest(
    run: Path, job: Job, last: int, *, thorough: bool = True
) -> tuple[int, Snapshot, list[str]]:
    """Return the newest readable checkpoint's round, its snapshot, and what was wrong with newer
    ones.

    Checkpoints of rounds after `last`, of which the store knows nothing, are passed over. A board's
    files are read too, to see that they are whole, unless it need not be `thorough`. Raises
    `StoreError` when there is none, or none can be read.
    """
    wrong: list[str] = []
    for number, folder in reversed(list_checkpoints(run)):
        if number > last:
            continue
        try:
            about = read_about(folder)
            if about.pop("round") != number:
                raise StoreError("it says that it is of another round", where=str(folder))
            if "files" not in about:
                return number, read_stacked(job, folder), wrong
            board = Board.of(job, read_archive(folder, tree_shapes(job)), about, folder)
            if thorough:
                board.check_files()
            return number, board, wrong
        except StoreError as error:
            wrong.append(f"{folder.name}: {error.what}")
    detail = "; ".join(wrong) or "none was written yet"
    raise StoreError(
        f"there is no checkpoint to go on from ({detail})",
        where=str(run),
        hint="grow it again from its first round, with the command that `ontogeny show` prints",
    )


def whole_board(data: bytes, job: Job, folder: Path) -> tuple[Board | None, str]:
    """Return the board that the store kept, or None and what is wrong with it or with a file."""
    try:
        board = Board.from_bytes(data, job, folder)
        board.check_files()
        return board, ""
    except (StoreError, StructureError) as error:
        return None, f"{error.where}: {error.what}"
