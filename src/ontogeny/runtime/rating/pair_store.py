"""The SQLite file of what people judged: who, when, which two photos, and what they said.

Every judgement is on the disk before it is answered: a kill or a power cut takes none. Nothing is
deleted; what was undone is marked so. `learners.beauty.paired` reads the file.
"""

from __future__ import annotations

import csv
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, Self, TypeAlias, get_args

from ontogeny.core.errors import StoreError
from ontogeny.core.files import absolute, replace_file
from ontogeny.runtime.storage.database import close_written, explained, open_to_read, open_to_write

Choice: TypeAlias = Literal["left", "right", "tie", "skip"]
CHOICES: tuple[Choice, ...] = get_args(Choice)

APPLICATION = 0x50414952  # PAIR: what says in SQLite's header whose file it is
VERSION = 1
SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS judgement (id INTEGER PRIMARY KEY, rater TEXT NOT NULL,
    time REAL NOT NULL, left_photo TEXT NOT NULL, right_photo TEXT NOT NULL,
    choice TEXT NOT NULL CHECK (choice IN ('left', 'right', 'tie', 'skip')),
    seconds REAL, undone INTEGER NOT NULL DEFAULT 0);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""


class Judgement(NamedTuple):
    """One answer about one pair."""

    rater: str
    time: float
    """Seconds since 1970."""
    left: str
    right: str
    choice: Choice


class PairStore:
    """The file, open for writing, by any thread. Raises `StoreError` for a file of another program,
    one that can't be written, and a full disk.
    """

    def __init__(self, path: Path):
        self.path = absolute(path)
        self._lock = threading.Lock()
        with self._explained("open"):
            if self.path.exists():
                self._check()  # before anything is written to what may be somebody else's
            else:
                self.path.touch()
            self._db = open_to_write(self.path)
            try:
                self._db.executescript(SCHEMA)
                self._db.execute("PRAGMA synchronous = FULL")  # a person's work is worth a moment
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failed: object) -> None:
        self.close()

    def add(self, rater: str, left: str, right: str, choice: Choice, seconds: float | None) -> None:
        """Write one judgement."""
        with self._lock, self._explained("write"):
            self._db.execute(
                "INSERT INTO judgement (rater, time, left_photo, right_photo, choice, seconds) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (rater, time.time(), left, right, choice, seconds),
            )

    def undo(self, rater: str) -> Judgement | None:
        """Mark the rater's last judgement as undone, and return it; None where there is none."""
        with self._lock, self._explained("write"):
            found = self._db.execute(
                "UPDATE judgement SET undone = 1 WHERE id = (SELECT max(id) FROM judgement "
                "WHERE rater = ? AND NOT undone) "
                "RETURNING rater, time, left_photo, right_photo, choice",
                (rater,),
            ).fetchall()
        return Judgement(*found[0]) if found else None

    def judgements(self) -> list[Judgement]:
        """Return what was judged, and not undone, in its order."""
        with self._lock, self._explained("read"):
            rows = self._db.execute(
                "SELECT rater, time, left_photo, right_photo, choice FROM judgement "
                "WHERE NOT undone ORDER BY id"
            ).fetchall()
        return [Judgement(*row) for row in rows]

    def changed_by_others(self) -> int:
        """Return a number that changes when another process writes to the file."""
        with self._lock, self._explained("read"):
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Fold the log into the file, and close it."""
        with self._lock:
            close_written(self._db)

    def _check(self) -> None:
        """Raise `StoreError` for the file of another program, or of a later version."""
        with closing(open_to_read(self.path)) as db:
            (application,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (tables and application != APPLICATION) or version > VERSION:
            raise StoreError(
                "it is no file of judgements, or a newer version's",
                where=str(self.path),
                hint="choose another name for --file",
            )

    @contextmanager
    def _explained(self, verb: str) -> Generator[None]:
        try:
            with explained(self.path.parent, self.path.name, verb):
                yield
        except StoreError as error:
            if not isinstance(error.__cause__, sqlite3.Error | OSError):
                raise
            raise StoreError(
                error.what, where=error.where, hint="what was judged before is kept"
            ) from error


def pairs_csv(judgements: list[Judgement]) -> list[list[str]]:
    """Return the rows of a table of better and worse, the header first; skipped pairs are none."""
    rows = [["better", "worse", "tie", "rater", "time"]]
    for one in judgements:
        if one.choice == "skip":
            continue
        better, worse = (one.right, one.left) if one.choice == "right" else (one.left, one.right)
        when = datetime.fromtimestamp(one.time, UTC).isoformat(timespec="seconds")
        rows.append([better, worse, str(int(one.choice == "tie")), one.rater, when])
    return rows


def export_pairs(judgements: list[Judgement], path: Path) -> None:
    """Write the table as a CSV that `ontogeny beauty train` reads. Raises `StoreError`."""
    with replace_file(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(pairs_csv(judgements))
