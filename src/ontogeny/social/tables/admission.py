"""Which rows of the three tables are used: all others are left out by a named rule, and counted.

What an engine keeps in the folder (`photos.parquet`, `follows.parquet`, `events.parquet`) has a
line for everything that came, with the rule that leaves it out; texts that work on it take the
lines without one. `users.parquet` numbers the users from 0, by their ids in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.errors import DataError
from ontogeny.social.matching.admission import Excluded
from ontogeny.social.tables.engine import Engine, Table, sql
from ontogeny.social.tables.reading import COLUMNS, Reading
from ontogeny.social.tables.sources import Given, given

HERE = "ontogeny.social.tables"
AGAIN = {
    "photos": "the same row of a photo came before",
    "follows": "the same tie came before",
    "events": "the same favourite came before",
}


@dataclass(frozen=True, eq=False)
class Tables:
    """The three tables, admitted."""

    folder: Path
    engine: Engine
    reading: Reading
    read: Mapping[str, int]
    """Rows of each table as it came."""
    excluded: Mapping[str, tuple[Excluded, ...]]
    """By table: which rule left out how many of its rows."""
    unscored: int
    """Photos that are kept without their score, for it was NaN or out of range."""
    users: int
    first: int
    last: int
    """When the first and the last that is admitted was, in microseconds since 1970."""
    notes: tuple[str, ...]

    @property
    def files(self) -> dict[str, Table]:
        """The tables as texts see them: photos, follows, events, users."""
        return {name: Table(self.folder / f"{name}.parquet") for name in (*COLUMNS, "users")}

    @property
    def told(self) -> list[str]:
        """What was left out, a line a rule."""
        lines = [
            f"{table}: {one.number:,} of {self.read[table]:,} rows left out: {one.rule}"
            for table, rules in self.excluded.items()
            for one in rules
        ]
        if self.unscored:
            low, high = self.reading.scores
            lines.append(
                f"photos: {self.unscored:,} kept without their score: it is NaN, or not from "
                f"{low:g} to {high:g}"
            )
        return [*lines, *self.notes]


def admit_tables(
    photos: Any,
    follows: Any,
    events: Any,
    folder: Path,
    engine: Engine,
    reading: Reading = Reading(),  # noqa: B008  # frozen
) -> Tables:
    """Return the tables, admitted, kept in the folder.

    Each is a path (Parquet, a folder of it, CSV), a dict of arrays (NaN and None for what is
    missing) or a frame. Raises `DataError` for what `given` refuses, ids or zones that differ
    between tables, and a table of which no row is left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    came = {
        name: given(name, source, reading, folder)
        for name, source in zip(COLUMNS, (photos, follows, events), strict=True)
    }
    notes = _fitting(came, reading)
    kept = {name: Table(folder / f"{name}.parquet") for name in (*COLUMNS, "users")}
    joined = Table(folder / "joined.parquet")
    until = reading.until_microseconds()
    engine.write(
        sql(HERE, "joined", join=reading.kind("join"), until=until),
        {"events": came["events"].table},
        joined.path,
    )
    asked: dict[str, dict[str, Any]] = {
        "photos": dict(zip(("low", "high"), map(float, reading.scores), strict=True)),
        "follows": {},
        "events": {"favourite": reading.kind("favourite")},
    }
    read: dict[str, int] = {}
    excluded: dict[str, tuple[Excluded, ...]] = {}
    for name, table in came.items():
        seen = {name: table.table, "joined": joined}
        if name == "events":
            seen["admitted"] = kept["photos"]
        text = sql(HERE, name, until=until, joined_only=int(reading.joined_only), **asked[name])
        engine.write(text, seen, kept[name].path)
        read[name], excluded[name] = _counted(name, engine, kept[name])
    taken = engine.read(sql(HERE, "unscored"), {"admitted": kept["photos"]})["found"]
    who = engine.read(sql(HERE, "users"), {name: kept[name] for name in COLUMNS})
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    numbered = {**who, "number": np.arange(len(who["user"]))}
    parquet.write_table(arrow.table(numbered), kept["users"].path, compression="zstd")
    span = engine.read(sql(HERE, "span"), {name: kept[name] for name in COLUMNS})
    return Tables(
        folder,
        engine,
        reading,
        read,
        excluded,
        int(taken[0]),
        len(who["user"]),
        int(span["first"][0]),
        int(span["last"][0]),
        notes,
    )


def _fitting(came: Mapping[str, Given], reading: Reading) -> tuple[str, ...]:
    """Refuse ids and zones that differ between tables, and say what was taken for granted."""
    for what in ("user", "photo"):
        kinds = {name: one.ids[what] for name, one in came.items() if what in one.ids}
        if len(set(kinds.values())) > 1:
            told = ", ".join(f"{kind} in {name}" for name, kind in kinds.items())
            raise DataError(
                f"ids of a {what} are {told}",
                where="tables",
                hint="with ids_as_text they are all read as text",
            )
    zoned = {name: one.zoned for name, one in came.items()}
    if len(set(zoned.values())) > 1 and reading.zone is None:
        told = ", ".join(f"{name} {'say' if z else 'do not say'}" for name, z in zoned.items())
        raise DataError(
            f"times of some tables say their zone, of others not: {told}",
            where="tables",
            hint='give zone="UTC" if those without are in UTC',
        )
    return () if all(zoned.values()) else ("times without a zone are taken for UTC",)


def _counted(name: str, engine: Engine, table: Table) -> tuple[int, tuple[Excluded, ...]]:
    found = engine.read(sql(HERE, "counted"), {"admitted": table})
    rules: dict[str, int] = {}
    read, lines = 0, 0
    for rule, admitted, times in zip(found["rule"], found["lines"], found["found"], strict=True):
        read += int(times)
        if rule is not None:
            rules[str(rule)] = int(times)
            continue
        lines = int(admitted)
    again = engine.read(sql(HERE, "again"), {"admitted": table})["found"][0]
    if np.isfinite(again) and again > 0:
        rules[AGAIN[name]] = int(again)
    excluded = tuple(Excluded(rule, rules[rule]) for rule in sorted(rules))
    if not lines:
        told = "; ".join(f"{one.rule} ({one.number})" for one in excluded)
        raise DataError(
            f"none of its {read:,} rows can be used",
            where=name,
            hint=f"left out: {told}" if told else "give a table with rows",
        )
    return read, excluded
