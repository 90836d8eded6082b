"""Whether rows are those that were written: of each round, a sum over its rows.

Each row counts as 64 bits that follow from everything in it. A round's digest is their sum, so that
rows may be added in any order, and one changed bit anywhere shows. It tells of damage, not of
malice: whoever changes a row on purpose can change the sum.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ontogeny.runtime.storage.schema import METRIC_NAMES

RUN = -1  # instead of a round: the digest of what is said of the whole run
MASK = 2**64 - 1
METRIC = [("round", np.int64), ("slot", np.int64), ("value", np.float64), ("none", np.bool_)]
ODD = np.uint64(0x9E3779B97F4A7C15)  # splitmix64's (Steele, Lea and Flood 2014)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def of_row(table: str, *values: Any) -> int:
    """Return the bits of a row of any table but `metric`."""
    said = repr((table, *values)).encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "little")


def of_metric(
    name: str,
    number: Int[np.ndarray, " row"],
    slot: Int[np.ndarray, " row"],
    value: Float[np.ndarray, " row"],
) -> np.ndarray:
    """Return the bits of rows of one metric. What is no number is NaN, as it is read."""
    value = np.where(np.isnan(value), np.nan, value) + 0.0  # one NaN, and one 0
    place = number.astype(np.uint64) * ODD + slot.astype(np.uint64) + np.uint64(_bits(name))
    return _mixed(_mixed(place) ^ value.view(np.uint64))


class Tally:
    """What a transaction adds to each round's digest."""

    def __init__(self, *, recounted: bool = False):
        """`recounted`: rows were removed, and all sums are made anew."""
        self.sums: dict[int, int] = {}
        self.recounted = recounted

    def add(self, number: int, bits: int) -> None:
        """Count a row of a round; the negative bits of one that is removed."""
        self.sums[number] = self.sums.get(number, 0) + bits

    def seal(self, db: sqlite3.Connection) -> None:
        """Bring the table `digest` up to what the transaction has written."""
        if self.recounted:
            db.execute("DELETE FROM digest")
            rows = kept(db).items()
        else:
            before = {
                n: db.execute("SELECT value FROM digest WHERE round = ?", (n,)).fetchone()
                for n in self.sums
            }
            rows = [(n, _signed(more + (before[n] or (0,))[0])) for n, more in self.sums.items()]
        db.executemany("INSERT OR REPLACE INTO digest VALUES (?, ?)", rows)


def changed(db: sqlite3.Connection) -> list[int]:
    """Return the rounds whose rows are not those that were written."""
    db.execute("BEGIN")  # all of one moment, while it grows
    try:
        was, now = dict(db.execute("SELECT round, value FROM digest").fetchall()), kept(db)
    finally:
        db.execute("ROLLBACK")
    return sorted(number for number in {*was, *now} if was.get(number, 0) != now.get(number, 0))


def kept(db: sqlite3.Connection) -> dict[int, int]:
    """Return the digest of each round that has rows, and of the run, as the rows say now: 64 bits
    as SQLite keeps them.
    """
    sums: dict[int, int] = {RUN: 0}
    for key, value in db.execute("SELECT key, value FROM run"):
        sums[RUN] += of_row("run", key, value)
    tables = {"lineage": "round, slot, parent, inherit, parent_round"}
    tables |= {
        "event": "round, slot, time, kind, detail",
        "artifact": "round, kind, path, bytes, time",
    }
    for table, columns in tables.items():
        for row in db.execute(f"SELECT {columns} FROM {table}"):
            sums[row[0]] = sums.get(row[0], 0) + of_row(table, *row)
    for (name,) in db.execute(METRIC_NAMES).fetchall():
        asked = "SELECT round, slot, coalesce(value, 0.0), value IS NULL FROM metric WHERE name = ?"
        rows = np.fromiter(db.execute(asked, (name,)), METRIC)
        value = np.where(rows["none"], np.nan, rows["value"])
        number = rows["round"]
        bits = of_metric(name, number, rows["slot"], value)
        for first, part in _by_round(number, bits):
            sums[first] = sums.get(first, 0) + part
    return {number: _signed(total) for number, total in sums.items()}


def _signed(total: int) -> int:
    return ((total + 2**63) & MASK) - 2**63


def _by_round(number: np.ndarray, bits: np.ndarray) -> Sequence[tuple[int, int]]:
    """Return (round, sum of its bits) of rows in the order of their rounds."""
    starts = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
    sums = np.add.reduceat(bits, starts)
    return list(zip(number[starts].tolist(), sums.tolist(), strict=True))


@lru_cache(4096)
def _bits(name: str) -> int:
    return of_row("metric", name)


def _mixed(bits: np.ndarray) -> np.ndarray:
    bits = (bits ^ (bits >> np.uint64(30))) * FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * SECOND
    return bits ^ (bits >> np.uint64(31))
