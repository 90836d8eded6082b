"""The run store: one SQLite file a run, which anyone can read with plain SQL.

    run(key, value)                             what is grown, as JSON values
    metric(name, round, slot, value)            score, hypers.*, the learner's; slot -1: the run's
    lineage(round, slot, parent, inherit, parent_round)  who moved as the round began, whence
    event(id, round, slot, time, kind, detail)  a death, an interruption, a resumption, the end
    artifact(round, kind, path, bytes, time)    files beside the store
    board(id, value)                            where an executor's members stand, for it alone
    digest(round, value)                        whether a round's rows are those that were written

A round is one transaction, and only the driver writes (`locks.py`). A value that is not a number is
NULL.
"""

from __future__ import annotations

import copy
import json
import os
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing, contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import StoreError
from ontogeny.core.files import absolute, decoding, publish, remove
from ontogeny.runtime.storage import digests, schema
from ontogeny.runtime.storage.columns import read_column
from ontogeny.runtime.storage.database import (
    check_place,
    close_written,
    explained,
    open_private,
    open_to_read,
    open_to_write,
    place_of,
)
from ontogeny.runtime.storage.locks import driver_lives, release, take_locks
from ontogeny.runtime.storage.rows import (
    MOST,
    Artifact,
    Event,
    Heir,
    check_extent,
    check_row,
    read_heirs,
    refused,
    run_values,
)

FILE = "run.sqlite"
Row = TypeVar("Row", Event, Artifact)


