"""Ratings from grades: single ones by raters, or counts of each grade a photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.raters import TwoWay, two_way
from ontogeny.learners.beauty.ratings import Ratings, few
from ontogeny.learners.beauty.tables import Table

MOST_GRADES = 20  # values of a rating that are called grades
CONSTANT = 5  # ratings by one rater, all the same, that are worth a note
UNBIASED = 0.01  # of the variance: raters who differ by less need no mention


def from_single(
    table: Table, scale: tuple[float, float] | None = None, debias: bool = True
) -> Ratings:
    """Return the ratings of a table with one rating a row. Where raters are known, what each adds
    to all ratings is taken away, and erratic ones weigh less (`raters.two_way`).

    Left out, and told in the notes: rows without a photo or a number, ratings outside `scale`, all
    but the last rating of a photo by one rater. Raises `DataError` where nothing is left.
    """
    names = np.array([name.strip() for name in table.columns["photo"]], np.str_)
    value = table.numbers("rating")
    raters = _raters(table.columns.get("rater"))
    reasons: dict[str, Bool[np.ndarray, " row"]] = {
        "without a photo": np.array([not name for name in names.tolist()]),
        "without a number for a rating": np.logical_not(np.isfinite(value)),
    }
    if scale is not None:
        outside = np.isfinite(value) & ((value < scale[0]) | (value > scale[1]))
        reasons[f"with a rating outside {scale[0]:g} to {scale[1]:g}"] = outside
    kept, notes = _usable(table, reasons)
    if raters is not None:
        again = _not_the_last(names, raters, kept)
        if len(again):
            notes.append(
                f"{len(again)} ratings of a photo that its rater rated again are left out: "
                f"{table.rows(again)}"
            )
            kept[again] = False
    rows = np.flatnonzero(kept)
    photos, photo = np.unique(names[rows], return_inverse=True)
    y, weight = value[rows], np.ones(len(rows))
    grades = _grades(y, scale)
    shifted = y
    if raters is not None:
        called, rater = np.unique(raters[rows], return_inverse=True)
        notes += _constant(called, rater, y)
        known = _without_raters(photo, rater, y, debias, notes)
        if known is not None:
            shifted, weight = y - known.rater[rater], known.precision(rater)
    total = np.bincount(photo, weight)
    means = np.bincount(photo, weight * shifted) / total
    shares = None if grades is None else _shares(photo, shifted, weight, grades)
    return Ratings(
        tuple(photos.tolist()),
        means,
        total,
        shares,
        np.zeros(0) if grades is None else grades,
        topics=_topics(table, rows, photo, len(photos)),
        notes=tuple(notes),
    )


def from_counts(table: Table) -> Ratings:
    """Return the ratings of a table with a count (or a share) of each grade in a row. Rows of one
    photo are added up. Raises `DataError` where nothing is left; rows without a photo, or with
    counts that are no numbers, below 0, or all 0, are left out and told in the notes.
    """
    assert table.counts is not None
    names = np.array([name.strip() for name in table.columns["photo"]], np.str_)
    counts = table.counts
    known = np.nan_to_num(counts, nan=0.0, posinf=0.0, neginf=0.0)
    reasons: dict[str, Bool[np.ndarray, " row"]] = {
        "without a photo": np.array([not name for name in names.tolist()]),
        "with counts that are no numbers": np.any(known != counts, axis=1),
        "with a count below 0": np.any(known < 0, axis=1),
        "with no ratings": np.all(counts == 0, axis=1),
    }
    kept, notes = _usable(table, reasons)
    rows = np.flatnonzero(kept)
    photos, photo = np.unique(names[rows], return_inverse=True)
    if len(photos) < len(rows):
        notes.append(f"{len(rows) - len(photos)} rows of a photo that has another are added to it")
    total = np.zeros((len(photos), counts.shape[1]))
    np.add.at(total, photo, counts[rows])
    weight = total.sum(axis=1)
    shares = total / weight[:, None]
    return Ratings(
        tuple(photos.tolist()),
        shares @ table.grades,
        weight,
        shares,
        table.grades,
        topics=_topics(table, rows, photo, len(photos)),
        notes=tuple(notes),
    )


def _usable(table: Table, reasons: Mapping[str, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Return which rows there is no reason to leave out, and what is said of the others."""
    kept = ~np.logical_or.reduce(list(reasons.values()))
    notes = [
        f"{int(rows.sum())} left out, {why}: {table.rows(np.flatnonzero(rows))}"
        for why, rows in reasons.items()
        if rows.any()
    ]
    if not kept.any():
        raise DataError("no row can be used: " + "; ".join(notes), where=table.where)
    return kept, notes


