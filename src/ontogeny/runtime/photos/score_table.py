"""Scores as a Parquet file: a row a photograph, whether it could be read or not.

What a file says of itself (which photographs, which scorer) is in its schema, as JSON under the
name `ontogeny`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import StoreError
from ontogeny.core.files import replace_file, sync
from ontogeny.runtime.photos.source import arrow

KIND = "scores of photographs"
ABOUT = b"ontogeny"
LOOK = 32  # numbers that say how a photograph looks, for finding similar ones
GROUP = 32_768  # rows that a finished file keeps together


class Row(NamedTuple):
    """What is known of one photograph."""

    photo: str
    digest: bytes | None = None
    """Of the file's content; None where it could not be read."""
    problem: str = ""
    """Why it has no score; "" where it has one or is `same_as` another."""
    notes: str = ""
    """What was made of it that the file does not say."""
    same_as: str = ""
    """A photograph before it with the same content, when those are skipped."""
    score: float | None = None
    percentile: float | None = None
    spread: float | None = None
    rating: float | None = None
    """The rating that goes with the score; None where the scorer knows none."""
    look: Float[np.ndarray, " look"] | None = None
    """A random projection of its features: near where these are near."""


def score_schema(about: Mapping[str, Any] | None = None) -> Any:
    """Return the columns, and what the file says of itself."""
    pa = arrow()
    number = pa.float32()
    fields: dict[str, Any] = {
        "photo": pa.string(),
        **dict.fromkeys(("score", "percentile", "spread", "rating"), number),
        **dict.fromkeys(("problem", "notes", "same_as"), pa.string()),
        "digest": pa.binary(16),
        "look": pa.list_(number, LOOK),
    }
    said = {ABOUT: json.dumps({"kind": KIND, **(about or {})}, sort_keys=True)}
    return pa.schema(list(fields.items()), said)


def as_table(rows: Sequence[Row], about: Mapping[str, Any]) -> Any:
    """Return the rows as an Arrow table. Empty words are null."""
    pa, schema = arrow(), score_schema(about)
    columns: list[Any] = []
    for field in schema:
        values = [getattr(row, field.name) for row in rows]
        if field.name == "look":
            values = [None if value is None else np.asarray(value, np.float32) for value in values]
        elif field.name in ("problem", "notes", "same_as"):
            values = [value or None for value in values]
        columns.append(pa.array(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def write_table(table: Any, path: Path, hint: str) -> None:
    """Write the table, whole or not at all. Raises `StoreError`."""
    with replace_file(path, "write the scores", hint=hint) as part:
        arrow("pyarrow.parquet").write_table(table, part, compression="zstd")
        sync(part)


def join_tables(parts: Sequence[Path], about: Mapping[str, Any], path: Path, hint: str) -> None:
    """Write the rows of all parts, one after another, as one file, in constant memory. Raises
    `StoreError`.
    """
    pa, parquet = arrow(), arrow("pyarrow.parquet")
    with replace_file(path, "write the scores", hint=hint) as written:
        with parquet.ParquetWriter(written, score_schema(about), compression="zstd") as writer:
            waiting: list[Any] = []
            for number, part in enumerate(parts):
                waiting.append(parquet.read_table(part).replace_schema_metadata(None))
                count = sum(len(table) for table in waiting)
                if count >= GROUP or number == len(parts) - 1:
                    whole = pa.concat_tables(waiting).combine_chunks()
                    named = whole.replace_schema_metadata(score_schema(about).metadata)
                    writer.write_table(named, row_group_size=count)
                    waiting = []
        sync(written)


def read_about(path: Path | str) -> dict[str, Any]:
    """Return what a file of scores says of itself. Raises `StoreError` for another file."""
    parquet = arrow("pyarrow.parquet")
    try:
        said = parquet.read_schema(path).metadata or {}
        about: dict[str, Any] = json.loads(said.get(ABOUT, b"{}"))
    except FileNotFoundError as error:
        raise StoreError("there is no such file", where=str(path)) from error
    except Exception as error:
        raise StoreError(
            f"it can't be read as Parquet ({error!r:.200})", where=str(path)
        ) from error
    if about.get("kind") != KIND:
        raise StoreError(
            "it holds no scores of photographs",
            where=str(path),
            hint="give what `ontogeny beauty score` wrote",
        )
    return about


def iterate_scores(
    path: Path | str, columns: Sequence[str] | None = None, rows: int = 4096
) -> Iterator[Any]:
    """Yield the table's rows, so many at a time, as Arrow batches of these columns. Raises
    `StoreError` for a damaged file.
    """
    parquet = arrow("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as table:
            yield from table.iter_batches(rows, columns=None if columns is None else list(columns))
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise StoreError(f"it can't be read ({error!r:.200})", where=str(path)) from error
