"""A table as it is given (Parquet, CSV, arrays, a frame) as Parquet whose columns are of known
types. A Parquet file that has them is used where it lies; anything else is copied, some rows at a
time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from ontogeny.core.errors import ConfigError, DataError, MissingExtra, unknown
from ontogeny.core.files import replace_file
from ontogeny.social.tables.engine import Column, Kind, Table
from ontogeny.social.tables.reading import COLUMNS, Meaning, Reading

ZONE = r"(Z|[+-]\d\d(:?\d\d)?)$"
ABSENT = ["", "null", "NULL", "NA", "N/A"]


class Given(NamedTuple):
    """A table that an engine can open, and what its columns turned out to be."""

    table: Table
    zoned: bool
    """Whether its times say their zone."""
    ids: Mapping[str, Kind]
    """Whether users, and photos, are whole numbers or text, where there are any."""


def given(name: str, source: Any, reading: Reading, folder: Path) -> Given:
    """Return the table `name` (photos, follows, events), opened; a copy goes into the folder.

    Raises `DataError` for a file that cannot be read, and columns of another type; `ConfigError`
    for columns that it has not; `MissingExtra` without pyarrow.
    """
    arrow = _arrow()
    wanted = {column: reading.name_of(name, column) for column in COLUMNS[name]}
    try:
        schema, batches, path = _opened(name, source, list(wanted.values()), reading)
    except (arrow.ArrowException, OSError) as error:
        raise DataError(
            f"it can't be read as Parquet or CSV ({error})",
            where=f"{name} {source}" if isinstance(source, str | Path) else name,
            hint="give a Parquet file or a folder of them, a CSV with a header, or arrays",
        ) from error
    for called in wanted.values():
        if called not in schema.names:
            raise unknown("column", called, schema.names, where=name)
    meanings: dict[str, Meaning] = {
        called: COLUMNS[name][column] for column, called in wanted.items()
    }
    types = {called: schema.field(called).type for called in meanings}
    if path is None or any(not _as_is(types[c], meaning) for c, meaning in meanings.items()):
        path = folder / f"{name}_given.parquet"
        types = _copied(name, batches, meanings, reading, path)
    kinds: dict[str, Kind] = {
        c: _kind(name, c, types[c], meaning, reading) for c, meaning in meanings.items()
    }
    columns = {column: Column(called, kinds[called]) for column, called in wanted.items()}
    ids: dict[str, Kind] = {
        COLUMNS[name][column]: columns[column].kind
        for column, called in wanted.items()
        if COLUMNS[name][column] in ("user", "photo") and not arrow.types.is_null(types[called])
    }
    return Given(Table(path, columns), columns["time"].kind == "zoned time", ids)


def _opened(
    name: str, source: Any, called: list[str], reading: Reading
) -> tuple[Any, Iterable[Any], Path | None]:
    """Return the schema, the batches, and the path where the table itself is Parquet."""
    arrow = _arrow()
    if not isinstance(source, str | Path):
        table = _in_memory(name, source)
        return table.schema, table.to_batches(), None
    path = Path(source)
    parquet = import_module("pyarrow.parquet")
    if path.is_dir():
        parts = sorted(path.glob("*.parquet"))
        if not parts:
            raise DataError("it has no file *.parquet", where=f"{name} {path}")
        schemas = [parquet.read_schema(part) for part in parts]
        for part, schema in zip(parts, schemas, strict=True):
            for column in called:
                own = schema.field(column).type if column in schema.names else None
                first = schemas[0].field(column).type if column in schemas[0].names else None
                if own != first:
                    raise DataError(
                        f"column {column} is {own}, and {first} in {parts[0].name}",
                        where=f"{name} {part}",
                    )
        return schemas[0], _batches(parts, called), path
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"PAR1":
        return parquet.read_schema(path), _batches([path], called), path
    csv = import_module("pyarrow.csv")
    types: dict[str, Any] = {}
    for column, meaning in COLUMNS[name].items():
        if meaning == "number":
            types[reading.name_of(name, column)] = arrow.float64()
        elif meaning in ("time", "kind") or reading.ids_as_text:
            types[reading.name_of(name, column)] = arrow.string()
    read = csv.open_csv(
        path,
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=ABSENT, strings_can_be_null=True
        ),
    )
    return read.schema, read, None


def _batches(parts: list[Path], called: list[str]) -> Iterator[Any]:
    parquet = import_module("pyarrow.parquet")
    for part in parts:
        yield from parquet.ParquetFile(part).iter_batches(columns=called)


def _in_memory(name: str, source: Any) -> Any:
    arrow = _arrow()
    try:
        if isinstance(source, Mapping):
            return arrow.table({n: arrow.array(v, from_pandas=True) for n, v in source.items()})
        if hasattr(source, "__arrow_c_stream__"):
            return arrow.table(source)
        if hasattr(source, "__dataframe__"):
            return import_module("pyarrow.interchange").from_dataframe(source)
    except (arrow.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"its columns make no table ({error})", where=name) from error
    raise ConfigError(
        f"a {type(source).__name__} is no table",
        where=name,
        hint="give a path, a dict of arrays, or a frame of pandas, polars or pyarrow",
    )


def _as_is(kind: Any, meaning: Meaning) -> bool:
    """Return whether engines can read the column where it lies."""
    types = _arrow().types
    if meaning == "time":
        return types.is_timestamp(kind) or types.is_date(kind)
    if types.is_null(kind):
        return False
    return meaning == "number" or not types.is_floating(kind)


def _kind(name: str, called: str, found: Any, meaning: Meaning, reading: Reading) -> Kind:
    """Return what a column is read as. Raises `DataError` for another type."""
    types = _arrow().types
    value = found.value_type if types.is_dictionary(found) else found
    is_text = types.is_string(value) or types.is_large_string(value) or types.is_null(value)
    is_text = is_text or str(value) == "string_view"
    if meaning == "time" and (types.is_timestamp(value) or types.is_date(value)):
        return "zoned time" if types.is_timestamp(value) and value.tz else "time"
    if meaning == "number" and (types.is_integer(value) or types.is_floating(value)):
        return "number"
    if meaning == "number" and (types.is_decimal(value) or types.is_null(value)):
        return "number"
    if meaning in ("user", "photo") and types.is_integer(value):
        return "text" if reading.ids_as_text else "whole"
    if meaning in ("user", "photo", "kind") and is_text:
        return "text"
    wanted = {
        "time": "timestamps, dates, or text such as 2015-03-01T12:00:00Z",
        "number": "numbers",
        "kind": "text",
    }.get(meaning, "whole numbers or text")
    raise DataError(
        f"it is of the type {found}, and must hold {wanted}",
        where=f"{name} column {called}",
        hint="turn it into that, or name the right column",
    )


def _copied(
    name: str,
    batches: Iterable[Any],
    meanings: Mapping[str, Meaning],
    reading: Reading,
    path: Path,
) -> dict[str, Any]:
    """Write the columns, in types that engines read, and return these."""
    arrow = _arrow()
    parquet = import_module("pyarrow.parquet")
    writer, zones, schema = None, [0, 0], None
    try:
        with replace_file(path, "copy a table") as part:
            try:
                for batch in batches:
                    columns = {
                        c: _as_readable(name, c, batch.column(c), meaning, reading, zones)
                        for c, meaning in meanings.items()
                    }
                    table = arrow.table(columns)
                    if writer is None:
                        schema = table.schema
                        writer = parquet.ParquetWriter(part, schema, compression="zstd")
                    writer.write_table(table.cast(schema))
            finally:
                if writer is not None:
                    writer.close()
            if schema is None:
                raise DataError("it has no rows", where=name)
    except (arrow.ArrowException, OSError) as error:
        raise DataError(
            f"its rows can't be read ({error})",
            where=name,
            hint="a column must be of one type all the way down; ids_as_text reads ids as text",
        ) from error
    return {c: schema.field(c).type for c in meanings}


def _as_readable(
    name: str, called: str, values: Any, meaning: Meaning, reading: Reading, zones: list[int]
) -> Any:
    arrow, where = _arrow(), f"{name} column {called}"
    compute, types = import_module("pyarrow.compute"), arrow.types
    if types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if types.is_null(values.type):
        wanted = {"time": arrow.timestamp("us"), "number": arrow.float64()}
        return values.cast(
            wanted.get(meaning, arrow.string() if meaning == "kind" else arrow.int64())
        )
    if meaning in ("user", "photo") and types.is_floating(values.type):
        try:
            return values.cast(arrow.int64())
        except arrow.ArrowInvalid as error:
            raise DataError(
                f"it holds numbers that are not whole ({error})",
                where=where,
                hint="an id is a whole number or text",
            ) from error
    if meaning == "time" and (types.is_string(values.type) or types.is_large_string(values.type)):
        with_zone = compute.match_substring_regex(values, ZONE)
        # the hyphen of a bare date such as 2015-03 must not pass for a zone
        with_zone = compute.and_(with_zone, compute.match_substring_regex(values, r"\d:\d\d"))
        zones[0] += compute.sum(with_zone).as_py() or 0
        zones[1] += compute.sum(compute.invert(with_zone)).as_py() or 0
        if all(zones) and reading.zone is None:
            raise DataError(
                f"{zones[0]:,} of its first {sum(zones):,} times say their zone, the others do not",
                where=where,
                hint='give zone="UTC" if those without are in UTC',
            )
        return _times(values, with_zone)
    return values


def _times(values: Any, with_zone: Any) -> Any:
    """Return text as times: in UTC if any says its zone; none for what is no time."""
    arrow = _arrow()
    compute = import_module("pyarrow.compute")
    zoned = bool(compute.any(with_zone).as_py())
    kind = arrow.timestamp("us", "UTC" if zoned else None)
    if zoned:
        values = compute.if_else(
            with_zone, values, compute.binary_join_element_wise(values, "Z", "")
        )
    try:
        return values.cast(kind)
    except arrow.ArrowInvalid:
        found: list[Any] = []
        for value in values:
            try:
                found.append(value.cast(kind).as_py())
            except arrow.ArrowInvalid:
                found.append(None)
        return arrow.array(found, kind)


def _arrow() -> Any:
    try:
        return import_module("pyarrow")
    except ImportError as error:
        raise MissingExtra(
            "tables are read by pyarrow, which is not installed",
            where="tables",
            hint="pip install 'ontogeny[study]'",
        ) from error
