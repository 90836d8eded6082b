"""Ratings from pairs: which of two photos is better, from a table or from what a page collected."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.ratings import Ratings, few
from ontogeny.learners.beauty.tables import Table

SQLITE = b"SQLite format 3\0"
YES = {"1", "1.0", "true", "yes", "tie", "y"}
SAID = """select left_photo, right_photo, choice from judgement
          where choice in ('left', 'right', 'tie') and not undone order by id"""


def from_pairs(table: Table) -> Ratings:
    """Return the ratings of a table of better and worse. A row that is a tie counts half for
    either. Rows that lack a photo, or name one twice, are left out and told in the notes. Raises
    `DataError` where nothing is left, or a column is missing.
    """
    if "worse" not in table.columns:
        raise DataError(
            "it says which photo is better, and not than which",
            where=table.where,
            hint="add a column: worse",
        )
    better, worse = (
        [name.strip() for name in table.columns[column]] for column in ("better", "worse")
    )
    said = table.columns.get("tie", [""] * len(better))
    tied = [text.strip().casefold() in YES for text in said]
    reasons = {
        "without two photos": [not (a and b) for a, b in zip(better, worse, strict=True)],
        "with one photo twice": [a == b != "" for a, b in zip(better, worse, strict=True)],
    }
    notes: list[str] = []
    for why, wrong in reasons.items():
        rows = np.flatnonzero(wrong)
        if len(rows):
            notes.append(f"{len(rows)} left out, {why}: {table.rows(rows)}")
    kept = np.flatnonzero(~np.logical_or.reduce(list(reasons.values())))
    if not len(kept):
        raise DataError("no row can be used: " + "; ".join(notes), where=table.where)
    chosen = [(better[row], worse[row], tied[row]) for row in kept]
    return _ratings(chosen, notes)


def is_collected(path: Path) -> bool:
    """Return whether a file is one that SQLite keeps."""
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def read_collected(path: Path) -> Ratings:
    """Return the ratings that `ontogeny beauty rate` collected, also while it does. Raises
    `DataError` for another file, a damaged one, and one in which nothing was judged.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute(SAID).fetchall()
    except sqlite3.Error as error:
        raise DataError(
            f"no judgements can be read from it ({error})",
            where=str(path),
            hint="give a file that `ontogeny beauty rate` wrote",
        ) from error
    if not rows:
        raise DataError(
            "nothing was judged yet",
            where=str(path),
            hint=f"judge some pairs first: ontogeny beauty rate FOLDER --file {path.name}",
        )
    said = [
        (right, left, False) if choice == "right" else (left, right, choice == "tie")
        for left, right, choice in rows
    ]
    return _ratings(said, [])


def _ratings(said: Sequence[tuple[str, str, bool]], notes: list[str]) -> Ratings:
    """Return the ratings, given (better, worse, whether it is a tie)."""
    photos, place = np.unique(
        np.array([name for better, worse, _ in said for name in (better, worse)], np.str_),
        return_inverse=True,
    )
    pairs = place.reshape(-1, 2).astype(np.int64)
    tied = np.array([tie for _, _, tie in said], bool)
    pairs = np.concatenate([pairs, pairs[tied][:, ::-1]])
    weights = np.concatenate([np.where(tied, 0.5, 1.0), np.full(int(tied.sum()), 0.5)])
    alone = _parts(len(photos), pairs)
    if len(alone) > 1:
        smallest = min(alone, key=len)
        notes.append(
            f"the photos fall into {len(alone)} parts that no pair connects, so their order is "
            f"partly unknown; the smallest holds {few([str(photos[i]) for i in smallest])}"
        )
    nothing = np.full(len(photos), np.nan)
    return Ratings(
        tuple(photos.tolist()),
        nothing,
        np.zeros(len(photos)),
        pairs=pairs,
        pair_weights=weights,
        notes=tuple(notes),
    )


def _parts(n: int, pairs: np.ndarray) -> list[list[int]]:
    """Return the photos that pairs connect, part by part."""
    root = list(range(n))

    def top(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for a, b in pairs.tolist():
        root[top(a)] = top(b)
    parts: dict[int, list[int]] = {}
    for one in range(n):
        parts.setdefault(top(one), []).append(one)
    return list(parts.values())
