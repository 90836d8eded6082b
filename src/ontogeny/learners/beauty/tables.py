"""A table of ratings as columns, from CSV or Parquet, whatever its columns are called."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import DataError, MissingExtra
from ontogeny.core.files import open_regular

CALLED = {  # what is meant, by the names that tables have for it
    "photo": ("photo", "image", "path", "file", "filename", "photo_id", "image_id", "name"),
    "rating": ("rating", "score", "grade", "value", "stars", "mean"),
    "rater": ("rater", "user", "worker", "annotator", "judge", "rater_id", "user_id", "worker_id"),
    "better": ("better", "winner", "preferred", "chosen"),
    "worse": ("worse", "loser", "rejected"),
    "tie": ("tie", "tied", "draw"),
    "topic": ("topic", "category", "tag"),
    "counts": ("distribution", "counts", "shares"),
}
GRADE = re.compile(r"(?:n|count|counts|votes|share|rating|grade|score)?[ _]?(\d+)")
SEPARATORS = ",;\t"
SHOWN = 5  # rows that a note names


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by what they mean, and the columns of grades, if there are any."""

    where: str
    columns: dict[str, list[str]]
    counts: Float[np.ndarray, "row grade"] | None
    grades: Float[np.ndarray, " grade"]
    first: int
    """The number that the first row has for a person: 2 in a text with a header."""

    def numbers(self, name: str) -> Float[np.ndarray, " row"]:
        """Return a column as numbers; NaN for what is none."""
        return np.array([_number(text) for text in self.columns[name]], np.float64)

    def rows(self, places: Sequence[int] | np.ndarray) -> str:
        """Return the rows at these places, the first few, as a person counts them."""
        shown = ", ".join(str(int(place) + self.first) for place in places[:SHOWN])
        more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
        return f"row{'s' * (len(places) > 1)} {shown}{more}"


def read_table(path: Path) -> Table:
    """Return the table. Raises `DataError` for a file that can't be read, has no rows, or columns
    of which two mean the same; `MissingExtra` for Parquet without pyarrow.
    """
    try:
        with open_regular(path, links=True) as file:
            head = file.read(4)
            file.seek(0)
            if head == b"PAR1":
                return _parquet(path)
            text = file.read().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"it can't be read ({error.strerror or error})", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"it is no text (byte {error.start})",
            where=str(path),
            hint="give a CSV in UTF-8, a Parquet file, AVA's text, or what was collected",
        ) from error
    return _csv(text, path)


def _csv(text: str, path: Path) -> Table:
    header = text.partition("\n")[0]
    separator = max(SEPARATORS, key=header.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except csv.Error as error:
        raise DataError(f"it is no CSV ({error})", where=str(path)) from error
    if len(rows) < 2:
        raise DataError("it has no rows below a header", where=str(path), hint=_hint())
    names, body = rows[0], rows[1:]
    wrong = [place for place, row in enumerate(body) if len(row) != len(names)]
    if wrong:
        raise DataError(
            f"row {wrong[0] + 2} has {len(body[wrong[0]])} fields, and the header {len(names)}",
            where=str(path),
            hint="quote fields that hold a comma",
        )
    columns = {name: [row[i] for row in body] for i, name in enumerate(names)}
    if len(columns) < len(names):
        raise DataError("two columns have one name", where=str(path))
    return _table(columns, None, path, 2)


def _parquet(path: Path) -> Table:
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingExtra(
            "Parquet is read by pyarrow, which is not installed",
            where=str(path),
            hint="pip install 'ontogeny[beauty]', or give a CSV",
        ) from error
    try:
        read = parquet.ParquetFile(path).read()
    except (arrow.ArrowException, OSError) as error:
        raise DataError(f"it is no whole Parquet file ({error})", where=str(path)) from error
    if not read.num_rows:
        raise DataError("it has no rows", where=str(path), hint=_hint())
    columns: dict[str, list[str]] = {}
    counts = None
    for name in read.column_names:
        values = read.column(name).to_pylist()
        if name.strip().casefold() in CALLED["counts"] and isinstance(values[0], list):
            if len({len(row) if row else 0 for row in values}) > 1:
                raise DataError(
                    f"the rows of {name!r} differ in length", where=str(path), hint=_hint()
                )
            counts = np.array(values, np.float64)
        else:
            columns[name] = ["" if value is None else str(value) for value in values]
    return _table(columns, counts, path, 1)


def _table(
    columns: dict[str, list[str]], counts: np.ndarray | None, path: Path, first: int
) -> Table:
    """Return the columns under the names that are meant. Of several that mean one thing the first
    in `CALLED` is taken.
    """
    given = {name.strip().casefold(): name for name in columns}
    meant = {
        meaning: columns[given[called[0]]]
        for meaning, names in CALLED.items()
        if (called := [name for name in names if name in given])
    }
    grades = np.arange(1.0, counts.shape[1] + 1) if counts is not None else np.zeros(0)
    if counts is None and not {"rating", "better"} & meant.keys():
        graded = {
            int(found[1]): name for name in given if (found := GRADE.fullmatch(name)) is not None
        }
        if len(graded) > 1:
            grades = np.array(sorted(graded), np.float64)
            counts = np.array(
                [[_number(text) for text in columns[given[graded[g]]]] for g in sorted(graded)]
            ).T
    return Table(str(path), meant, counts, grades, first)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _hint() -> str:
    return (
        "name the columns photo and rating (and rater, topic), or photo and a count for each "
        "grade (1, 2, …), or better and worse"
    )