class Store:
    """A run's folder: for reading, when something is asked for, or for the one driver to write.

    What reads holds no file and no lock, so it may be kept, copied, pickled and shared by threads;
    only `with store:`, and what `opened` gives, hold the file until they end.
    """

    def __init__(
        self, folder: Path | str, *, write: bool = False, made: Any = None, unseen: bool = False
    ):
        """Open the run in `folder`, to see that it is one (`unseen`: when something is asked); that
        of `made` is new: see `create`. Raises `StoreError` when it is missing, corrupt, or being
        written by another.
        """
        self.folder = absolute(folder)
        self._file: sqlite3.Connection | None = None
        self._locks: list[int] = []
        self._place: tuple[int, int] | None = None  # of the file that is written
        self._tally = digests.Tally()  # of a transaction
        self._fit: set[tuple[int, int]] = set()  # rounds and slots that can be
        if not write:
            if unseen:
                return
            with self:
                return
        unlocked = ""
        try:
            with explained(self.folder, FILE, "lock"):
                if made is not None or (self.folder / FILE).is_file():
                    self._locks, unlocked = take_locks(self.folder)
            if made is not None:
                self._make(made)
            self._open(lambda path: open_to_write(path, locks=not unlocked))
            self._place = place_of(self.folder / FILE)
            if self._version < schema.VERSION:
                with explained(self.folder, FILE, "upgrade"):
                    schema.upgrade(self._db, self._version)
                    digests.Tally(recounted=True).seal(self._db)
                    self._db.execute("COMMIT")
                self._version = schema.VERSION
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
            check_place(path)
            self._file = opening(path)
            self._version = schema.check_schema(self._db, str(path))

    @classmethod
    def create(cls, folder: Path, **values: Any) -> Store:
        """Make a run in `folder` that says `values` of itself, and open it for writing.

        The file appears under its name only when it is whole. Raises `StoreError` when a run is
        there already.
        """
        folder = absolute(folder)
        if (folder / FILE).exists():
            raise _already(folder)
        with explained(folder, FILE, "create"):
            folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, write=True, made=values)

    def _make(self, values: Mapping[str, Any]) -> None:
        """Make the file, which nobody else sees before it has its name."""
        part = self.folder / f"{FILE}.{os.getpid()}.part"
        with explained(self.folder, FILE, "create"):
            try:
                remove(part)
                with closing(open_private(part)) as db, db:
                    db.executescript(f"BEGIN; {schema.SCHEMA}")  # once is waited for the disk
                    rows = [(key, json.dumps(value)) for key, value in values.items()]
                    db.executemany("INSERT INTO run VALUES (?, ?)", rows)
                    digests.Tally(recounted=True).seal(db)
                publish(part, self.folder / FILE)
            except FileExistsError as error:
                raise _already(self.folder) from error
            finally:
                remove(part)

    def __enter__(self) -> Self:
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
    def opened(self) -> Generator[Self]:
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
            if self._place not in (None, place_of(self.folder / FILE)):
                raise StoreError(
                    "the run's folder was moved or removed while it grew",
                    where=str(self.folder),
                    hint="what was recorded lies where it is now: resume it from there",
                )
            self._db.execute("BEGIN IMMEDIATE")
            self._tally = digests.Tally()
            try:
                yield
                self._tally.seal(self._db)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    # Writing. Call inside a transaction.

    def put(self, **values: Any) -> None:
        """Set keys of the run to JSON values."""
        for key, value in values.items():
            text = json.dumps(value)
            for (old,) in self._db.execute("SELECT value FROM run WHERE key = ?", (key,)):
                self._tally.add(digests.RUN, -digests.of_row("run", key, old))
            self._tally.add(digests.RUN, digests.of_row("run", key, text))
            self._db.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (key, text))

    def add_metric(self, name: str, number: int, values: Iterable[float], slot: int = 0) -> None:
        """Record one metric of a round: a value for each slot, counted from `slot` (-1: the run's
        own).
        """
        value = np.fromiter(values, float)
        slots = np.arange(slot, slot + value.size)
        bits = digests.of_metric(name, np.full(value.size, number), slots, value)
        self._tally.add(number, int(bits.sum()))
        rows = zip(repeat(name), repeat(number), slots.tolist(), value.tolist(), strict=False)
        self._db.executemany("INSERT INTO metric VALUES (?, ?, ?, ?)", rows)

    def add_heirs(self, heirs: Iterable[Heir]) -> None:
        """Record who moved."""
        rows = [tuple(map(int, heir)) for heir in heirs]
        for row in rows:
            self._tally.add(row[0], digests.of_row("lineage", *row))
        self._db.executemany("INSERT INTO lineage VALUES (?, ?, ?, ?, ?)", rows)

    def add_event(self, number: int, kind: str, detail: str, slot: int | None = None) -> None:
        """Record that something happened in a round."""
        detail = detail.encode("utf-8", "backslashreplace").decode()
        row = (number, slot, time.time(), kind, detail)
        self._tally.add(number, digests.of_row("event", *row))
        added = "INSERT INTO event (round, slot, time, kind, detail) VALUES (?, ?, ?, ?, ?)"
        self._db.execute(added, row)

    def add_artifact(self, number: int, kind: str, path: Path, size: int) -> None:
        """Record a file; `path` is inside the run's folder."""
        self.remove_artifact(kind, path)
        row = (number, kind, path.relative_to(self.folder).as_posix(), size, time.time())
        self._tally.add(number, digests.of_row("artifact", *row))
        self._db.execute("INSERT INTO artifact VALUES (?, ?, ?, ?, ?)", row)

    def remove_artifact(self, kind: str, path: Path) -> None:
        """Forget a file."""
        which = (
            "FROM artifact WHERE kind = ? AND path = ?",
            (kind, str(path.relative_to(self.folder))),
        )
        for row in self._db.execute(f"SELECT round, kind, path, bytes, time {which[0]}", which[1]):
            self._tally.add(row[0], -digests.of_row("artifact", *row))
        self._db.execute(f"DELETE {which[0]}", which[1])

    def put_board(self, value: bytes) -> None:
        """Keep where an executor's members stand, instead of what was kept before."""
        self._db.execute("INSERT OR REPLACE INTO board VALUES (0, ?)", (value,))

    def rewind(self, number: int, by_slot: Mapping[int, int] | None = None) -> None:
        """Forget everything recorded of the rounds after `number` (of a slot, after its own in
        `by_slot`), except that they were interrupted. The board is forgotten.
        """
        self._tally.recounted = True
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
        if last is not None and not (type(last) is int and 0 <= last <= MOST):
            raise refused(f"its last round is {last!r:.60}", f"{self.folder / FILE}, table metric")
        return 0 if last is None else last + 1

    def metric_names(self) -> list[str]:
        """Return the names of the recorded metrics, `score` first."""
        names = [name for (name,) in self._read(schema.METRIC_NAMES)]
        if odd := [name for name in names if not isinstance(name, str)]:
            raise refused(f"a name is {odd[0]!r:.60}", f"{self.folder / FILE}, table metric")
        return sorted(names, key=lambda name: (name != "score", name.startswith("hypers."), name))

    def metric(self, name: str, since: int = 0) -> Float[np.ndarray, "rounds pop"]:
        """Return one metric, of the rounds from `since` on; NaN where nothing, or no number, was
        recorded. It has a column for every slot of these rounds and of its first round; the run's
        own have one.
        """
        where = f"{self.folder / FILE}, table metric"
        with self.opened() as store, explained(self.folder, FILE, "read"):
            rounds, fits = store.rounds(), store.check_extent
            return read_column(store._db, name, since, rounds, fits, where)

    def heirs(self, since: int = 0) -> list[Heir]:
        """Return everyone who moved in the rounds from `since` on, in order."""
        whence = "coalesce(parent_round, round - 1)" if self._version > 1 else "round - 1"
        query = f"SELECT round, slot, parent, inherit, {whence} FROM lineage WHERE round >= ?"
        rows = self._read(f"{query} ORDER BY round, slot", since)
        return read_heirs(rows, str(self.folder / FILE))

    def board(self) -> bytes | None:
        """Return what `put_board` kept last; None when it never did."""
        kept = self._read("SELECT value FROM board") if self._version > 1 else []
        return (kept[0][0] if isinstance(kept[0][0], bytes) else b"") if kept else None

    def events(self, skip: int = 0) -> list[Event]:
        """Return what happened, in order, but for as many as `skip` that were first."""
        return self._table(Event, "event", f"id LIMIT -1 OFFSET {skip:d}")

    def artifacts(self, kind: str | None = None) -> list[Artifact]:
        """Return the files of a kind (None: of every kind), oldest round first."""
        return [a for a in self._table(Artifact, "artifact", "round") if kind in (None, a.kind)]

    def check(self) -> None:
        """Raise `StoreError` when what is recorded is not what was written, naming the first round
        of which that is so. A store of an earlier version can't say.
        """
        if wrong := self.changed_rounds():
            what = "what is said of the run" if wrong[0] == digests.RUN else f"round {wrong[0]}"
            raise StoreError(
                f"{what} is not as it was written",
                where=str(self.folder / FILE),
                hint="it was changed since: see what is whole with: ontogeny verify RUN",
            )

    def changed_rounds(self) -> list[int]:
        """Return the rounds of which that is so (`digests.RUN`: what is said of the run)."""
        where = str(self.folder / FILE)
        with self.opened() as store, explained(self.folder, FILE, "read"), decoding(where):
            return digests.changed(store._db) if store._version >= schema.SINCE["digest"] else []

    def check_extent(self, rounds: int, slots: int) -> None:
        """Raise `StoreError` when so many rounds of so many members can't be what was recorded."""
        if (rounds, slots) not in self._fit:
            where, count = f"{self.folder / FILE}, table metric", "SELECT count(*) FROM metric"
            names = len(self.metric_names())
            check_extent(rounds, slots, names, lambda: self._read(count)[0][0], where)
            self._fit = {(rounds, slots)}

    def _table(self, kind: type[Row], table: str, order: str) -> list[Row]:
        found = self._read(f"SELECT {', '.join(kind._fields)} FROM {table} ORDER BY {order}")
        for row in found:
            check_row(table, row, str(self.folder / FILE))
        return [kind(*row) for row in found]

    def _known(self) -> dict[str, Any]:
        return run_values(self._read("SELECT key, value FROM run"), str(self.folder / FILE))

    def _read(self, query: str, *values: Any) -> list[Any]:
        with self.opened() as store, explained(self.folder, FILE, "read"):
            return store._db.execute(query, values).fetchall()


def _already(folder: Path) -> StoreError:
    return StoreError(
        "a run is already here", where=str(folder), hint="choose another name, or resume it"
    )
