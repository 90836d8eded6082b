"""Statistics of a handful of repeats: the interquartile mean, how likely one of these beats one of
those, and bootstrap intervals. On the host, in float64.

Source: Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice"
(arXiv 2108.13264); the percentile bootstrap is Efron's (1979).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

from ontogeny.core.errors import ConfigError

Statistic = Callable[
    ..., Any
]  # (values, axis=…) -> the axis reduced, as NumPy's `mean` and `median`


class Interval(NamedTuple):
    """A statistic of the repeats, and where a bootstrap puts it."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"


def interquartile_mean(
    values: Shaped[np.ndarray, "..."], axis: int = -1
) -> Float[np.ndarray, "..."]:
    """Return the mean of what is left when the lowest and the highest quarter are cut off.

    Each cut is floor(n / 4) values, so of 3 or fewer nothing is cut.
    """
    ordered = np.sort(np.asarray(values, np.float64), axis=axis)
    n = ordered.shape[axis]
    kept = np.take(ordered, range(n // 4, n - n // 4), axis=axis)
    return np.asarray(np.mean(kept, axis=axis))


def probability_of_improvement(
    above: Shaped[np.ndarray, "*batch n"], below: Shaped[np.ndarray, "*batch m"]
) -> Float[np.ndarray, "*batch"]:
    """Return how likely a repeat drawn from `above` is better than one from `below`; a tie counts
    half.

    It is the mean over all pairs, and so the Mann-Whitney U statistic over n m.
    """
    ours, theirs = np.asarray(above, np.float64), np.asarray(below, np.float64)
    won = np.zeros(ours.shape[:-1])
    for i in range(ours.shape[-1]):  # a pair at a time: resamples x n x m would not fit
        one = ours[..., i : i + 1]
        won += np.mean((one > theirs) + 0.5 * (one == theirs), axis=-1)
    return np.asarray(won / ours.shape[-1])


def bootstrap_interval(
    values: Shaped[np.ndarray, " batch"],
    statistic: Statistic = np.mean,
    *,
    confidence: float = 0.95,
    resamples: int = 5000,
    seed: int = 0,
) -> Interval:
    """Return the statistic of the repeats with its percentile bootstrap interval.

    With n repeats the interval can't reach beyond the smallest and the largest; for few repeats it
    is too narrow (of 3, it is about their range). Raises `ConfigError` when there is nothing to
    resample.
    """
    return stratified_interval(
        [values],
        lambda strata: statistic(strata[0], axis=-1),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )


def stratified_interval(
    strata: Sequence[Shaped[np.ndarray, " _"]],
    statistic: Callable[[Sequence[np.ndarray]], Any],
    *,
    confidence: float = 0.95,
    resamples: int = 5000,
    seed: int = 0,
) -> Interval:
    """Return a statistic of several sets of repeats (one a task, say), with the interval of a
    bootstrap that draws each set anew from itself, so that none is left out of a resample.

    `statistic` takes the sets, each with its repeats along the last axis, and reduces that axis.
    The ends of the interval are the (1 - confidence) / 2 quantiles on either side. Raises
    `ConfigError` when there is nothing to resample.
    """
    sets = [np.asarray(values, np.float64) for values in strata]
    if not sets or any(repeats.size == 0 for repeats in sets):
        raise ConfigError("there are no repeats to resample", where="bootstrap_interval")
    if not 0 < confidence < 1:
        raise ConfigError(
            f"a confidence of {confidence} is not in (0, 1)", where="bootstrap_interval"
        )
    rng = np.random.default_rng(seed)
    drawn = [
        repeats[rng.integers(repeats.size, size=(resamples, repeats.size))] for repeats in sets
    ]
    tail = (1 - confidence) / 2
    low, high = np.quantile(statistic(drawn), [tail, 1 - tail])
    return Interval(float(statistic(sets)), float(low), float(high))


def standard_error(values: Shaped[np.ndarray, " batch"]) -> float:
    """Return the standard error of the mean: the deviation (n - 1) over the root of n. Of one
    repeat it is infinite.
    """
    repeats = np.asarray(values, np.float64)
    if repeats.size < 2:
        return float("inf")
    return float(np.std(repeats, ddof=1) / np.sqrt(repeats.size))
