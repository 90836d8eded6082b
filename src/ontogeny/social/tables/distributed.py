"""The same texts run by Daft: in this process, or over the machines of a Ray cluster, with the
populations and the scorer. Tables must lie where all its machines can open them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from ontogeny.core.errors import DataError, MissingExtra
from ontogeny.core.files import replace_folder
from ontogeny.core.ray_cluster import joined
from ontogeny.social.tables.engine import Column, Table, arrays

QUIET = {
    "DAFT_ANALYTICS_ENABLED": "0",  # they would send how they are used
    "DAFT_PROGRESS_BAR": "0",
}


class Distributed:
    """Daft. `address` is a running Ray cluster's; without it, one is begun here with `workers`
    cores; with `ray` false there is none, and this process does it all. Daft goes by one of the two
    in the whole life of a process. Raises `MissingExtra` without Daft or Ray, `ConfigError` where
    no cluster answers.
    """

    name = "daft"

    def __init__(self, address: str | None = None, workers: int | None = None, ray: bool = True):
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        self._daft = _module("daft")
        if not ray:
            self._daft.set_runner_native()
            return
        joined(address, cpus=workers)
        self._daft.set_runner_ray(noop_if_initialized=True)

    def write(self, text: str, tables: Mapping[str, Table], path: Path) -> None:
        with replace_folder(path, "write a table") as part:
            self._frame(text, tables).write_parquet(str(part), compression="zstd")

    def read(self, text: str, tables: Mapping[str, Table]) -> dict[str, Shaped[np.ndarray, " row"]]:
        return arrays(self._frame(text, tables).to_arrow())

    def _frame(self, text: str, tables: Mapping[str, Table]) -> Any:
        try:
            seen = {name: self._seen(table) for name, table in tables.items()}
            return self._daft.sql(text, register_globals=False, **seen).collect()
        except Exception as error:  # of many kinds, which have no root of their own
            raise DataError(
                f"Daft cannot work on them ({error})",
                where=", ".join(tables),
                hint="every machine must be able to open the tables by these names",
            ) from error

    def _seen(self, table: Table) -> Any:
        daft = self._daft
        pattern = table.path / "*.parquet" if table.path.is_dir() else table.path
        frame = daft.read_parquet(str(pattern))
        if table.columns is not None:
            frame = frame.select(
                *(self._cast(column).alias(name) for name, column in table.columns.items())
            )
        if table.begin is not None:
            frame = frame.where(daft.col("time") >= int(table.begin))
        return frame if table.end is None else frame.where(daft.col("time") < int(table.end))

    def _cast(self, column: Column) -> Any:
        kinds, value = self._daft.DataType, self._daft.col(column.name)
        if column.kind == "whole":
            return value.cast(kinds.int64())
        if column.kind == "number":
            return value.cast(kinds.float64())
        if column.kind == "text":
            said = value.cast(kinds.string())
            when = _module("daft.functions").when  # Expression.if_else is gone since Daft 0.7
            return when(said == "", self._daft.lit(None)).otherwise(said)
        return value.cast(kinds.timestamp("us")).cast(kinds.int64())


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtra(
            f"tables on a cluster need {name} ({error})",
            where="engine",
            hint="pip install 'ontogeny[study-ray]'",
        ) from error
