"""The run store: one SQLite file a run, which anyone can read with plain SQL.

    run(key, value)                             what is grown, as JSON values
    metric(name, round, slot, value)            score, hypers.*, the learner's; slot -1: the run's
    lineage(round, slot, parent, inherit, parent_round)  who moved as the round began, whence
    event(id, round, slot, time, kind, detail)  a death, an interruption, a resumption, the end
    artifact(round, kind, path, bytes, time)    files beside the store
    board(id, value)                            where an executor's members stand, for it alone

A round is one transaction, and only the driver writes (`locks.py`). A value that is not a number is
NULL.
"""

from __future__ import annotations

import copy
import json
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import StoreError
from ontogeny.core.files import absolute, replace_file
from ontogeny.runtime.database import (
    close_written,
    explained,
    open_private,
    open_to_read,
    open_to_write,
)
from ontogeny.runtime.locks import driver_lives, release, take_locks

FILE = "run.sqlite"
SCHEMA = """
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE metric (name TEXT NOT NULL, round INTEGER NOT NULL, slot INTEGER NOT NULL, value REAL,
    PRIMARY KEY (name, round, slot)) WITHOUT ROWID;
CREATE TABLE lineage (round INTEGER NOT NULL, slot INTEGER NOT NULL, parent INTEGER NOT NULL,
    inherit INTEGER NOT NULL, parent_round INTEGER NOT NULL,
    PRIMARY KEY (round, slot)) WITHOUT ROWID;
CREATE TABLE event (id INTEGER PRIMARY KEY, round INTEGER NOT NULL, slot INTEGER,
    time REAL NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE artifact (round INTEGER NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
    bytes INTEGER NOT NULL, time REAL NOT NULL, PRIMARY KEY (kind, path)) WITHOUT ROWID;
CREATE TABLE board (id INTEGER PRIMARY KEY, value BLOB NOT NULL);
PRAGMA user_version = 2;
"""
VERSION = 2
UPGRADE = """
BEGIN IMMEDIATE;
ALTER TABLE lineage ADD COLUMN parent_round INTEGER NOT NULL DEFAULT 0;
UPDATE lineage SET parent_round = round - 1;
CREATE TABLE board (id INTEGER PRIMARY KEY, value BLOB NOT NULL);
PRAGMA user_version = 2;
COMMIT;
"""


class Heir(NamedTuple):
    """A slot that moved at the start of a round."""

    round: int
    slot: int
    parent: int
    inherit: bool
    parent_round: int  # in which the parent was what the slot took; the round before, as a rule


class Event(NamedTuple):
    """Something that happened. `slot` is None for what concerns the whole run."""

    round: int
    slot: int | None
    time: float
    kind: str
    detail: str


class Artifact(NamedTuple):
    """A file beside the store; `path` is relative to the run's folder."""

    round: int
    kind: str
    path: str
    bytes: int
    time: float


