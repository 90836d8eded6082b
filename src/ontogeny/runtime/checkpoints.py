"""Checkpoints: all that the next round depends on, as archives in the run's folder.

The last two are kept, so that one cut short by a full disk or damaged later leaves the other.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.errors import StoreError
from ontogeny.evolution.evolve import Grown

KEPT = 2
NAME = re.compile(r"round-(\d+)")


def write_checkpoint(run: Path, number: int, grown: Grown[Any, Any]) -> tuple[Path, int]:
    """Write the state after round `number`; return where, and its bytes. Raises `StoreError` on a
    full disk.
    """
    folder = run / "checkpoints" / f"round-{number:06d}"
    return folder, write_archive(folder, grown, {"round": number})


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
    run: Path, like: Grown[Any, Any], last: int
) -> tuple[int, Grown[Any, Any], list[str]]:
    """Return the newest readable checkpoint's round and content, and what was wrong with newer
    ones.

    `like` has the expected shapes; checkpoints of rounds after `last`, of which the store knows
    nothing, are passed over. Raises `StoreError` when there is none, or none can be read.
    """
    wrong: list[str] = []
    for number, folder in reversed(list_checkpoints(run)):
        if number > last:
            continue
        try:
            if read_about(folder)["round"] != number:
                raise StoreError("it says that it is of another round", where=str(folder))
            return number, read_archive(folder, like), wrong
        except StoreError as error:
            wrong.append(f"{folder.name}: {error.what}")
    detail = "; ".join(wrong) or "none was written yet"
    raise StoreError(
        f"there is no checkpoint to go on from ({detail})",
        where=str(run),
        hint="grow it again from its first round, with the command that `ontogeny show` prints",
    )
