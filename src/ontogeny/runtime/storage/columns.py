"""One metric of a run as an array, from rows that may say anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from ontogeny.runtime.storage.rows import refused

# Of a row of the table: whole numbers for its place, and a number or none at it.
RIGHT = """(typeof(round) = 'integer' AND typeof(slot) = 'integer' AND slot >= -1
    AND typeof(value) IN ('real', 'null'))"""


def read_column(
    db: sqlite3.Connection,
    name: str,
    since: int,
    rounds: int,
    check_extent: Callable[[int, int], None],
    where: str,
) -> Float[np.ndarray, "rounds pop"]:
    """Return one metric, of the rounds from `since` on (a run has so many `rounds`); NaN where
    nothing, or no number, was recorded. It has a column for every slot of these rounds and of its
    first round; the run's own have one.

    Raises `StoreError` for a row that can't be, before room is made for what rows claim.
    """

    def ask(query: str, *values: Any) -> Any:
        return db.execute(query, values).fetchone()

    asked = "FROM metric WHERE name = ? AND round >= ?"
    told = f"count(*), count(value), min(slot), max(slot), max(round), total({RIGHT})"
    n, known, first, last, end, right = ask(f"SELECT {told} {asked}", name, since)
    if right != n:
        _, *row = ask(f"SELECT * {asked} AND NOT {RIGHT}", name, since)
        raise refused("it can't be", f"{where}, row {(name, *row)!r:.200}")
    if since:
        first_round = "round = (SELECT min(round) FROM metric WHERE name = ?)"
        (slot,) = ask(f"SELECT max(slot) FROM metric WHERE name = ? AND {first_round}", name, name)
        last = max((slot for slot in (last, slot) if slot is not None), default=-1)
        if type(last) is not int:
            raise refused("it can't be", f"{where}, row {(name, '…', last)!r:.200}")
    pop = max(last or 0, 0) + 1
    rounds = max(rounds, end + 1 if n else 0)
    check_extent(rounds, pop)
    values = np.full((max(rounds - since, 0), pop), np.nan)
    if not n:
        return values
    there = end + 1 - since
    if n == known == there * pop and first == min(last, 0):  # a number everywhere
        rows = db.execute(f"SELECT value {asked} ORDER BY round, slot", (name, since))
        values[:there] = np.fromiter((v for (v,) in rows), float, n).reshape(-1, pop)
    else:
        query = f"SELECT round, max(slot, 0), value {asked} AND value IS NOT NULL"
        kinds = [("round", int), ("slot", int), ("value", float)]
        table = np.fromiter(db.execute(query, (name, since)), kinds, known)
        values[table["round"] - since, table["slot"]] = table["value"]
    return values
