"""Ratings of photographs: what people said, as the one value that a learner takes.

A photo has a mean rating, perhaps the shares of every grade, perhaps neither: pairs alone say which
of two photos is better. What was left out, and why, stands in the notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.core.errors import DataError

Kind: TypeAlias = Literal["means", "shares", "pairs"]

SUM = 1e-6  # how far from 1 the shares of a photo may add up to
HINTS = {
    "means": "give a table of photo and rating",
    "shares": "give a table of photo and rating, with few grades, or a count for each grade",
    "pairs": "give a table of better and worse, or what `ontogeny beauty rate` collected",
}


def _no_pairs() -> Int[np.ndarray, "pair 2"]:
    return np.zeros((0, 2), np.int64)


def _nothing() -> Float[np.ndarray, " _"]:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class Ratings:
    """What people said of n photos. Raises `DataError` for arrays that do not fit each other, a
    photo that is named twice, numbers that are not finite, shares that do not add up to 1, weights
    that are no weights, and a photo that is better than itself.
    """

    photos: tuple[str, ...]
    """Their names: paths below a folder, as the ratings say them."""
    means: Float[np.ndarray, " photo"]
    """The mean rating of each; NaN where nobody graded it (it is in pairs alone)."""
    weights: Float[np.ndarray, " photo"]
    """How many ratings each mean is worth; 0 where there is none."""
    shares: Float[np.ndarray, "photo grade"] | None = None
    """How the ratings of each spread over the grades: rows sum to 1, and are NaN where the mean is.
    None where the ratings have no grades."""
    grades: Float[np.ndarray, " grade"] = field(default_factory=_nothing)
    """What each grade is worth, ascending: 1 to 10 of AVA."""
    pairs: Int[np.ndarray, "pair 2"] = field(default_factory=_no_pairs)
    """(better, worse): places in `photos`. A tie is two pairs, one each way, of half the weight."""
    pair_weights: Float[np.ndarray, " pair"] = field(default_factory=_nothing)
    """How many judgements each pair is worth."""
    topics: tuple[str, ...] = ()
    """Of each photo, where the ratings say one: else there are none."""
    notes: tuple[str, ...] = ()
    """What was left out or made of the ratings that a person should know of."""

    def __post_init__(self) -> None:
        n = len(self.photos)
        twice = [name for name, count in Counter(self.photos).items() if count > 1]
        if twice:
            raise DataError(f"the photo {twice[0]!r} stands in them twice", where="ratings")
        if self.topics and len(self.topics) != n:
            raise DataError(f"{len(self.topics)} topics of {n} photos", where="ratings")
        for name in ("means", "weights"):
            shape = getattr(self, name).shape
            if shape != (n,):
                raise DataError(f"{name} of shape {list(shape)}, {n} photos", where="ratings")
        if np.isinf(self.means).any() or not _weigh(self.weights):
            raise DataError("means or weights that are not finite, or below 0", where="ratings")
        if ((self.weights > 0) != self.graded).any():
            raise DataError("a mean without weight, or a weight without mean", where="ratings")
        self._check_shares(n)
        self._check_pairs(n)

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def graded(self) -> Bool[np.ndarray, " photo"]:
        """Which photos have a mean."""
        return ~np.isnan(self.means)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What can be learned from."""
        has: dict[Kind, bool] = {
            "means": bool(self.graded.any()),
            "shares": self.shares is not None and bool(self.graded.any()),
            "pairs": bool(len(self.pairs)),
        }
        return tuple(kind for kind, there in has.items() if there)

    def at(self, rows: Sequence[int] | Int[np.ndarray, " row"]) -> Ratings:
        """Return the ratings of the photos at these places alone, in that order, and the pairs of
        which both are among them: what trains and what tests share no photo.
        """
        rows = np.asarray(rows, np.int64).reshape(-1)
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        pairs = place[self.pairs]
        kept = (pairs >= 0).all(axis=1)
        return replace(
            self,
            photos=tuple(self.photos[row] for row in rows),
            means=self.means[rows],
            weights=self.weights[rows],
            shares=None if self.shares is None else self.shares[rows],
            pairs=pairs[kept],
            pair_weights=self.pair_weights[kept],
            topics=tuple(self.topics[row] for row in rows) if self.topics else (),
        )

    def among(self, names: Iterable[str]) -> Ratings:
        """Return the ratings of the photos that there are; the others are told in the notes. Raises
        `DataError` where none is there.
        """
        there = set(names)
        rows = [row for row, name in enumerate(self.photos) if name in there]
        missing = [name for name in self.photos if name not in there]
        if not rows:
            raise DataError(
                f"none of the {len(self)} photos that are rated is there ({few(missing)})",
                where="ratings",
                hint="names are paths below the folder of photos, as in birds/1.jpg",
            )
        if not missing:
            return self
        kept = self.at(rows)
        lost = len(self.pairs) - len(kept.pairs)
        note = f"{len(missing)} photos are rated, and not there: {few(missing)}"
        note += f"; {lost} pairs are left out with them" if lost else ""
        return replace(kept, notes=(*self.notes, note))

    def of(self, kind: Kind) -> Ratings:
        """Return the ratings of the photos that have means, shares or pairs. Raises `DataError`
        where there are none, and where nothing could be learned from them: all means the same, all
        shares alike, or every photo as often better as worse.
        """
        if kind not in self.kinds:
            there = " and ".join(self.kinds) or "nothing"
            raise DataError(f"they hold {there}, and no {kind}", where="ratings", hint=HINTS[kind])
        if kind == "pairs":
            kept = self.at(np.unique(self.pairs))
            won, lost = (
                np.bincount(kept.pairs[:, side], kept.pair_weights, minlength=len(kept))
                for side in (0, 1)
            )
            if np.allclose(won, lost):
                raise DataError(
                    "every photo is better as often as it is worse: there is nothing to learn",
                    where="ratings",
                    hint="rate more pairs",
                )
            return kept
        kept = self.at(np.flatnonzero(self.graded))
        values = kept.means if kind == "means" or kept.shares is None else kept.shares
        if np.ptp(values, axis=0).max() < 1e-12:
            raise DataError(
                f"all {len(kept)} photos are rated the same (mean {kept.means[0]:.4g}): there is "
                "nothing to learn",
                where="ratings",
                hint="rate photos of different quality",
            )
        return kept

    def _check_shares(self, n: int) -> None:
        if self.shares is None:
            return
        if self.shares.shape != (n, len(self.grades)) or not (np.diff(self.grades) > 0).all():
            raise DataError(
                f"shares of shape {list(self.shares.shape)}, {n} photos and the grades "
                f"{self.grades.tolist()}",
                where="ratings",
                hint="give a column for each grade, and the grades ascending",
            )
        given = self.shares[self.graded]
        if not np.isfinite(given).all() or (given < 0).any():
            raise DataError("shares that are below 0, or no numbers", where="ratings")
        if given.size and np.abs(given.sum(axis=1) - 1).max() > SUM:
            raise DataError("shares that do not add up to 1", where="ratings")

    def _check_pairs(self, n: int) -> None:
        pairs = self.pairs
        if pairs.ndim != 2 or pairs.shape[1:] != (2,) or pairs.shape[:1] != self.pair_weights.shape:
            raise DataError(
                f"pairs of shape {list(pairs.shape)}, and weights {list(self.pair_weights.shape)}",
                where="ratings",
                hint="give [pair, 2] and [pair]",
            )
        if not len(pairs):
            return
        if pairs.min() < 0 or pairs.max() >= n:
            raise DataError(f"a pair names a photo that is none of the {n}", where="ratings")
        if (pairs[:, 0] == pairs[:, 1]).any():
            raise DataError("a photo is said to be better than itself", where="ratings")
        if not _weigh(self.pair_weights):
            raise DataError("weights of pairs that are below 0, or no numbers", where="ratings")


def few(names: Sequence[str], most: int = 5) -> str:
    """Return the names, the first few of many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _weigh(weights: Float[np.ndarray, " _"]) -> bool:
    return bool(np.isfinite(weights).all() and (weights >= 0).all())
