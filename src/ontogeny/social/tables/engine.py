"""What works on tables: an engine runs a text of SQL over Parquet files and writes one.

The texts are files `sql/NAME.sql` beside the code that asks for them. They are written in what all
engines know: no windows over rows, an `ELSE` in every `CASE` and no condition there that is NULL
(Daft ends at it, DuckDB goes on), no name that two joined tables share (Daft takes one for the
other), whole numbers for times (microseconds since 1970, UTC). So one text runs on a laptop and on
a cluster, and comes to the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from jaxtyping import Shaped

from ontogeny.core.errors import ConfigError

Kind: TypeAlias = Literal["whole", "number", "text", "time", "zoned time"]
GLOB = frozenset("*?[]{}")


class Column(NamedTuple):
    """A column of a file, and what it is read as."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Table:
    """A Parquet file, or a folder of them, as a text sees it. Raises `ConfigError` for a path that
    engines would take for a pattern.
    """

    path: Path
    columns: Mapping[str, Column] | None = None
    """The names that the text uses, and which columns they are; None for all as they are."""
    begin: int | None = None
    """Only rows with begin <= time < end are seen, in microseconds; None for no such bound."""
    end: int | None = None

    def __post_init__(self) -> None:
        if found := GLOB & set(str(self.path)):
            raise ConfigError(
                f"its path has {''.join(sorted(found))!r} in it, which engines take for a pattern",
                where=str(self.path),
                hint="name the folder otherwise",
            )


class Engine(Protocol):
    """Runs texts of SQL. Raises `DataError` for tables that it cannot work on."""

    name: str

    def write(self, text: str, tables: Mapping[str, Table], path: Path) -> None:
        """Run the text over the tables, and keep what it returns as Parquet at `path`: a file, or
        a folder of parts.
        """
        ...

    def read(self, text: str, tables: Mapping[str, Table]) -> dict[str, Shaped[np.ndarray, " row"]]:
        """Return what the text returns, by columns; whole numbers that miss some are floats with
        NaN.
        """
        ...


def sql(package: str, name: str, **values: int | float | str) -> str:
    """Return the text `sql/NAME.sql` of a package, with the values in the place of `:their_names`.

    Raises `ConfigError` for a value that the text does not ask for, or one that it misses.
    """
    text = files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?<!:):([a-z_]\w*)", text))
    if asked != values.keys():
        raise ConfigError(
            f"it asks for {sorted(asked)} and is given {sorted(values)}", where=f"{name}.sql"
        )
    return re.sub(r"(?<!:):([a-z_]\w*)", lambda found: _literal(values[found[1]]), text)


def _literal(value: int | float | str) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if not np.isfinite(value):
        raise ConfigError(f"{value} is no number that SQL takes", where="sql")
    return repr(int(value)) if isinstance(value, int | np.integer) else repr(float(value))


def quoted(name: str) -> str:
    """Return a column's name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def arrays(table: Any) -> dict[str, Shaped[np.ndarray, " row"]]:
    """Return the columns of an Arrow table."""
    found: dict[str, np.ndarray] = {}
    for name in table.column_names:
        column = table[name]
        if str(column.type).startswith(("decimal", "uint")):  # sums and counts of some engines
            column = column.cast("float64" if column.null_count else "int64")
        found[name] = column.to_numpy()
    return found
