"""Whether raters agree: Krippendorff's alpha of nominal, ordinal and interval ratings, of any
number of raters, with ratings missing. 1 is agreement, 0 what chance would make of the same.

All three are sums of squared differences, so that no table of pairs of values is made: nominal
ratings differ as their indicators do (half the squares), ordinal ones as their mid-ranks do.

Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"; 2004, "Content Analysis".
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float, Shaped

from ontogeny.core.errors import ConfigError, DataError, unknown
from ontogeny.ops.statistics import Interval

Level: TypeAlias = Literal["nominal", "ordinal", "interval"]
LEVELS = ("nominal", "ordinal", "interval")


def krippendorff_alpha(
    ratings: Shaped[np.ndarray, "rater unit"], level: Level = "ordinal"
) -> float:
    """Return alpha of ratings, NaN where a rater said nothing of a unit.

    alpha = 1 - D_o / D_e, with d² the squared difference of two ratings: D_o its mean over the
    pairs within a unit (each unit of m ratings has the weight m), D_e over all pairs. Units of one
    rating are left out. Raises `DataError` where no unit has two ratings, where all ratings are the
    same (chance agrees as well then), and for what is infinite; `ConfigError` for another level.
    """
    return alpha_of(*_listed(ratings), level)


def alpha_of(
    unit: Shaped[np.ndarray, " _"],
    value: Shaped[np.ndarray, " _"],
    level: Level = "ordinal",
) -> float:
    """Return the same of ratings that are listed one by one: what was rated, and how."""
    found = _alpha(*_pairable(unit, value, level), None, level)
    if np.isnan(found):
        raise DataError(
            "all ratings are the same: there is no disagreement that chance could make",
            where="krippendorff_alpha",
            hint="rate things that differ, or use more grades",
        )
    return found


def alpha_interval(
    ratings: Shaped[np.ndarray, "rater unit"],
    level: Level = "ordinal",
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """Return alpha with the percentile interval of a bootstrap over units. Raises as
    `krippendorff_alpha`.
    """
    if not 0 < confidence < 1 or resamples < 1:
        raise ConfigError(
            f"a confidence of {confidence}, {resamples} resamples", where="alpha_interval"
        )
    listed = _listed(ratings)
    value = alpha_of(*listed, level)
    unit, code, worth = _pairable(*listed, level)
    rng, n = np.random.default_rng(seed), int(unit.max()) + 1
    draws = rng.multinomial(n, np.full(n, 1 / n), size=resamples)
    found = [_alpha(unit, code, worth, draw[unit].astype(np.float64), level) for draw in draws]
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(found, [tail, 1 - tail])
    return Interval(value, float(low), float(high))


def _listed(ratings: Shaped[np.ndarray, "rater unit"]) -> tuple[np.ndarray, np.ndarray]:
    table = np.asarray(ratings, np.float64)
    rater, unit = np.nonzero(~np.isnan(table))
    return unit, table[rater, unit]


def _pairable(
    unit: np.ndarray, value: np.ndarray, level: Level
) -> tuple[np.ndarray, np.ndarray, Float[np.ndarray, " value"]]:
    """Return the ratings of units that have two or more: the unit and the value of each by number,
    and what the values are worth.
    """
    if level not in LEVELS:
        raise unknown("level of measurement", str(level), LEVELS, where="krippendorff_alpha")
    value = np.asarray(value, np.float64)
    if not np.isfinite(value).all() or len(unit) != len(value):
        raise DataError(
            "ratings that are infinite, or not one for each unit that is listed",
            where="krippendorff_alpha",
            hint="use NaN where a rating is missing",
        )
    place = np.unique(unit, return_inverse=True)[1]
    paired = np.bincount(place)[place] > 1 if len(place) else np.zeros(0, bool)
    if not paired.any():
        raise DataError(
            f"no unit has two ratings ({len(value)} ratings in all)",
            where="krippendorff_alpha",
            hint="agreement takes two raters or more of the same unit",
        )
    worth, code = np.unique(value[paired], return_inverse=True)
    return np.unique(place[paired], return_inverse=True)[1], code, worth


def _alpha(
    unit: np.ndarray, code: np.ndarray, worth: np.ndarray, times: np.ndarray | None, level: Level
) -> float:
    """Return alpha where each rating counts so many times, together with its whole unit; NaN where
    all ratings are the same.
    """
    times = np.ones(len(unit)) if times is None else times
    count = np.bincount(unit).astype(np.float64)  # ratings of each unit
    share = times / (count[unit] - 1)  # of each rating in the pairs of its unit
    total = times.sum()
    held = np.bincount(code, times, minlength=len(worth))
    if level == "nominal":
        both, where = np.unique(unit * len(worth) + code, return_inverse=True)
        alike = np.bincount(where).astype(np.float64)  # ratings of one unit that are the same
        own = both // len(worth)
        first = np.zeros(len(count))
        first[unit] = share
        observed = (share * count[unit]).sum() - (first[own] * alike**2).sum()
        expected = total**2 - (held**2).sum()
    else:
        x = (np.cumsum(held) - held / 2 if level == "ordinal" else worth)[code]
        x = x - (times * x).sum() / total
        sums = np.bincount(unit, x)
        observed = 2 * ((share * count[unit] * x**2).sum() - (share * x * sums[unit]).sum())
        expected = 2 * total * (times * x**2).sum()
    if expected <= 1e-12 * max(1.0, float(np.abs(worth).max()) ** 2) * total:
        return float("nan")
    return float(1 - (observed / total) / (expected / (total * (total - 1))))
