"""k-means, and the cheapest way to cut a line: how many states a few numbers can be squeezed into.

k-means minimises the squared distance of points to the nearest of k centres, by turns of assigning
points and of moving centres to their points' mean. The first centres are points drawn far from
those drawn before (k-means++). On the host; deterministic in the seed.
Sources: Lloyd 1982; Arthur and Vassilvitskii 2007; the cut of a line is Fisher 1958.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import ConfigError, DataError

SAME = 1e-12  # of the points' spread: squared distances below it are rounding


class Clusters(NamedTuple):
    """The centres that were found."""

    centres: Float[np.ndarray, "cluster feature"]

    def assign(self, points: Float[np.ndarray, "sample feature"]) -> Int[np.ndarray, " sample"]:
        """Return the number of the nearest centre of every point."""
        return np.argmin(_relative(np.asarray(points, np.float64), self.centres), axis=1)


def k_means(
    points: Float[np.ndarray, "sample feature"], k: int, seed: int, turns: int = 30
) -> Clusters:
    """Return k clusters of the points, or one for every distinct point where those are fewer.

    It ends after so many turns, or when no point changes its cluster. A centre that loses all its
    points moves to the point that is farthest from its own. Raises `ConfigError` for k < 1,
    `DataError` when there are no points.
    """
    if k < 1:
        raise ConfigError(f"{k} clusters", where="k_means", hint="use 1 or more")
    points = np.asarray(points, np.float64)
    if not len(points):
        raise DataError("there are no points", where="k_means")
    middle = points.mean(axis=0)
    points = points - middle  # so that the rounding of squares is relative to the spread
    square = np.sum(points**2, axis=1)
    centres = _far_apart(points, square, k, np.random.default_rng(seed))
    owner = np.full(len(points), -1)
    for _ in range(turns):
        relative = _relative(points, centres)
        nearest = np.argmin(relative, axis=1)
        if np.array_equal(nearest, owner):
            break
        owner = nearest
        size = np.bincount(owner, minlength=len(centres))
        centres = _means(points, owner, size)
        if np.any(size == 0):
            apart = square + np.take_along_axis(relative, owner[:, None], axis=1)[:, 0]
            centres[size == 0] = points[np.argsort(-apart)[: int(np.sum(size == 0))]]
    return Clusters(centres + middle)


def cheapest_cuts(
    predictions: Float[np.ndarray, " point"], weights: Float[np.ndarray, " point"]
) -> Float[np.ndarray, " parts"]:
    """Return what it costs at least to replace probabilities by 1, 2, … of their weighted means.

    The cost is sum_i w_i KL(Bernoulli(p_i) || Bernoulli(mean of i's part)), in nats. It is convex
    in the mean, so that the best parts are intervals, and a table over where the last one begins
    finds them: point³ operations for all numbers of parts. Raises `DataError` for probabilities
    outside (0, 1).
    """
    order = np.argsort(predictions)
    p, w = np.asarray(predictions, np.float64)[order], np.asarray(weights, np.float64)[order]
    if not len(p) or p[0] <= 0 or p[-1] >= 1:
        raise DataError("probabilities must lie inside (0, 1)", where="cheapest_cuts")
    total = np.append(0, np.cumsum(w))
    ones = np.append(0, np.cumsum(w * p))
    entropy = np.append(0, np.cumsum(w * _entropy(p)))
    n = len(p)
    first, last = np.triu_indices(n + 1, 1)  # points first … last - 1
    weight = total[last] - total[first]
    mean = np.clip((ones[last] - ones[first]) / np.maximum(weight, 1e-300), p[0], p[-1])
    one = np.full((n + 1, n + 1), np.inf)
    one[first, last] = np.maximum(weight * _entropy(mean) - (entropy[last] - entropy[first]), 0)
    best = np.append(0.0, np.full(n, np.inf))
    costs = np.empty(n)
    for parts in range(n):
        best = np.min(best[:, None] + one, axis=0)
        costs[parts] = best[-1]
    return costs


def _entropy(p: np.ndarray) -> np.ndarray:
    return -p * np.log(p) - (1 - p) * np.log1p(-p)


def _relative(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return |x - c|² - |x|² for every point and centre."""
    return points @ (-2 * centres.T) + np.sum(centres**2, axis=1)


def _means(points: np.ndarray, owner: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the mean of every cluster's points; zero where there are none."""
    order = np.argsort(owner, kind="stable")
    filled = np.flatnonzero(size)
    begins = (np.cumsum(size) - size)[filled]
    means = np.zeros((len(size), points.shape[1]))
    means[filled] = np.add.reduceat(points[order], begins, axis=0) / size[filled, None]
    return means


def _far_apart(
    points: np.ndarray, square: np.ndarray, k: int, rng: np.random.Generator
) -> np.ndarray:
    """Return up to k points, each drawn in proportion to its squared distance from the others."""
    floor = SAME * float(square.max())
    chosen = [int(rng.integers(len(points)))]
    apart = np.full(len(points), np.inf)
    while len(chosen) < k:
        last = points[chosen[-1]]
        apart = np.minimum(apart, square - 2 * points @ last + last @ last)
        apart[apart <= floor] = 0
        whole = np.cumsum(apart)
        if whole[-1] <= 0:
            break
        chosen.append(int(np.searchsorted(whole, rng.uniform(0, whole[-1]), side="right")))
    return points[chosen]
