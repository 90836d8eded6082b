"""Checkpoints: all that the next round depends on, as archives in the run's folder. A board's has
the files of its members in it. Every executor goes on from both kinds: a population as arrays
becomes a board by writing the files; a board becomes arrays when all members stand at the same
round.

The last two that the store lists are kept, so that one damaged later leaves the other. One that it
does not list was written by a process that was killed before it could say so: its rounds will be
lived again, and it is removed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from ontogeny.core.archive import read_about, read_archive
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.files import decoding, inside, remove
from ontogeny.runtime.apart.board import MEMBERS, Board, tree_shapes
from ontogeny.runtime.executor import Job, Snapshot
from ontogeny.runtime.stacked import read_stacked
from ontogeny.runtime.storage.store import Store
from ontogeny.runtime.unlearned import read_unlearned

KEPT = 2
FOLDER = "checkpoints"
NAME = re.compile(r"round-(\d{6,})")
LEFT = re.compile(r"(?P<name>.+?)(\.(?P<pid>\d{1,9}))?\.(?P<kind>part|old)(-journal)?")
OWN = ("product", "schedule")  # archives in a run's folder itself


def write_checkpoint(run: Path, number: int, snapshot: Snapshot) -> tuple[Path, int]:
    """Write the state after round `number`, and let go of the snapshot's own files; return where,
    and its bytes. Raises `StoreError` on a full disk.
    """
    if not run.is_dir():
        raise StoreError("the run's folder was moved or removed while it grew", where=str(run))
    folder = inside(run, _name(number))
    return folder, snapshot.write(folder, number)


def prune_checkpoints(store: Store) -> list[Path]:
    """Forget and remove all but the newest of those that are recorded; return those removed. They
    are forgotten first: what a kill leaves is not recorded, and goes when the run goes on.
    """
    old = [inside(store.folder, _name(number)) for number in sorted(_recorded(store))[:-KEPT]]
    if old:
        with store.transaction():
            for folder in old:
                store.remove_artifact("checkpoint", folder)
    for folder in old:
        remove(folder)
    return old


def remove_unrecorded(store: Store) -> None:
    """Remove the checkpoints that are not recorded, and what killed processes left half written.
    The store is to be open for writing.
    """
    run, known = store.folder, _recorded(store)
    for number, folder in list_checkpoints(run):
        if number not in known:
            remove(folder)
    for place in (run, inside(run, FOLDER), inside(run, MEMBERS)):
        for left in place.glob("*"):
            half = LEFT.fullmatch(left.name)
            if half is None or (place == run and half["pid"] is None and half["name"] not in OWN):
                continue  # a user's own
            whole = left.with_name(half["name"])
            if half["kind"] == "old" and not whole.exists():  # a kill fell between two renames
                left.rename(whole)
            elif half["pid"] is None or not _lives(int(half["pid"])):
                remove(left)


def list_checkpoints(run: Path) -> list[tuple[int, Path]]:
    """Return the rounds and folders of the checkpoints, oldest first. Raises `StoreError` when
    they lie behind a link.
    """
    folders = inside(run, FOLDER).glob("round-*")
    found = [(int(m[1]), f) for f in folders if (m := NAME.fullmatch(f.name))]
    return sorted(
        (n, f) for n, f in found if f"{FOLDER}/{f.name}" == _name(n) and not f.is_symlink()
    )


def read_newest(
    run: Path, job: Job | None, last: int, *, thorough: bool = True
) -> tuple[int, Any, list[str]]:
    """Return the newest readable checkpoint's round, its snapshot, and what was wrong with newer
    ones.

    Checkpoints of rounds after `last`, of which the store knows nothing, are passed over. A board's
    files are read too, to see that they are whole, unless it need not be `thorough`. Without a job
    the snapshot is what can be read without the learner (`runtime.unlearned`). Raises
    `StoreError` when there is none, or none can be read, `StructureError` when they are of another
    population.
    """
    wrong: list[str] = []
    misfit: StructureError | None = None
    for number, folder in reversed(list_checkpoints(run)):
        if number > last:
            continue
        try:
            with decoding(str(folder)):
                return number, _read(folder, number, job, thorough), wrong
        except (StoreError, StructureError) as error:
            misfit = error if isinstance(error, StructureError) else misfit
            wrong.append(f"{folder.name}: {error.what}")
    if misfit is not None:  # not damage, as it seems, but another population's
        raise misfit
    detail = "; ".join(wrong) or "none was written yet"
    raise StoreError(
        f"there is no checkpoint to go on from ({detail})",
        where=str(run),
        hint="grow it again from its first round, with the command that `ontogeny show` prints",
    )


def _read(folder: Path, number: int, job: Job | None, thorough: bool) -> Any:
    about = read_about(folder)
    if about["round"] != number:
        raise StoreError("it says that it is of another round", where=str(folder))
    if job is None:
        return read_unlearned(folder, about)
    if "files" not in about:
        return read_stacked(job, folder)
    board = Board.of(job, read_archive(folder, tree_shapes(job)), about, folder)
    if thorough:
        board.check_files()
    return board


def _name(number: int) -> str:
    return f"{FOLDER}/round-{number:06d}"


def _recorded(store: Store) -> set[int]:
    """Return the rounds of the checkpoints that the store lists."""
    return {artifact.round for artifact in store.artifacts("checkpoint")}


def _lives(pid: int) -> bool:
    """Return whether another process has the number, and may still write."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return pid != os.getpid()


def whole_board(data: bytes, job: Job, folder: Path) -> tuple[Board | None, str]:
    """Return the board that the store kept, or None and what is wrong with it or with a file."""
    try:
        board = Board.from_bytes(data, job, folder)
        board.check_files()
        return board, ""
    except (StoreError, StructureError) as error:
        return None, f"{error.where}: {error.what}"