def _raters(column: Sequence[str] | None) -> np.ndarray | None:
    """Return who rated, where that is known of anybody; who is not named is nobody else."""
    if column is None or not any(name.strip() for name in column):
        return None
    return np.array([name.strip() or f"\n{row}" for row, name in enumerate(column)], np.str_)


def _not_the_last(names: np.ndarray, raters: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return the rows whose photo was rated by the same rater further down."""
    rows = np.flatnonzero(kept)[::-1]
    photo = np.unique(names[rows], return_inverse=True)[1].astype(np.int64)
    rater = np.unique(raters[rows], return_inverse=True)[1].astype(np.int64)
    last = np.unique(photo * (int(rater.max()) + 1) + rater, return_index=True)[1]
    return np.sort(np.delete(rows, last))


def _constant(called: np.ndarray, rater: np.ndarray, y: np.ndarray) -> list[str]:
    count = np.bincount(rater)
    low, high = np.full(len(count), np.inf), np.full(len(count), -np.inf)
    np.minimum.at(low, rater, y)
    np.maximum.at(high, rater, y)
    same = [str(called[i]) for i in np.flatnonzero((low == high) & (count >= CONSTANT))]
    return [f"{len(same)} raters give every photo the same: {few(same)}"] if same else []


def _without_raters(
    photo: np.ndarray, rater: np.ndarray, y: np.ndarray, debias: bool, notes: list[str]
) -> TwoWay | None:
    """Return what raters add, and say how much that is; None where it can't be told, or is not to
    be taken away.
    """
    try:
        known = two_way(photo, rater, y) if debias else None
    except DataError as error:
        notes.append(f"raters' biases stay in the means: {error.what}")
        return None
    if known is None:
        notes.append("raters' biases stay in the means, as asked for")
    else:
        variances = known.variances
        notes.append(
            f"raters' biases are taken away: of the variance of a rating, raters make "
            f"{variances.rater / sum(variances):.0%}, photos {variances.photo / sum(variances):.0%}"
        )
    return known


def _grades(
    y: Float[np.ndarray, " rating"], scale: tuple[float, float] | None
) -> Float[np.ndarray, " grade"] | None:
    """Return the whole numbers that ratings are, where they are such, and few."""
    low, high = scale if scale is not None else (float(y.min()), float(y.max()))
    whole = bool((y == np.rint(y)).all()) and low == round(low) and high == round(high)
    if not whole or high - low + 1 > MOST_GRADES or high == low:
        return None
    return np.arange(float(low), high + 1)


def _shares(
    photo: Int[np.ndarray, " rating"],
    value: Float[np.ndarray, " rating"],
    weight: Float[np.ndarray, " rating"],
    grades: Float[np.ndarray, " grade"],
) -> Float[np.ndarray, "photo grade"]:
    """Return how ratings spread over grades; one between two grades is parted between them, so that
    its value stays, and one beyond the ends counts as the end.
    """
    place = np.clip(value - grades[0], 0, len(grades) - 1)
    low = np.minimum(place.astype(np.int64), len(grades) - 2)
    up = place - low
    n, k = int(photo.max()) + 1, len(grades)
    total = np.bincount(photo * k + low, weight * (1 - up), minlength=n * k)
    total += np.bincount(photo * k + low + 1, weight * up, minlength=n * k)
    table = total.reshape(n, k)
    return table / table.sum(axis=1, keepdims=True)


def _topics(table: Table, rows: np.ndarray, photo: np.ndarray, n: int) -> tuple[str, ...]:
    column = table.columns.get("topic")
    if column is None:
        return ()
    topics = [""] * n
    for row, place in zip(rows.tolist(), photo.tolist(), strict=True):
        topics[place] = topics[place] or column[row].strip()
    return tuple(topics)
