"""Ratings beside the features of what was rated, parted into what is learned from and what is held.

Groups are never split: photographs of one scene, versions of one photograph, copies of one file are
all learned from, or all held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.config import Loss
from ontogeny.learners.beauty.ratings import Kind, Ratings
from ontogeny.learners.beauty.tuned import Maps
from ontogeny.nn.efficientnet import Tail

LEAST_GROUPS = 4
MOST_PAIRS = 20_000  # that the score is taken on, drawn where there are more
NEEDS: dict[Loss, Kind] = {"bins": "shares", "regression": "means", "pairs": "pairs"}


class Parts(NamedTuple):
    """Places of photographs: to learn from, and held."""

    train: Int[np.ndarray, " row"]
    held: Int[np.ndarray, " row"]


@dataclass(frozen=True, eq=False)
class Rated:
    """Rated photographs as a learner takes them. Raises `DataError` for arrays that do not fit, for
    features that are not finite, and for fewer than four groups.
    """

    ratings: Ratings
    features: Float[np.ndarray, "_ feature"]
    """Means over places, and then spreads: half of the columns each."""
    groups: Int[np.ndarray, " _"]
    """Photographs of one number are never parted."""
    maps: Maps | None = None
    """What the network's last blocks are given, where those learn too."""

    def __post_init__(self) -> None:
        n = len(self.ratings)
        if self.features.shape[:1] != (n,) or self.groups.shape != (n,):
            raise DataError(
                f"{n} photographs are rated, features are {list(self.features.shape)}, groups "
                f"{list(self.groups.shape)}",
                where="rated photographs",
                hint="give a row and a group of every photograph",
            )
        if self.features.ndim != 2 or self.features.shape[1] % 2:
            raise DataError(
                f"features are {list(self.features.shape)}",
                where="rated photographs",
                hint="give as many means as spreads, as `Backbone` does",
            )
        if self.maps is not None and len(self.maps.values) != n:
            raise DataError(
                f"{n} photographs are rated, and maps are of {len(self.maps.values)}",
                where="rated photographs",
            )
        if not np.isfinite(self.features).all():
            row = int((~np.isfinite(self.features)).any(axis=1).argmax())
            raise DataError(
                "its features are not finite", where=f"photograph {self.ratings.photos[row]}"
            )
        if len(np.unique(self.groups)) < LEAST_GROUPS:
            raise DataError(
                f"{n} photographs of {len(np.unique(self.groups))} groups are too few",
                where="rated photographs",
                hint=f"rate photographs of {LEAST_GROUPS} groups or more; a few hundred are better",
            )

    def for_loss(self, loss: Loss) -> Rated:
        """Return those that can be learned from by this loss. Where pairs are asked for and there
        are none, and where shares are, means will do. Raises `DataError` where nothing can be
        learned.
        """
        kind = NEEDS[loss]
        if kind not in self.ratings.kinds:
            kind = "means"
        kept = self.ratings.of(kind)
        if len(kept) == len(self.ratings):
            return self
        place = {name: row for row, name in enumerate(self.ratings.photos)}
        rows = np.array([place[name] for name in kept.photos])
        maps = None if self.maps is None else self.maps.at(rows)
        return Rated(kept, self.features[rows], self.groups[rows], maps)

    def seen_through(self, tail: Tail | None) -> Rated:
        """Return them with the features that these last blocks make, where there are any."""
        if tail is None or self.maps is None:
            return self
        return replace(self, features=self.maps.features(tail))

    def parted(self, share: float, seed: int = 0) -> Parts:
        """Return the two parts: whole groups, drawn by the seed, until the held ones have this
        share of all groups; one at least on either side.
        """
        names = np.random.default_rng(seed).permutation(np.unique(self.groups))
        count = min(max(1, round(share * len(names))), len(names) - 1)
        is_held = np.isin(self.groups, names[:count])
        return Parts(np.flatnonzero(~is_held), np.flatnonzero(is_held))

    def judged(self, rows: Int[np.ndarray, " row"]) -> Int[np.ndarray, "pair 2"]:
        """Return the pairs (better, worse) among these photographs that the ratings decide: those
        that were judged, or else those whose means differ, of which at most 20,000 are drawn.
        """
        ratings = self.ratings
        if len(ratings.pairs):
            inside = np.isin(ratings.pairs, rows).all(axis=1) & (ratings.pair_weights > 0)
            found = ratings.pairs[inside]
        else:
            means = ratings.means[rows]
            if len(rows) ** 2 > 4 * MOST_PAIRS:
                drawn = np.random.default_rng(0).integers(len(rows), size=(4 * MOST_PAIRS, 2))
                above = means[drawn[:, 0]] > means[drawn[:, 1]]
                found = rows[drawn[above]]
            else:
                found = rows[np.argwhere(means[:, None] > means[None])]
        if len(found) > MOST_PAIRS:
            found = np.random.default_rng(0).permutation(found)[:MOST_PAIRS]
        return found.reshape(-1, 2)

    def shares(self, bins: int) -> tuple[Float[np.ndarray, "photo grade"], np.ndarray]:
        """Return how each photograph's ratings spread over the grades, and what the grades are
        worth. Where only means are known there are so many equal steps from the lowest to the
        highest, and a mean is parted between the two that it lies between.
        """
        ratings = self.ratings
        if ratings.shares is not None:
            return ratings.shares, ratings.grades
        grades = np.linspace(np.nanmin(ratings.means), np.nanmax(ratings.means), bins)
        place = (ratings.means - grades[0]) / (grades[-1] - grades[0]) * (bins - 1)
        return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(bins))), grades
