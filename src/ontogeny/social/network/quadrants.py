"""Talent that nobody sees: who makes what is good, and is not recognised."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.social.network.illusions import highest


class Quadrant(NamedTuple):
    """High quality against low popularity, of users for whom both are known."""

    top: float
    """High quality is that of this share of them."""
    low: float
    """Low popularity is that of this share, from below; more, where many are equal at its edge."""
    known: Bool[np.ndarray, " n"]
    good: Bool[np.ndarray, " n"]
    unseen: Bool[np.ndarray, " n"]
    counts: Int[np.ndarray, "2 2"]
    """Rows: quality low, high. Columns: popularity low, high."""

    @property
    def share(self) -> float:
        """P(popularity low | quality high)."""
        return float(self.unseen[self.good].mean()) if self.good.any() else float("nan")

    @property
    def alike(self) -> float:
        """What it would be if quality and popularity had nothing to do with each other."""
        return float(self.unseen[self.known].mean()) if self.known.any() else float("nan")

    def talents(self, quality: Float[np.ndarray, " n"], most: int = 20) -> Int[np.ndarray, " user"]:
        """Return the best of those whom nobody sees."""
        who = np.flatnonzero(self.good & self.unseen)
        return who[np.argsort(-quality[who], kind="stable")][:most]


def quadrants(
    quality: Float[np.ndarray, " n"],
    popularity: Float[np.ndarray, " n"],
    top: float = 0.1,
    low: float = 0.5,
) -> Quadrant:
    """Return who is of high quality, and who of low popularity."""
    known = ~np.isnan(quality) & ~np.isnan(popularity)
    good = highest(np.where(known, quality, np.nan), top)
    unseen = np.zeros(len(known), bool)
    if known.any():
        unseen = known & (popularity <= np.quantile(popularity[known], low, method="lower"))
    parts = [[known & g & u for u in (unseen, ~unseen)] for g in (~good, good)]
    counts = np.array([[part.sum() for part in row] for row in parts])
    return Quadrant(top, low, known, good, unseen, counts)
