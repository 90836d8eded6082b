"""The tables of a run's store, how older ones become today's, and whether a file has them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache

from ontogeny.core.errors import StoreError

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
CREATE TABLE digest (round INTEGER PRIMARY KEY, value INTEGER NOT NULL);
PRAGMA user_version = 3;
"""
VERSION = 3
UPGRADES = {
    1: """
ALTER TABLE lineage ADD COLUMN parent_round INTEGER NOT NULL DEFAULT 0;
UPDATE lineage SET parent_round = round - 1;
CREATE TABLE board (id INTEGER PRIMARY KEY, value BLOB NOT NULL);
PRAGMA user_version = 2;
""",
    2: """
CREATE TABLE IF NOT EXISTS digest (round INTEGER PRIMARY KEY, value INTEGER NOT NULL);
PRAGMA user_version = 3;
""",
}  # from each version to the next
SINCE = {"board": 2, "digest": 3, "parent_round": 2}  # tables and columns that came later
LONGEST = 2**28  # bytes of one value
# From each name to the next by the index: a million rows are not looked through.
METRIC_NAMES = """
WITH RECURSIVE next(name) AS (SELECT min(name) FROM metric UNION ALL
    SELECT (SELECT min(name) FROM metric WHERE name > next.name) FROM next WHERE name IS NOT NULL)
SELECT name FROM next WHERE name IS NOT NULL
"""


def check_schema(db: sqlite3.Connection, where: str) -> int:
    """Return the version of the store that the file is. Raises `StoreError` for one that this
    version does not know, and for what has other tables: a view would be looked through without an
    end, a trigger would write what nobody asked for.
    """
    db.execute("PRAGMA trusted_schema = OFF")
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if not 1 <= version <= VERSION:
        raise StoreError(
            f"store version {version} is not version {VERSION}",
            where=where,
            hint="read it with the version of ontogeny that wrote it",
        )
    for table, columns in _tables().items():
        if version < SINCE.get(table, 1):
            continue
        found = _columns(db, table)
        wrong = [
            name
            for name, is_ in columns.items()
            if found.get(name) != is_ and version >= SINCE.get(name, 1)
        ]
        if wrong:
            raise _foreign(f"its table {table} has no such {wrong[0]} as a store has", where)
    others = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchone()
    if others is not None:
        raise _foreign(f"it has a trigger, {others[0]!r:.60}", where)
    return version


def upgrade(db: sqlite3.Connection, version: int) -> None:
    """Begin a transaction that brings the store of an earlier version up to this one."""
    steps = [UPGRADES[number] for number in range(version, VERSION)]
    db.executescript("\n".join(["BEGIN IMMEDIATE;", *steps]))


@cache
def _tables() -> dict[str, dict[str, tuple[object, ...]]]:
    """Return each table's columns, as SQLite tells of them."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master")]
        return {table: _columns(db, table) for table in names}


def _columns(db: sqlite3.Connection, table: str) -> dict[str, tuple[object, ...]]:
    """Return of each column its type, whether it may be NULL, its place in the key, and whether it
    is computed.
    """
    rows = db.execute(f"PRAGMA table_xinfo({table})").fetchall()
    return {name: (kind, whole, key, hidden) for _, name, kind, whole, _, key, hidden in rows}


def _foreign(what: str, where: str) -> StoreError:
    return StoreError(what, where=where, hint="the file was not made, or was changed, by another")
