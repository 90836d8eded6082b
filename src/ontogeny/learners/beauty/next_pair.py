"""Which pair to show next: the one whose answer is expected to say most of the strengths.

What an answer says of all strengths is what it says of the difference d ~ N(m, v) of the two: the
entropy of the answer, less its mean entropy were d known. With sigmoid(d) near to Phi(c d),
c² = pi / 8, both have a closed form.

Source: Houlsby et al. 2011, "Bayesian Active Learning for Classification and Preference Learning"
(arXiv 1112.5745).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from ontogeny.learners.beauty.bradley_terry import Strengths

PROBIT = math.pi / 8  # c²
WIDTH = math.pi * math.log(2) / 2  # of the bell that stands for the entropy of Phi(d)
NEAR = 0.98  # of the most that a pair says: all pairs above it are as good


def expected_information(
    mean: Float[np.ndarray, "..."], variance: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """Return the bits that an answer is expected to say, given the mean and the variance of the
    difference of strengths.
    """
    m2, v = PROBIT * np.square(mean), PROBIT * np.asarray(variance)
    p = _phi(np.sqrt(m2 / (v + 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        unsure = -(p * np.log2(p) + np.where(p < 1, (1 - p) * np.log2(1 - p), 0.0))
    if_known = np.sqrt(WIDTH / (v + WIDTH)) * np.exp(-m2 / (2 * (v + WIDTH)))
    return np.maximum(unsure - if_known, 0.0)


def choose_pair(
    now: Strengths, rng: np.random.Generator, avoided: frozenset[tuple[int, int]] = frozenset()
) -> tuple[int, int]:
    """Return two photos, in either order, that say as much as any pair does, or nearly. `avoided`
    pairs (the lower number first) are not shown, unless there are no others.
    """
    n = len(now.mean)
    left, right = _all_pairs(n)
    own = np.diag(now.covariance)
    variance = np.maximum(own[left] + own[right] - 2 * now.covariance[left, right], 0.0)
    gain = expected_information(now.mean[left] - now.mean[right], variance)
    if 0 < len(avoided) < len(left):
        low, high = np.array(sorted(avoided), np.int64).reshape(-1, 2).T
        gain[low * n - low * (low + 1) // 2 + high - low - 1] = -1.0
    best = np.flatnonzero(gain >= NEAR * gain.max())
    chosen = int(best[rng.integers(len(best))])
    one, other = int(left[chosen]), int(right[chosen])
    return (one, other) if rng.random() < 0.5 else (other, one)


@lru_cache(1)
def _all_pairs(n: int) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]]:
    """Return both photos of every pair, row by row: it is asked for before every answer."""
    left, right = np.triu_indices(n, 1)
    return left, right


def _phi(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    from scipy.special import ndtr

    return np.asarray(ndtr(x))
