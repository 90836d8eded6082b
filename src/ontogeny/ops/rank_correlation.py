"""How alike two orders are: Spearman's and Kendall's correlation, with bootstrap intervals.

Both take weights, how often each thing is counted, and a batch of them at once: a resample of a
bootstrap is a set of such counts, so that nothing is sorted anew for it. On the host, in float64.

Sources: Spearman 1904; Kendall 1945 (tau-b); Knight 1966 (tau in O(n log n)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Int, Shaped

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.statistics import Interval

Vector: TypeAlias = Shaped[np.ndarray, " _"]
Weights: TypeAlias = Shaped[np.ndarray, "... _"]
Measure: TypeAlias = Callable[..., Float[np.ndarray, "..."]]  # (x, y, weights)

CHUNK = 4_000_000  # numbers of resamples that are at hand at once


def pearson(x: Vector, y: Vector, weights: Weights | None = None) -> Float[np.ndarray, "..."]:
    """Return the correlation of two rows of numbers; NaN where one is constant. Raises `DataError`
    for rows of other lengths, fewer than two, and what is not finite.
    """
    x, y, w = _checked(x, y, weights)
    return _correlation(x, y, w)


def spearman(x: Vector, y: Vector, weights: Weights | None = None) -> Float[np.ndarray, "..."]:
    """Return the correlation of the ranks, of which equals share the mean; NaN where one row is
    constant. Raises as `pearson`.
    """
    x, y, w = _checked(x, y, weights)
    return _correlation(_mid_ranks(x, w), _mid_ranks(y, w), w)


def kendall(x: Vector, y: Vector, weights: Weights | None = None) -> Float[np.ndarray, "..."]:
    """Return Kendall's tau-b: concordant minus discordant pairs, over the geometric mean of the
    pairs that are not tied in x, and in y; NaN where one row is constant. O(n log n); raises as
    `pearson`.
    """
    x, y, w = _checked(x, y, weights)
    a, b = (np.unique(row, return_inverse=True)[1].astype(np.int64) for row in (x, y))
    order = np.lexsort((b, a))  # of equals in x, y ascends: they make no inversion
    a, b, w = a[order], b[order], w[..., order]
    pairs = _pairs(w.sum(-1))
    tied_x, tied_y = (_pairs(_sums(row, w)).sum(-1) for row in (a, b))
    tied_both = _pairs(_sums(a * (int(b.max()) + 1) + b, w)).sum(-1)
    untied = pairs - tied_x - tied_y + tied_both
    with np.errstate(invalid="ignore", divide="ignore"):
        ranked = np.sqrt((pairs - tied_x) * (pairs - tied_y))
        return np.asarray((untied - 2 * _inversions(b, w)) / ranked)


def correlation_interval(
    x: Vector,
    y: Vector,
    measure: Measure = spearman,
    *,
    groups: Sequence[int] | Int[np.ndarray, " _"] | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return a correlation with its percentile bootstrap interval, over things, or over whole
    `groups` of them (photos of one place, say) where those belong together.

    Resamples in which a row is constant are left out. Raises `DataError` as the measure does, and
    where a row is constant, since there is no order then; `ConfigError` for a confidence or a
    number of resamples that can't be.
    """
    if not 0 < confidence < 1 or resamples < 1:
        raise ConfigError(
            f"a confidence of {confidence}, {resamples} resamples", where="correlation_interval"
        )
    value = float(measure(x, y))
    if np.isnan(value):
        raise DataError(
            "all values of a row are the same: they have no order", where="correlation_interval"
        )
    n = len(x)
    parts = np.unique(np.arange(n) if groups is None else groups, return_inverse=True)[1]
    if len(parts) != n:
        raise DataError(f"{len(parts)} groups of {n} things", where="correlation_interval")
    rng, n_parts = np.random.default_rng(seed), int(parts.max()) + 1
    step = max(1, CHUNK // n)
    found = np.concatenate(
        [
            measure(
                x,
                y,
                rng.multinomial(n_parts, np.full(n_parts, 1 / n_parts), size=size)[:, parts].astype(
                    np.float64
                ),
            )
            for size in (min(step, resamples - start) for start in range(0, resamples, step))
        ]
    )
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(found, [tail, 1 - tail])
    return Interval(value, float(low), float(high))


def _checked(
    x: Vector, y: Vector, weights: Weights | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
    if len(x) != len(y) or len(x) < 2 or w.shape[-1:] != x.shape:
        raise DataError(
            f"rows of {len(x)} and {len(y)} numbers, weights {list(w.shape)}",
            where="correlation",
            hint="give two rows of one length, two numbers or more",
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise DataError("numbers that are not finite", where="correlation", hint="leave them out")
    return x, y, w


def _correlation(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    total = w.sum(-1, keepdims=True)
    x, y = (row - (w * row).sum(-1, keepdims=True) / total for row in (x, y))
    with np.errstate(invalid="ignore", divide="ignore"):
        made = (w * x * y).sum(-1) / np.sqrt((w * x**2).sum(-1) * (w * y**2).sum(-1))
    return np.asarray(np.clip(made, -1, 1))


def _mid_ranks(row: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the mean rank of each value, where each counts as often as its weight says."""
    level = np.unique(row, return_inverse=True)[1]
    held = _sums(level, w)
    return (np.cumsum(held, -1) - held / 2)[..., level]


def _sums(level: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the weight at each level, [*batch, level]."""
    order = np.argsort(level, kind="stable")
    starts = np.flatnonzero(np.diff(level[order], prepend=-1))
    return np.add.reduceat(w[..., order], starts, axis=-1)


def _pairs(count: Any) -> Any:
    """Return how many pairs so many things make: of one number, or of each in an array."""
    return count * (count - 1) / 2


def _inversions(level: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the weight of the pairs that stand in the wrong order: a bit of the levels at a time,
    the highest first, as in a radix sort. Of those that agree in all higher bits, each 0 counts the
    weight of the 1s before it.
    """
    found = np.zeros(w.shape[:-1])
    for bit in reversed(range(int(level.max()).bit_length())):
        ones = (level >> bit & 1).astype(np.float64)
        before = np.cumsum(w * ones, -1)
        starts = np.flatnonzero(np.diff(level >> bit + 1, prepend=-1))
        lengths = np.diff(np.append(starts, len(level)))
        outside = np.concatenate([np.zeros((*w.shape[:-1], 1)), before], -1)[..., starts]
        found += (w * (1 - ones) * (before - np.repeat(outside, lengths, axis=-1))).sum(-1)
        order = np.argsort(level >> bit, kind="stable")
        level, w = level[order], w[..., order]
    return found
