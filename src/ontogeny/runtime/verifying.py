"""Whether everything in a run's folder is as it was written: the store, and every file that it
counts on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ontogeny.core.archive import read_whole
from ontogeny.core.array_file import read_array_file, unpack
from ontogeny.core.errors import StoreError
from ontogeny.core.files import decoding, inside
from ontogeny.runtime.apart.board import MEMBERS, NAME
from ontogeny.runtime.checkpoints import FOLDER, OWN
from ontogeny.runtime.storage import digests
from ontogeny.runtime.storage.database import explained, open_to_read
from ontogeny.runtime.storage.store import FILE, Store


class Part(NamedTuple):
    """Something of a run, and what is wrong with it ("" for nothing)."""

    name: str
    wrong: str


def verify(folder: Path) -> list[Part]:
    """Return every part of the run, each read whole. Nothing of its learner is needed. Raises
    `StoreError` when no store can be opened there.
    """
    parts: list[Part] = []

    def look(name: str, read: Callable[[], Any]) -> Any:
        """Note what reading says is wrong; return what it gives, None when something is."""
        try:
            found = read()
        except StoreError as error:
            parts.append(
                Part(name, error.what if error.where is None else str(error).split("\n")[0])
            )
            return None
        parts.append(Part(name, ""))
        return found

    with Store(folder) as store:
        run = store.folder
        look(FILE, lambda: _check_pages(run))
        changed = look("digests", store.changed_rounds) or []
        look("what is said of the run", lambda: _refuse(digests.RUN in changed) or store.run())
        look("metrics", lambda: [store.metric(name) for name in store.metric_names()])
        look("lineage", store.heirs)
        look("events", store.events)
        for number in changed:
            if number != digests.RUN:
                look(f"round {number}", lambda: _refuse(True))
        if (board := look("board", store.board)) is not None:
            look("the board's files", lambda: _check_board(run, board))
        for artifact in look("artifacts", store.artifacts) or []:
            if artifact.kind == "checkpoint":
                name = f"{FOLDER}/round-{artifact.round:06d}"
                look(name, lambda name=name, n=artifact.round: _check_checkpoint(run, name, n))
    for name in OWN:
        if (run / name).exists():
            look(name, lambda name=name: read_whole(inside(run, name)))
    return parts


def _check_pages(run: Path) -> None:
    with explained(run, FILE, "read"), closing(open_to_read(run / FILE)) as db:
        (said,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise StoreError(str(said), where=str(run / FILE))


def _check_checkpoint(run: Path, name: str, number: int) -> None:
    folder = inside(run, name)
    about = read_whole(folder)[1]
    with decoding(str(folder)):
        if about["round"] != number:
            raise StoreError(f"it says that it is of round {about['round']}", where=str(folder))
        _check_files(folder, about)


def _check_board(run: Path, data: bytes) -> None:
    where = f"{run}, the board"
    with decoding(where):
        _check_files(inside(run, MEMBERS), unpack(np.frombuffer(data, np.uint8), where)[1])


def _check_files(folder: Path, about: dict[str, list[str]]) -> None:
    """Read the files of members that a board names."""
    for name in sorted({*about.get("files", []), *about.get("sources", [])} - {""}):
        if NAME.fullmatch(name) is None:
            raise StoreError(f"{name!r} is no name of a member's file", where=str(folder))
        read_array_file(folder / name)


def _refuse(changed: bool) -> None:
    if changed:
        raise StoreError("it is not as it was written")
