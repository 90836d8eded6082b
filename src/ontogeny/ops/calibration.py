"""Whether things that are said to happen with probability p do happen that often.

Predictions are sorted into bins by what they say; a calibrated predictor's mean prediction in a bin
is the frequency of what came of it. Sources: DeGroot and Fienberg 1983 for the diagram; Naeini et
al. 2015 for the expected calibration error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

from ontogeny.core.errors import ConfigError, DataError


class Reliability(NamedTuple):
    """What was said and what came of it, bin by bin; NaN where nothing was said."""

    predicted: Float[np.ndarray, " bin"]
    observed: Float[np.ndarray, " bin"]
    share: Float[np.ndarray, " bin"]  # of all predictions

    @property
    def error(self) -> float:
        """The expected calibration error: mean |observed - predicted|, bins weighted by share.

        A calibrated predictor's is above 0 by the outcomes' chance, roughly the mean over bins of
        sqrt(p (1 - p) / n) × 0.8; none is left where the outcomes are exact probabilities.
        """
        return float(np.nansum(self.share * np.abs(self.observed - self.predicted)))

    @property
    def worst(self) -> float:
        """The largest |observed - predicted| of a bin."""
        return float(np.nanmax(np.abs(self.observed - self.predicted)))


def reliability(
    predicted: Float[np.ndarray, "..."], outcomes: Shaped[np.ndarray, "..."], bins: int = 20
) -> Reliability:
    """Return the reliability of predicted probabilities in so many bins of equal width.

    Outcomes are 0 or 1, or their own true probabilities, where those are known: then no chance is
    left in the comparison. Raises `ConfigError` for no bins, `DataError` for shapes that differ, no
    predictions, or predictions outside [0, 1].
    """
    p, y = np.asarray(predicted, np.float64).ravel(), np.asarray(outcomes, np.float64).ravel()
    if bins < 1:
        raise ConfigError(f"{bins} bins", where="reliability", hint="use 1 or more")
    if np.shape(predicted) != np.shape(outcomes) or not p.size:
        raise DataError(
            f"predictions {list(np.shape(predicted))}, outcomes {list(np.shape(outcomes))}",
            where="reliability",
            hint="give one outcome for every prediction",
        )
    if not (p.min() >= 0 and p.max() <= 1):
        raise DataError(
            f"predictions from {p.min():.4g} to {p.max():.4g}",
            where="reliability",
            hint="give probabilities, 0 to 1",
        )
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    safe = np.where(count > 0, count, np.nan)
    return Reliability(
        np.bincount(place, weights=p, minlength=bins) / safe,
        np.bincount(place, weights=y, minlength=bins) / safe,
        count / p.size,
    )
