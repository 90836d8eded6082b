"""Intervals of any number that users are counted in, by a bootstrap over users or communities."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.statistics import Interval

Statistic = Callable[[Float[np.ndarray, " n"]], float]
"""Of how often each user counts."""


def bootstrapped(
    statistics: Mapping[str, Statistic],
    n: int,
    cluster: Int[np.ndarray, " n"] | None = None,
    *,
    resamples: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """Return each statistic of n users, with the percentile interval of resamples that all share.

    Users are drawn with replacement, or clusters of them, whole. A resample in which a statistic is
    not defined (NaN) says nothing of it. Raises `ConfigError` for fewer than 20 resamples, or a
    confidence outside (0, 1); `DataError` for one cluster alone, or numbers that are not whole.
    """
    if resamples < 20 or not 0 < confidence < 1:
        raise ConfigError(
            f"{resamples} resamples at a confidence of {confidence}",
            where="bootstrapped",
            hint="use 20 or more, and a confidence such as 0.95",
        )
    if cluster is not None and (
        cluster.shape != (n,) or cluster.dtype.kind not in "iu" or n == 0 or np.ptp(cluster) == 0
    ):
        raise DataError(
            f"it is {cluster.dtype} of shape {list(cluster.shape)}, or one cluster alone",
            where="cluster",
            hint=f"number the cluster of each of {n} users, or leave it out: intervals are then "
            "over users",
        )
    cluster = None if cluster is None else np.unique(cluster, return_inverse=True)[1]
    rng = np.random.default_rng([seed, 17])
    units = n if cluster is None else int(cluster.max()) + 1
    drawn = {name: np.empty(resamples) for name in statistics}
    for i in range(resamples):
        times = np.bincount(rng.integers(units, size=units), minlength=units).astype(np.float64)
        weight = times if cluster is None else times[cluster]
        for name, statistic in statistics.items():
            drawn[name][i] = statistic(weight)
    tail = (1 - confidence) / 2
    found: dict[str, Interval] = {}
    for name, statistic in statistics.items():
        said = drawn[name][~np.isnan(drawn[name])]
        ends = np.quantile(said, [tail, 1 - tail]) if len(said) else (np.nan, np.nan)
        found[name] = Interval(statistic(np.ones(n)), float(ends[0]), float(ends[1]))
    return found
