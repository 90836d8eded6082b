"""Windows of time that cannot leak: covariates before t0, the exposure from t0 on, the outcome from
t1 on, and every table that is made of them is only shown the rows of its own window.

A made table belongs to the latest window that anything it was made from belongs to; what serves as
a covariate may not belong to a later one than A, an exposure not to a later one than B. So a leak
is refused where it is written, over any number of tables in between. A column that was changed
later without a time beside it cannot be seen through: give such quantities as events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Shaped

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.social.tables.admission import Tables
from ontogeny.social.tables.engine import Table, quoted
from ontogeny.social.tables.reading import COLUMNS, microseconds

Window: TypeAlias = Literal["A", "B", "C"]
Role: TypeAlias = Literal["covariate", "exposure", "outcome"]
OWN: Mapping[Role, Window] = {"covariate": "A", "exposure": "B", "outcome": "C"}
DAY = 86_400_000_000


@dataclass(frozen=True)
class Windows:
    """start <= A < t0 <= B < t1 <= C < t2, in microseconds since 1970. Raises `ConfigError` for
    others.
    """

    start: int
    t0: int
    t1: int
    t2: int

    def __post_init__(self) -> None:
        names = ("the covariates' window", "the exposure's", "the outcome's")
        marks = (self.start, self.t0, self.t1, self.t2)
        for name, begin, end in zip(names, marks, marks[1:], strict=False):
            if not begin < end:
                raise ConfigError(
                    f"{name} goes from {told(begin)} to {told(end)}",
                    where="windows",
                    hint="covariates come first, then the exposure, then the outcome",
                )

    def span(self, window: Window) -> tuple[int, int]:
        """Return when a window begins, and when it has ended."""
        marks = {"A": (self.start, self.t0), "B": (self.t0, self.t1), "C": (self.t1, self.t2)}
        return marks[window]

    def middle(self, window: Window) -> int:
        """Return when its second half begins."""
        return sum(self.span(window)) // 2

    def days(self, window: Window) -> float:
        """Return how long it is."""
        begin, end = self.span(window)
        return (end - begin) / DAY

    def __str__(self) -> str:
        ends = [told(mark) for mark in (self.start, self.t0, self.t1, self.t2)]
        return ", ".join(f"{w} {a} to {b}" for w, a, b in zip("ABC", ends, ends[1:], strict=False))


def windows_of(
    first: int,
    last: int,
    start: str | None = None,
    t0: str | float | None = None,
    t1: str | float | None = None,
    t2: str | None = None,
) -> Windows:
    """Return the windows of what was from `first` to `last` (microseconds): three equal ones.

    `start` and `t2` are times (2015-03-01), `t0` and `t1` times or days after the start. Raises
    `ConfigError` for windows out of order.
    """
    begin = first if start is None else microseconds(start, "start")
    end = last + 1 if t2 is None else microseconds(t2, "t2")

    def mark(given: str | float | None, name: str, part: int) -> int:
        if given is None:
            return begin + (end - begin) * part // 3
        return microseconds(given, name) if isinstance(given, str) else begin + int(given * DAY)

    return Windows(begin, mark(t0, "t0", 1), mark(t1, "t1", 2), end)


@dataclass(frozen=True)
class Made:
    """A table with a row a user, that was made from a window."""

    table: Table
    window: Window
    role: Role


class Workings:
    """Makes tables of users from windows, in a folder. `first` is when anything was; ties and
    accounts, which last, are shown from then on.
    """

    def __init__(self, tables: Tables, windows: Windows, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.tables, self.windows, self.folder = tables, windows, folder
        self.made: dict[str, Made] = {}

    def make(
        self,
        name: str,
        text: str,
        role: Role,
        shown: Mapping[str, Window],
        of: Mapping[str, str] | None = None,
        lasting: bool = False,
    ) -> Made:
        """Run a text over the rows of the windows that it is `shown`, and over made tables (`of`:
        what the text calls them, and their names), and keep what it makes, by users.

        What is `lasting` is not only of its window but of all time before too. Raises `ConfigError`
        for what would leak: a table shown, or made, from a later window than the role's own, or
        shown from an earlier one.
        """
        own = OWN[role]
        if not name.isidentifier():
            raise ConfigError(f"{name!r} is no name of a table", where="windows")
        seen: dict[str, Table] = {}
        for table, window in shown.items():
            if table not in COLUMNS:
                raise unknown("table", table, COLUMNS, where=name)
            if window != own:
                begin, end = (told(mark) for mark in self.windows.span(window))
                raise ConfigError(
                    f"{role} {name} is made from {table} of window {window} ({begin} to {end}): "
                    + ("that leaks" if window > own else f"it is not of {own}"),
                    where="windows",
                    hint=f"what serves as {role} comes from window {own}",
                )
            begin, end = self.windows.span(window)
            earliest = None if lasting else begin
            seen[table] = Table(self.tables.files[table].path, None, earliest, end)
        latest: list[Window] = list(shown.values())
        for called, source in (of or {}).items():
            made = self._known(source, name)
            if made.window > own:
                raise ConfigError(
                    f"{role} {name} is made from {source}, which is of window {made.window}: "
                    "that leaks",
                    where="windows",
                    hint=f"what serves as {role} comes from window {own} at the latest",
                )
            seen[called] = made.table
            latest.append(made.window)
        path = self.folder / f"{name}.parquet"
        self.tables.engine.write(text, seen, path)
        self.made[name] = Made(Table(path), max(latest), role)
        return self.made[name]

    def gather(
        self, path: Path
    ) -> tuple[dict[str, Shaped[np.ndarray, " user"]], dict[str, Window]]:
        """Return one table a user of all that was made, in the order of the users' numbers, and the
        window of each column; keep the table at `path`.

        Columns have the window's letter behind their names. A count that is missing is 0.
        """
        chosen = ["n.number AS number", 'n."user" AS "user"']
        parts: list[str] = []
        joins: list[str] = []
        windows: dict[str, Window] = {}
        for name, made in self.made.items():
            inner = [f'"user" AS {name}_user']
            for column, whole in _columns_of(made.table.path):
                called = f"{column}_{made.window.lower()}"
                if called in windows:
                    raise ConfigError(f"two tables make {called!r}", where=name)
                own = quoted(f"{name}_{called}")  # no two joined tables may share a name
                inner.append(f"{quoted(column)} AS {own}")
                chosen.append(f"{f'coalesce({own}, 0)' if whole else own} AS {quoted(called)}")
                windows[called] = made.window
            parts.append(f"{name}_part AS (SELECT {', '.join(inner)} FROM {name})")
            joins.append(f'LEFT JOIN {name}_part ON {name}_user = n."user"')
        text = (
            f"WITH {', '.join(parts)} SELECT {', '.join(chosen)} FROM users AS n {' '.join(joins)}"
        )
        seen = {name: made.table for name, made in self.made.items()}
        seen["users"] = self.tables.files["users"]
        engine = self.tables.engine
        engine.write(text, seen, path)
        columns = engine.read("SELECT * FROM gathered ORDER BY number", {"gathered": Table(path)})
        return columns, windows

    def _known(self, name: str, where: str) -> Made:
        if name not in self.made:
            raise unknown("made table", name, self.made, where=where)
        return self.made[name]


def refuse_leaks(columns: Mapping[Role, list[str]], windows: Mapping[str, Window]) -> None:
    """Raise `ConfigError` where a column is of a later window than its role allows, or an outcome
    is not of C.
    """
    for role, names in columns.items():
        for name in names:
            if name not in windows:
                raise unknown("column", name, windows, where=role)
            if windows[name] > OWN[role] or (role == "outcome" and windows[name] != "C"):
                raise ConfigError(
                    f"{name} is of window {windows[name]}, and cannot be {role}: "
                    + ("it would leak" if windows[name] > OWN[role] else "it was before"),
                    where="windows",
                    hint=f"what serves as {role} comes from window {OWN[role]}",
                )


def told(mark: int) -> str:
    """Return a time in words."""
    return str(np.datetime64(mark, "us").astype("datetime64[s]"))


def _columns_of(path: Path) -> list[tuple[str, bool]]:
    """Return the columns of a made table but for the user, and whether each is a count."""
    parquet = import_module("pyarrow.parquet")
    part = next(iter(sorted(path.glob("*.parquet"))), path) if path.is_dir() else path
    return [
        (field.name, not str(field.type).startswith(("double", "float")))
        for field in parquet.read_schema(part)
        if field.name != "user"
    ]
