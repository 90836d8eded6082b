"""Which photographs of a table of scores are worth a look, in one or two passes over it.

A score is surprising where it is far from the mean of the ten that look most alike, among some
that are drawn from the table; similar is near in the random projection of the features.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import DataError
from ontogeny.runtime.photos.score_table import iterate_scores

ALIKE = 10  # photographs that one is held against
REFERENCE = 20_000  # of the table, among which they are looked for
ASKED = 200_000  # of the table, that are held against them
NUMBERS = ("score", "percentile", "spread")


class Scorings(NamedTuple):
    """One photograph of the table."""

    photo: str
    score: float
    percentile: float
    spread: float
    expected: float = float("nan")
    """The mean score of those that look alike; NaN where that was not asked."""


@dataclass(frozen=True)
class Choice:
    """What a sheet shows."""

    best: list[Scorings]
    worst: list[Scorings]
    uncertain: list[Scorings]
    """None where nothing is: one head has no spread."""
    surprising: list[Scorings]
    scored: int
    unread: int
    same: int
    deviation: float
    """Of all scores."""
    sample: Float[np.ndarray, " photo"]
    """Scores, drawn from the table."""
    problems: list[tuple[str, str]]
    """The first of those that could not be read."""


def choose(path: Path | str, each: int) -> Choice:
    """Return `each` of every kind. Raises `StoreError` for a file that can't be read, `DataError`
    for one without a score.
    """
    tops: dict[str, list[Any]] = {"best": [], "worst": [], "uncertain": []}
    total = unread = same = 0
    mean = square = 0.0
    problems: list[tuple[str, str]] = []
    for batch in iterate_scores(path, ["photo", *NUMBERS, "problem", "same_as"]):
        columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
        for row in zip(*columns.values(), strict=True):
            photo, score, percentile, spread, problem, other = row
            if problem:
                unread += 1
                if len(problems) < 20:
                    problems.append((photo, problem))
            elif other:
                same += 1
            elif score is not None:
                found = Scorings(photo, score, percentile, spread)
                total += 1
                step = score - mean
                mean += step / total
                square += step * (score - mean)
                for name, rank in (("best", score), ("worst", -score), ("uncertain", spread)):
                    _keep(tops[name], rank, total, found, each)
    if not total:
        raise DataError("none of its photographs has a score", where=str(path))
    ranked = {name: [e[2] for e in sorted(top, reverse=True)] for name, top in tops.items()}
    ranked["uncertain"] = [one for one in ranked["uncertain"] if one.spread > 0]
    surprising, sample = _surprising(path, total, each)
    deviation = float(np.sqrt(square / total))
    return Choice(**ranked, surprising=surprising, scored=total, unread=unread, same=same,
                  deviation=deviation, sample=sample, problems=problems)  # fmt: skip


def _keep(top: list[Any], rank: float, number: int, found: Scorings, most: int) -> None:
    """Keep it if it is among the highest; of equals the first."""
    entry = (rank, -number, found)
    if len(top) < most:
        heapq.heappush(top, entry)
    elif entry > top[0]:
        heapq.heappushpop(top, entry)


def _surprising(
    path: Path | str, total: int, each: int
) -> tuple[list[Scorings], Float[np.ndarray, " photo"]]:
    """Return those whose score is farthest from what similar ones get, and some scores."""
    reference = list(_drawn(path, REFERENCE / total))
    looks, scores, places = (
        np.concatenate(parts)
        for parts in zip(*((b.looks, b.scores, b.places) for b in reference), strict=True)
    )
    if len(scores) <= ALIKE:
        return [], scores
    top: list[Any] = []
    for some in _drawn(path, ASKED / total, rows=512):
        near = 2 * some.looks @ looks.T - np.sum(looks**2, axis=1)  # higher is nearer
        near[some.places[:, None] == places[None]] = -np.inf
        alike = np.argpartition(near, -ALIKE, axis=1)[:, -ALIKE:]
        expected = scores[alike].mean(axis=1)
        off = np.abs(some.scores - expected)
        for at in np.argsort(-off)[:each]:
            row = {name: column[at] for name, column in some.shown.items()}
            found = Scorings(**row, expected=float(expected[at]))
            _keep(top, float(off[at]), int(some.places[at]), found, each)
    return [entry[2] for entry in sorted(top, reverse=True)], scores


class _Some(NamedTuple):
    looks: Float[np.ndarray, "photo look"]
    scores: Float[np.ndarray, " photo"]
    places: np.ndarray
    shown: dict[str, list[Any]]


def _drawn(path: Path | str, share: float, rows: int = 4096) -> Iterator[_Some]:
    """Yield a random share of the photographs with a score, the same every time, some at a time."""
    seen, rng = 0, np.random.default_rng(0)
    for batch in iterate_scores(path, ["photo", *NUMBERS, "look"], rows):
        there = np.flatnonzero(batch.column("score").is_valid().to_numpy(zero_copy_only=False))
        places = seen + np.arange(len(there))
        seen += len(there)
        drawn = rng.random(len(there)) < share
        if not drawn.any():
            continue
        few = batch.take(there[drawn])
        looks = few.column("look").flatten().to_numpy(zero_copy_only=False)
        shown = {name: few.column(name).to_pylist() for name in ("photo", *NUMBERS)}
        yield _Some(
            looks.reshape(len(few), -1),
            np.asarray(shown["score"], np.float64),
            places[drawn],
            shown,
        )
