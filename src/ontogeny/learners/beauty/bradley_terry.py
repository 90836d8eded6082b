"""Strengths of photos from pairs: Bradley and Terry's model, its most probable strengths and how
sure they are.

P(i better than j) = sigmoid(s_i - s_j), and every s is normal around 0 before anything is judged.
The log posterior is concave: Newton's steps find its top, and the inverse of its curvature there is
the covariance of the strengths (Laplace's approximation). A tie is half a win for either.

Sources: Bradley and Terry 1952; MacKay 1992 for the evidence, by which the spread is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import ConfigError, DataError

SPREADS = (0.5, 1.0, 2.0, 4.0)  # of strengths, from which the evidence chooses
STEPS, CLOSE = 50, 1e-8
LARGEST = 4000  # photos: a covariance of 128 MB


class Strengths(NamedTuple):
    """What pairs say of n photos."""

    mean: Float[np.ndarray, " photo"]
    covariance: Float[np.ndarray, "photo photo"]
    evidence: float
    """The log probability of the judgements, strengths integrated out by Laplace."""
    spread: float
    """The standard deviation of strengths before anything was judged."""

    def at(self, places: Sequence[int]) -> Strengths:
        """Return those of some photos, by their places, what is known of the others aside."""
        some = np.asarray(places, np.int64)
        return self._replace(mean=self.mean[some], covariance=self.covariance[np.ix_(some, some)])

    def differences(self) -> tuple[Float[np.ndarray, "i j"], Float[np.ndarray, "i j"]]:
        """Return the mean and the variance of s_i - s_j."""
        own = np.diag(self.covariance)
        variance = own[:, None] + own[None, :] - 2 * self.covariance
        return self.mean[:, None] - self.mean[None, :], np.maximum(variance, 0.0)


def strengths_of(
    n: int,
    pairs: Int[np.ndarray, "pair 2"],
    weights: Float[np.ndarray, " pair"] | None = None,
    spread: float | None = None,
    start: Float[np.ndarray, " photo"] | None = None,
) -> Strengths:
    """Return the strengths of n photos, given (better, worse) and how much each judgement weighs.

    Without a `spread` the most probable of `SPREADS` is taken. O(n³): at most `LARGEST` photos.
    Raises `ConfigError` for more, and for a spread that is not above 0; `DataError` for pairs that
    name other photos, or one photo twice.
    """
    if not 1 <= n <= LARGEST:
        raise ConfigError(
            f"{n} photos",
            where="strengths_of",
            hint=f"use 1 to {LARGEST}: their covariance is kept",
        )
    if spread is not None and not 0 < spread < math.inf:
        raise ConfigError(f"a spread of {spread}", where="strengths_of", hint="use one above 0")
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    w = np.ones(len(pairs)) if weights is None else np.asarray(weights, np.float64)
    if len(w) != len(pairs) or (len(pairs) and not 0 <= pairs.min() <= pairs.max() < n):
        raise DataError(f"pairs or weights that do not fit {n} photos", where="strengths_of")
    if (pairs[:, 0] == pairs[:, 1]).any():
        raise DataError("a photo is judged against itself", where="strengths_of")
    if spread is not None:
        return _fitted(n, pairs, w, spread, start)
    return max((_fitted(n, pairs, w, one, start) for one in SPREADS), key=lambda f: f.evidence)


def updated(now: Strengths, better: int, worse: int, weight: float = 1.0) -> Strengths:
    """Return the strengths after one judgement more, in O(n²): a step of Newton's along the only
    direction that it curves (Sherman and Morrison's formula), repeated until it stands.

    It is near to what `strengths_of` finds, which is to be asked now and then; the evidence is
    left as it was.
    """
    along = now.covariance[:, better] - now.covariance[:, worse]
    variance = float(along[better] - along[worse])
    before = float(now.mean[better] - now.mean[worse])
    at = before
    for _ in range(STEPS):  # of one number: at = before + variance * weight * (1 - sigmoid(at))
        p = float(_sigmoid(at))
        change = (before + variance * weight * (1 - p) - at) / (1 + variance * weight * p * (1 - p))
        at += change
        if abs(change) < CLOSE:
            break
    p = float(_sigmoid(at))
    curve = weight * p * (1 - p)
    return now._replace(
        mean=now.mean + along * weight * (1 - p),
        covariance=now.covariance - np.outer(along, along) * (curve / (1 + curve * variance)),
    )


def _fitted(
    n: int,
    pairs: Int[np.ndarray, "pair 2"],
    w: Float[np.ndarray, " pair"],
    spread: float,
    start: Float[np.ndarray, " photo"] | None,
) -> Strengths:
    better, worse = pairs[:, 0], pairs[:, 1]
    precision = 1 / spread**2
    s = np.zeros(n) if start is None else np.asarray(start, np.float64).copy()

    def height(s: np.ndarray) -> float:
        ahead = s[better] - s[worse]
        return float(-(w * np.logaddexp(0, -ahead)).sum() - precision * (s @ s) / 2)

    def curvature(p: np.ndarray) -> np.ndarray:
        curve = w * p * (1 - p)
        flat = np.bincount(better * n + worse, curve, minlength=n * n).reshape(n, n)
        both = flat + flat.T
        return np.diag(both.sum(axis=1) + precision) - both

    top = height(s)
    for _ in range(STEPS):
        p = _sigmoid(s[better] - s[worse])
        pull = w * (1 - p)
        slope = np.bincount(better, pull, minlength=n) - np.bincount(worse, pull, minlength=n)
        step = np.linalg.solve(curvature(p), slope - precision * s)
        length = 1.0
        while (found := height(s + length * step)) < top and length > 1e-6:
            length /= 2
        s, top = s + length * step, max(found, top)
        if np.abs(step).max() < CLOSE:
            break
    curved = curvature(_sigmoid(s[better] - s[worse]))
    _, log_determinant = np.linalg.slogdet(curved)
    evidence = top - (float(log_determinant) - n * math.log(precision)) / 2
    return Strengths(s, np.linalg.inv(curved), evidence, spread)


def _sigmoid(x: np.ndarray | float) -> np.ndarray:
    return np.asarray(np.exp(-np.logaddexp(0, -np.asarray(x))))
