"""Named columns of any table as arrays: a dict of arrays, a frame of pandas, polars or pyarrow,
what speaks Arrow's or the dataframe protocol, or a file of Parquet or CSV.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from ontogeny.core.errors import ConfigError, DataError, MissingExtra, unknown

MISSING = -1  # the code of a label that is missing


def read_columns(table: Any, names: Iterable[str]) -> dict[str, Shaped[np.ndarray, " row"]]:
    """Return the columns with these names, each with a value a row.

    Raises `DataError` for a file that can't be read, no rows, or columns of several lengths or
    more than one axis; `ConfigError` for a name that the table does not have, or something that is
    no table; `MissingExtra` for a file, or a protocol, without pyarrow.
    """
    names = list(dict.fromkeys(names))
    if isinstance(table, str | Path):
        table = _read_file(Path(table), names)
    elif not isinstance(table, Mapping) and not hasattr(table, "columns"):
        table = _through_arrow(table)
    known = [str(n) for n in getattr(table, "column_names", None) or _names(table)]
    for name in names:
        if name not in known:
            raise unknown("column", name, known, where="table")
    columns = {name: _values(table[name]) for name in names}
    shapes = {name: values.shape for name, values in columns.items()}
    if any(len(shape) != 1 for shape in shapes.values()) or len(set(shapes.values())) != 1:
        told = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
        raise DataError(
            f"columns of shapes {told}", where="table", hint="give one value a row in each"
        )
    if not next(iter(shapes.values()))[0]:
        raise DataError("it has no rows", where="table")
    return columns


def numbers(values: Shaped[np.ndarray, " row"], name: str) -> Float[np.ndarray, " row"]:
    """Return a column as float64; NaN for what is missing. Raises `DataError` for text or dates."""
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    if values.dtype.kind == "O":
        try:
            return np.array([np.nan if _absent(v) else _number(v) for v in values], np.float64)
        except (TypeError, ValueError):
            pass
    kind = "dates" if values.dtype.kind in "mM" else "text"
    raise DataError(
        f"it holds {kind}, such as {str(values[0])!r}, and must hold numbers",
        where=f"column {name}",
        hint="turn it into numbers, or name it in `exact` to match within its values",
    )


def labels(values: Shaped[np.ndarray, " row"]) -> Int[np.ndarray, " row"]:
    """Return a number from 0 for each different value of a column, and -1 for what is missing."""
    if values.dtype.kind == "O":
        gone = np.array([_absent(v) for v in values], bool)
        told = zip(values, gone, strict=True)
        values = np.array(["" if g else f"{type(v).__name__} {v}" for v, g in told])
    else:
        gone = _not_a_number(values)
    codes = np.unique(values, return_inverse=True)[1].astype(np.int64)
    codes[gone] = MISSING
    return codes


def crossed(columns: Iterable[Int[np.ndarray, " row"]], rows: int) -> Int[np.ndarray, " row"]:
    """Return a number from 0 for each combination that occurs of several labels, and -1 where one
    of them is missing; zeros of no labels.
    """
    codes = np.zeros(rows, np.int64)
    gone = np.zeros(rows, bool)
    for column in columns:
        gone |= column == MISSING
        codes = np.unique(codes * (column.max() + 2) + column + 1, return_inverse=True)[1]
    codes = codes.astype(np.int64)
    codes[gone] = MISSING
    return codes


def _number(value: Any) -> float:
    if isinstance(value, str | bytes):
        raise TypeError("text")
    return float(value)


def _absent(value: Any) -> bool:
    return value is None or bool(value != value) is True


def _not_a_number(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.isnat(values) if values.dtype.kind in "mM" else np.zeros(values.shape, bool)


def _names(table: Any) -> list[Any]:
    return list(table) if isinstance(table, Mapping) else list(table.columns)


def _values(column: Any) -> np.ndarray:
    values = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
    return values.astype(object) if values.dtype.kind == "T" else values


def _read_file(path: Path, names: list[str]) -> Any:
    where = str(path)
    arrow = _arrow(f"{path.suffix or 'such files'} of tables", where)
    try:
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        module = import_module("pyarrow.parquet" if parquet else "pyarrow.csv")
        if not parquet:
            table = module.read_csv(path)
        else:
            held = module.ParquetFile(path)
            table = held.read(columns=[n for n in names if n in held.schema_arrow.names])
            known = held.schema_arrow.names
            for name in names:
                if name not in known:
                    raise unknown("column", name, known, where=where)
        return table
    except (arrow.ArrowException, OSError) as error:
        raise DataError(
            f"it can't be read as Parquet or CSV ({error})",
            where=where,
            hint="give a Parquet file, or a CSV with a header",
        ) from error


def _through_arrow(table: Any) -> Any:
    if hasattr(table, "__arrow_c_stream__"):
        return _arrow("Arrow streams", "table").table(table)
    if hasattr(table, "__dataframe__"):
        _arrow("the dataframe protocol", "table")
        return import_module("pyarrow.interchange").from_dataframe(table)
    raise ConfigError(
        f"a {type(table).__name__} is no table",
        where="table",
        hint="give a dict of arrays, a frame of pandas, polars or pyarrow, or a file's path",
    )


def _arrow(what: str, where: str) -> Any:
    try:
        return import_module("pyarrow")
    except ImportError as error:
        raise MissingExtra(
            f"{what} are read by pyarrow, which is not installed",
            where=where,
            hint="pip install 'ontogeny[beauty]', or give a dict of arrays",
        ) from error