class Store:
    """A run's folder: for reading, when something is asked for, or for the one driver to write.

    What reads holds no file and no lock, so it may be kept, copied, pickled and shared by threads;
    only `with store:`, and what `opened` gives, hold the file until they end.
    """

    def __init__(self, folder: Path | str, *, write: bool = False):
        """Open the run in `folder`, to see that it is one. Raises `StoreError` when it is missing,
        corrupt, or being written by another.
        """
        self.folder = absolute(folder)
        self._file: sqlite3.Connection | None = None
        self._locks: list[int] = []
        if not write:
            with self:
                return
        unlocked = ""
        try:
            with explained(self.folder, FILE, "lock"):
                if (self.folder / FILE).is_file():
                    self._locks, unlocked = take_locks(self.folder)
            self._open(lambda path: open_to_write(path, locks=not unlocked))
            if self._version == 1:
                with explained(self.folder, FILE, "upgrade"):
                    self._db.executescript(UPGRADE)
                self._version = VERSION
            if unlocked:
                with self.transaction():
                    said = f"nothing keeps a second process out: the file system says {unlocked!r}"
                    self.add_event(max(self.rounds() - 1, 0), "unlocked", said)
        except BaseException:
            self.close()
            raise

    def _open(self, opening: Callable[[Path], sqlite3.Connection]) -> None:
        """Open the file, and see that it is a store."""
        path = self.folder / FILE
        with explained(self.folder, FILE, "open"):
            if not path.is_file():
                raise StoreError(
                    "no run is here",
                    where=str(self.folder),
                    hint="see the runs that there are with: ontogeny list",
                )
            self._file = opening(path)
            self._version = self._db.execute("PRAGMA user_version").fetchone()[0]
            self._db.execute("SELECT count(*) FROM run").fetchone()
        if self._version not in (1, VERSION):
            said = f"store version {self._version} is not version {VERSION}"
            raise StoreError(said, where=str(path))

    @classmethod
    def create(cls, folder: Path, **values: Any) -> Store:
        """Make a run in `folder` that says `values` of itself, and open it for writing.

        The file appears under its name only when it is whole. Raises `StoreError` when a run is
        there already.
        """
        folder = absolute(folder)
        if (folder / FILE).exists():
            raise StoreError(
                "a run is already here", where=str(folder), hint="choose another name, or resume it"
            )
        with explained(folder, FILE, "create"):
            folder.mkdir(parents=True, exist_ok=True)
            hint = "choose a folder that can be written, with space left"
            made = replace_file(folder / FILE, "create the store", hint=hint)
            with made as part, closing(open_private(part)) as db:
                db.executescript(SCHEMA)
                rows = [(key, json.dumps(value)) for key, value in values.items()]
                with db:
                    db.executemany("INSERT INTO run VALUES (?, ?)", rows)
        return cls(folder, write=True)

    def __enter__(self) -> Store:
        if self._file is None:
            try:
                locks = driver_lives(self.folder) is not None
                self._open(lambda path: open_to_read(path, locks=locks))
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """A copy, here or in another process, reads by itself."""
        return {**self.__dict__, "_file": None, "_locks": []}

    @contextmanager
    def opened(self) -> Generator[Store]:
        """Give the store with its file open, for many reads."""
        if self._file is not None:
            yield self
            return
        with copy.copy(self) as store:
            yield store

    def close(self) -> None:
        """Close the file and release the locks."""
        file, self._file = self._file, None
        try:
            if file is not None:
                (close_written if self._locks else sqlite3.Connection.close)(file)
        finally:
            release(self._locks)

    @property
    def _db(self) -> sqlite3.Connection:
        if self._file is None:
            raise StoreError(
                "the store is not open to be written",
                where=str(self.folder),
                hint="open it with Store(folder, write=True)",
            )
        return self._file

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Everything written inside is kept, or nothing of it. Raises `StoreError` on a full
        disk.
        """
        with explained(self.folder, FILE, "write"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    # Writing. Call inside a transaction.

    def put(self, **values: Any) -> None:
        """Set keys of the run to JSON values."""
        rows = [(key, json.dumps(value)) for key, value in values.items()]
        self._db.executemany("INSERT OR REPLACE INTO run VALUES (?, ?)", rows)

    def add_metric(self, name: str, number: int, values: Iterable[float], slot: int = 0) -> None:
        """Record one metric of a round: a value for each slot, counted from `slot` (-1: the run's
        own).
        """
        rows = [(name, number, slot + i, float(value)) for i, value in enumerate(values)]
        self._db.executemany("INSERT INTO metric VALUES (?, ?, ?, ?)", rows)

    def add_heirs(self, heirs: Iterable[Heir]) -> None:
        """Record who moved."""
        self._db.executemany("INSERT INTO lineage VALUES (?, ?, ?, ?, ?)", heirs)

    def add_event(self, number: int, kind: str, detail: str, slot: int | None = None) -> None:
        """Record that something happened in a round."""
        self._db.execute(
            "INSERT INTO event (round, slot, time, kind, detail) VALUES (?, ?, ?, ?, ?)",
            (number, slot, time.time(), kind, detail),
        )

    def add_artifact(self, number: int, kind: str, path: Path, size: int) -> None:
        """Record a file; `path` is inside the run's folder."""
        self._db.execute(
            "INSERT OR REPLACE INTO artifact VALUES (?, ?, ?, ?, ?)",
            (number, kind, str(path.relative_to(self.folder)), size, time.time()),
        )

    def remove_artifact(self, kind: str, path: Path) -> None:
        """Forget a file."""
        self._db.execute(
            "DELETE FROM artifact WHERE kind = ? AND path = ?",
            (kind, str(path.relative_to(self.folder))),
        )

    def put_board(self, value: bytes) -> None:
        """Keep where an executor's members stand, instead of what was kept before."""
        self._db.execute("INSERT OR REPLACE INTO board VALUES (0, ?)", (value,))

    def rewind(self, number: int, by_slot: Mapping[int, int] | None = None) -> None:
        """Forget everything recorded of the rounds after `number` (of a slot, after its own in
        `by_slot`), except that they were interrupted. The board is forgotten.
        """
        self._db.execute("DELETE FROM board")
        self._db.execute("DELETE FROM artifact WHERE round > ?", (number,))
        for slot, last in (by_slot or {}).items():
            for table in ("metric", "lineage", "event"):
                self._db.execute(f"DELETE FROM {table} WHERE slot = ? AND round > ?", (slot, last))
        if by_slot:  # what is left are the run's own rows, of rounds of as many members
            over = sum(last + 1 for last in by_slot.values()) // len(by_slot)
            self._db.execute("DELETE FROM metric WHERE slot < 0 AND round >= ?", (over,))
        else:
            self._db.execute("DELETE FROM metric WHERE round > ?", (number,))
            self._db.execute("DELETE FROM lineage WHERE round > ?", (number,))
            self._db.execute(
                "DELETE FROM event WHERE round > ? AND kind NOT IN ('interrupted', 'resumed')",
                (number,),
            )

    # Reading.

    def run(self) -> dict[str, Any]:
        """Return what is known of the run. One that was being grown when its process died has
        "stopped".
        """
        known = self._known()
        if (
            known.get("status") == "growing"
            and not self._locks
            and driver_lives(self.folder) is False
        ):
            known = self._known()  # it may have ended well since
            if known["status"] == "growing":
                known["status"] = "stopped"
        return known

    def rounds(self) -> int:
        """Return how many rounds are recorded."""
        last = self._read("SELECT max(round) FROM metric WHERE name = 'score'")[0][0]
        return 0 if last is None else last + 1

    def metric_names(self) -> list[str]:
        """Return the names of the recorded metrics, `score` first."""
        # From each name to the next by the index: a million rows are not looked through.
        rows = self._read(
            "WITH RECURSIVE next(name) AS (SELECT min(name) FROM metric UNION ALL SELECT "
            "(SELECT min(name) FROM metric WHERE name > next.name) FROM next "
            "WHERE name IS NOT NULL) SELECT name FROM next WHERE name IS NOT NULL"
        )
        names = [name for (name,) in rows]
        return sorted(names, key=lambda name: (name != "score", name.startswith("hypers."), name))

    def metric(self, name: str, since: int = 0) -> Float[np.ndarray, "rounds pop"]:
        """Return one metric, of the rounds from `since` on; NaN where nothing, or no number, was
        recorded. It has a column for every slot of these rounds and of its first round; the run's
        own have one.
        """
        asked = "FROM metric WHERE name = ? AND round >= ?"
        n, known, first, last, end = self._read(
            f"SELECT count(*), count(value), min(slot), max(slot), max(round) {asked}", name, since
        )[0]
        if since:
            first_round = "round = (SELECT min(round) FROM metric WHERE name = ?)"
            row = self._read(
                f"SELECT max(slot) FROM metric WHERE name = ? AND {first_round}", name, name
            )
            last = max((slot for slot in (last, row[0][0]) if slot is not None), default=-1)
        pop = max(last or 0, 0) + 1
        rounds = max(self.rounds(), end + 1 if n else 0) - since
        values = np.full((max(rounds, 0), pop), np.nan)
        if not n:
            return values
        there = end + 1 - since
        with self.opened() as store, explained(self.folder, FILE, "read"):
            if n == known == there * pop and first == min(last, 0):  # a number everywhere
                rows = store._db.execute(
                    f"SELECT value {asked} ORDER BY round, slot", (name, since)
                )
                values[:there] = np.fromiter((v for (v,) in rows), float, n).reshape(-1, pop)
            else:
                rows = store._db.execute(
                    f"SELECT round, max(slot, 0), value {asked} AND value IS NOT NULL",
                    (name, since),
                )
                table = np.fromiter(rows, [("round", int), ("slot", int), ("value", float)], known)
                values[table["round"] - since, table["slot"]] = table["value"]
        return values

    def heirs(self) -> list[Heir]:
        """Return everyone who moved, in order."""
        whence = "coalesce(parent_round, round - 1)" if self._version > 1 else "round - 1"
        rows = self._read(
            f"SELECT round, slot, parent, inherit, {whence} FROM lineage ORDER BY round, slot"
        )
        return [
            Heir(number, slot, parent, bool(inherit), came)
            for number, slot, parent, inherit, came in rows
        ]

    def board(self) -> bytes | None:
        """Return what `put_board` kept last; None when it never did."""
        rows = self._read("SELECT value FROM board") if self._version > 1 else []
        return rows[0][0] if rows else None

    def events(self) -> list[Event]:
        """Return what happened, in order."""
        rows = self._read("SELECT round, slot, time, kind, detail FROM event ORDER BY id")
        return [Event(*row) for row in rows]

    def artifacts(self, kind: str | None = None) -> list[Artifact]:
        """Return the files of a kind (None: of every kind), oldest round first."""
        rows = self._read("SELECT round, kind, path, bytes, time FROM artifact ORDER BY round")
        return [Artifact(*row) for row in rows if kind in (None, row[1])]

    def _known(self) -> dict[str, Any]:
        return {key: json.loads(value) for key, value in self._read("SELECT key, value FROM run")}

    def _read(self, query: str, *values: Any) -> list[Any]:
        with self.opened() as store, explained(self.folder, FILE, "read"):
            return store._db.execute(query, values).fetchall()
