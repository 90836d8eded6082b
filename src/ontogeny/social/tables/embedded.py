"""Texts run in this process by DuckDB, over as many cores as there are; what does not fit in the
memory goes to a temporary folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.core.files import replace_file
from ontogeny.social.tables.engine import Column, Table, arrays, quoted


class Embedded:
    """DuckDB. `memory` is such as "4GB" (its own default is four fifths of the machine's);
    `temporary` is the folder it spills to, `threads` how many it uses. Raises `MissingExtra`
    without DuckDB, `ConfigError` for settings that it refuses.
    """

    name = "duckdb"

    def __init__(
        self,
        memory: str | None = None,
        temporary: Path | str | None = None,
        threads: int | None = None,
    ):
        duckdb = duckdb_module()
        asked = {
            "memory_limit": memory,
            "temp_directory": None if temporary is None else str(temporary),
            "threads": threads,
            "preserve_insertion_order": False,  # what keeps the order keeps the rows in memory
            "autoinstall_known_extensions": False,  # nothing is fetched
            "autoload_known_extensions": False,
        }
        try:
            self._connection = duckdb.connect(
                config={name: value for name, value in asked.items() if value is not None}
            )
        except duckdb.Error as error:
            raise ConfigError(
                f"DuckDB does not take them ({error})",
                where="engine",
                hint='a memory is such as "4GB", a temporary folder one that can be written',
            ) from error
        self._refusals: Any = duckdb.Error

    def write(self, text: str, tables: Mapping[str, Table], path: Path) -> None:
        with replace_file(path, "write a table") as part:
            target = str(part).replace("'", "''")
            self._run(f"COPY ({text}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)", tables)

    def read(self, text: str, tables: Mapping[str, Table]) -> dict[str, Shaped[np.ndarray, " row"]]:
        return arrays(self._run(text, tables).to_arrow_table())

    def _run(self, text: str, tables: Mapping[str, Table]) -> Any:
        cursor = self._connection.cursor()
        try:
            for name, table in tables.items():
                cursor.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {_seen(table)}")
            if text.lstrip().startswith("COPY"):
                return cursor.execute(text)
            return cursor.sql(text)
        except self._refusals as error:
            raise DataError(
                f"DuckDB cannot work on them ({error})",
                where=", ".join(tables),
                hint="where memory is short, set the engine's memory and temporary folder",
            ) from error


def duckdb_module() -> Any:
    """Return DuckDB. Raises `MissingExtra`."""
    try:
        return import_module("duckdb")
    except ImportError as error:
        raise MissingExtra(
            "tables are worked on by DuckDB, which is not installed",
            where="engine",
            hint="pip install 'ontogeny[study]'",
        ) from error


def _seen(table: Table) -> str:
    pattern = str(table.path / "*.parquet" if table.path.is_dir() else table.path)
    source = "read_parquet('" + pattern.replace("'", "''") + "')"
    if table.columns is None:
        text = f"SELECT * FROM {source}"
    else:
        cells = ", ".join(f"{_cast(c)} AS {quoted(n)}" for n, c in table.columns.items())
        text = f"SELECT {cells} FROM {source}"
    bounds = [
        f"time {sign} {int(bound)}"
        for sign, bound in ((">=", table.begin), ("<", table.end))
        if bound is not None
    ]
    return f"SELECT * FROM ({text}) WHERE {' AND '.join(bounds)}" if bounds else text


def _cast(column: Column) -> str:
    name = quoted(column.name)
    return {
        "whole": f"CAST({name} AS BIGINT)",
        "number": f"CAST({name} AS DOUBLE)",
        "text": f"nullif(CAST({name} AS VARCHAR), '')",
        "time": f"epoch_us(CAST({name} AS TIMESTAMP))",
        "zoned time": f"epoch_us(CAST({name} AS TIMESTAMPTZ))",
    }[column.kind]
