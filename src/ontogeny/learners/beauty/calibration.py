"""What a score means: which share of reference photographs it is above, and which rating goes with
it.

Percentiles are those of the reference sample's own scores. Ratings are fitted to the scores by
isotonic regression: the monotone steps of least square error (Ayer et al. 1955), straight lines
between their middles. Both are kept as a few knots.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import DataError

KNOTS = 200  # of percentiles, at most
LEAST = 3  # photographs


class Calibration(NamedTuple):
    """Knots of two monotone functions of the score; those of ratings are empty where none are
    known.
    """

    scores: Float[np.ndarray, " knot"]
    percentiles: Float[np.ndarray, " knot"]
    rating_scores: Float[np.ndarray, " step"]
    ratings: Float[np.ndarray, " step"]

    def percentile(self, scores: Float[np.ndarray, " photo"]) -> Float[np.ndarray, " photo"]:
        """Return how many of a hundred reference photographs have a lower score."""
        return np.interp(scores, self.scores, self.percentiles)

    def rating(self, scores: Float[np.ndarray, " photo"]) -> Float[np.ndarray, " photo"]:
        """Return the rating that goes with each score; NaN where the reference has no ratings."""
        if not len(self.ratings):
            return np.full(len(scores), np.nan)
        return np.interp(scores, self.rating_scores, self.ratings)


def calibrate(
    scores: Float[np.ndarray, " photo"], ratings: Float[np.ndarray, " photo"] | None = None
) -> Calibration:
    """Return what scores mean, given those of a reference sample, and its ratings where they are
    known (NaN where not). Raises `DataError` for fewer than three photographs, and for scores that
    are not finite.
    """
    x = np.asarray(scores, np.float64)
    if len(x) < LEAST or not np.isfinite(x).all():
        raise DataError(
            f"{len(x)} reference scores, of which {int(np.isfinite(x).sum())} are finite",
            where="calibrate",
            hint=f"give the scores of {LEAST} photographs or more; hundreds are better",
        )
    ordered = np.sort(x)
    knots = np.unique(ordered[np.linspace(0, len(x) - 1, min(KNOTS, len(x))).round().astype(int)])
    below = np.searchsorted(ordered, knots, "left") + np.searchsorted(ordered, knots, "right")
    percentiles = 100 * below / (2 * len(x))  # a tie counts half
    none = np.zeros(0)
    known = none.astype(bool) if ratings is None else np.isfinite(ratings)
    if known.sum() < LEAST:
        return Calibration(knots, percentiles, none, none)
    assert ratings is not None
    return Calibration(knots, percentiles, *_isotonic(x[known], np.asarray(ratings)[known]))


def _isotonic(
    x: Float[np.ndarray, " photo"], y: Float[np.ndarray, " photo"]
) -> tuple[Float[np.ndarray, " step"], Float[np.ndarray, " step"]]:
    """Return the middle and the value of every step of the monotone fit of y to x."""
    from scipy.optimize import isotonic_regression

    at, where = np.unique(x, return_inverse=True)
    count = np.bincount(where)
    fitted = isotonic_regression(np.bincount(where, y) / count, weights=count.astype(float)).x
    values, step = np.unique(fitted, return_inverse=True)
    return np.bincount(step, at * count) / np.bincount(step, count), values
