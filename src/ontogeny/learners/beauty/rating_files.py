"""Ratings from a file of any of the kinds that people have: AVA's text, a CSV or Parquet table of
grades or pairs, or the file in which `ontogeny beauty rate` collects.

AVA's text has no header: index, number of the image, how many gave it 1 to 10, two tags, challenge.
Source: Murray, Marchesotti and Perronnin 2012, "AVA: A Large-Scale Database for Aesthetic Visual
Analysis".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.core.files import open_regular
from ontogeny.learners.beauty.graded import from_counts, from_single
from ontogeny.learners.beauty.paired import from_pairs, is_collected, read_collected
from ontogeny.learners.beauty.ratings import Ratings
from ontogeny.learners.beauty.tables import Table, read_table

GRADES = 10  # of AVA
FIELDS = (12, 15)  # the least and the most that a line of AVA has
NO_TAG = "0"


def read_ratings(
    path: Path | str, *, scale: tuple[float, float] | None = None, debias: bool = True
) -> Ratings:
    """Return the ratings of a file. Ratings outside `scale`, where one is given, are left out;
    raters' biases are taken away where raters are known, unless `debias` is False.

    Columns are found by name: photo, rating, rater, topic; or photo and a count for each grade
    (1, 2, …); or better, worse, rater, tie. Raises `DataError` for a file that can't be read, that
    has no such columns, or of which no row can be used; `ConfigError` for a reversed scale.
    """
    if scale is not None and not scale[0] < scale[1]:
        raise ConfigError(f"a scale from {scale[0]} to {scale[1]}", where="scale")
    place = Path(path).expanduser()
    if not place.is_file():
        raise DataError("there is no such file", where=str(place))
    if is_collected(place):
        return read_collected(place)
    table = _ava(place) if _is_ava(place) else read_table(place)
    if "better" in table.columns or "worse" in table.columns:
        if "better" not in table.columns:
            raise DataError(
                "it says which photo is worse, and not than which",
                where=str(place),
                hint="add a column: better",
            )
        return from_pairs(table)
    if "photo" in table.columns and table.counts is not None:
        return from_counts(table)
    if {"photo", "rating"} <= table.columns.keys():
        return from_single(table, scale, debias)
    raise DataError(
        "no columns of ratings are found: there are "
        + (", ".join(sorted(table.columns)) or "none whose name is known"),
        where=str(place),
        hint="name them photo and rating (and rater, topic), or photo and a count for each grade "
        "(1, 2, …), or better and worse",
    )


def _is_ava(path: Path) -> bool:
    """Return whether the first line is one of AVA's: 12 whole numbers or more, and no commas."""
    with open_regular(path, links=True) as file:
        words = file.readline(1000).split()
    return FIELDS[0] <= len(words) <= FIELDS[1] and all(word.isdigit() for word in words)


def _ava(path: Path) -> Table:
    """Return AVA's text as a table: images are files NUMBER.jpg, the first tag is the topic."""
    with open_regular(path, links=True) as file:
        lines = [line.split() for line in file.read().decode("utf-8", "replace").splitlines()]
    rows = [line for line in lines if line]
    wrong = next((i for i, r in enumerate(rows) if not FIELDS[0] <= len(r) <= FIELDS[1]), None)
    if wrong is not None:
        raise DataError(
            f"line {wrong + 1} has {len(rows[wrong])} fields",
            where=str(path),
            hint="AVA's text has an index, an image, ten counts, two tags and a challenge",
        )
    counts = np.full((len(rows), GRADES), np.nan)
    for i, row in enumerate(rows):
        try:
            counts[i] = [float(word) for word in row[2 : 2 + GRADES]]
        except ValueError:
            continue  # told as counts that are no numbers
    tags = [row[FIELDS[0]] if len(row) > FIELDS[0] else NO_TAG for row in rows]
    columns = {
        "photo": [f"{row[1]}.jpg" for row in rows],
        "topic": ["" if tag == NO_TAG else tag for tag in tags],
    }
    return Table(str(path), columns, counts, np.arange(1.0, GRADES + 1), 1)
