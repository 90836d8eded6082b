"""Classes of users, by how connected, how popular and how good they are.

k-means on standardised log in-degree, log popularity and quality. The number of classes is that of
the largest silhouette among those that are stable: two halves of users give nearly the same
classes of all (adjusted Rand index); without a stable one, the most stable.
Sources: Rousseeuw 1987; Hubert and Arabie 1985; Ben-Hur, Elisseeff and Guyon 2002 (stability).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import DataError
from ontogeny.ops.clusters import k_means

STABLE = 0.8  # of the adjusted Rand index
SAMPLE = 1500  # users of whom distances are compared
FITTED = 10_000  # users, at most, to whom centres are fitted; all are then assigned
TURNS, SPLITS, STARTS = 60, 3, 3


class Classes(NamedTuple):
    """The classes, the most numerous first."""

    label: Int[np.ndarray, " n"]
    """-1 for users of whom a feature is unknown."""
    centres: Float[np.ndarray, "class feature"]
    """In the features' own units."""
    names: tuple[str, ...]
    sizes: Int[np.ndarray, " class"]
    tried: tuple[int, ...]
    silhouette: Float[np.ndarray, " tried"]
    stability: Float[np.ndarray, " tried"]

    @property
    def stable(self) -> bool:
        """Whether those chosen are stable."""
        return bool(self.stability[self.tried.index(len(self.sizes))] >= STABLE)


def user_classes(
    features: dict[str, Float[np.ndarray, " n"]],
    tried: Sequence[int] = (4, 5, 6, 7, 8),
    seed: int = 0,
) -> Classes:
    """Return classes by the features. Raises `DataError` where too few users have all of them, or
    one does not vary.
    """
    names = tuple(features)
    table = np.column_stack([features[name] for name in names])
    known = ~np.isnan(table).any(axis=1)
    points = table[known]
    if len(points) < 4 * max(tried):
        raise DataError(
            f"{len(points)} users have all of {', '.join(names)}",
            where="user_classes",
            hint=f"there must be {4 * max(tried)}",
        )
    middle, spread = points.mean(axis=0), points.std(axis=0)
    if np.any(spread == 0):
        raise DataError(f"{names[int(np.argmin(spread))]} does not vary", where="user_classes")
    standard = (points - middle) / spread
    rng = np.random.default_rng([seed, 11])
    drawn = rng.permutation(len(standard))
    some, fitted = drawn[:SAMPLE], standard[drawn[:FITTED]]
    apart = np.sqrt(
        np.maximum(0, np.sum((standard[some, None] - standard[None, some]) ** 2, axis=2))
    )
    fits = [_best_of(fitted, k, seed) for k in tried]
    found = [fit.assign(standard) for fit in fits]
    silhouette = np.array([_silhouette(apart, label[some]) for label in found])
    stability = np.array([_stability(standard, k, rng) for k in tried])
    stable = stability >= STABLE
    score = np.where(stable, silhouette, -np.inf) if stable.any() else stability
    chosen = int(np.argmax(score))
    sizes = np.bincount(found[chosen], minlength=len(fits[chosen].centres))
    order = np.argsort(-sizes, kind="stable")
    label = np.full(len(table), -1)
    label[known] = np.argsort(order)[found[chosen]]
    centres = fits[chosen].centres[order] * spread + middle
    return Classes(label, centres, names, sizes[order], tuple(tried), silhouette, stability)


def rand_index(one: Int[np.ndarray, " n"], other: Int[np.ndarray, " n"]) -> float:
    """Return how alike two partitions are, adjusted: 1 is the same, 0 as by chance."""
    width = int(other.max()) + 1
    both = np.bincount(one * width + other, minlength=(int(one.max()) + 1) * width)
    table = both.reshape(-1, width).astype(np.float64)
    cells, rows, columns = (
        float(np.sum(part * (part - 1)) / 2) for part in (table, table.sum(1), table.sum(0))
    )
    pairs = len(one) * (len(one) - 1) / 2
    expected = rows * columns / pairs if pairs else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (cells - expected) / (most - expected)


def _best_of(points: np.ndarray, k: int, seed: int):
    fits = [k_means(points, k, seed * STARTS + start, TURNS) for start in range(STARTS)]
    return min(fits, key=lambda fit: _inertia(points, fit.centres, fit.assign(points)))


def _inertia(points: np.ndarray, centres: np.ndarray, label: np.ndarray) -> float:
    return float(np.sum((points - centres[label]) ** 2))


def _stability(points: np.ndarray, k: int, rng: np.random.Generator) -> float:
    alike: list[float] = []
    for _ in range(SPLITS):
        order = rng.permutation(len(points))[:FITTED]
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        fits = [_best_of(points[half], k, int(rng.integers(1 << 30))) for half in halves]
        alike.append(rand_index(*(fit.assign(points[order]) for fit in fits)))
    return float(np.mean(alike))


def _silhouette(apart: np.ndarray, label: np.ndarray) -> float:
    """Return the mean silhouette; 0 for who is alone in a class."""
    classes, member, size = np.unique(label, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        return 0.0
    sums = np.stack([apart[:, member == c].sum(axis=1) for c in range(len(classes))], axis=1)
    rows = np.arange(len(label))
    own = sums[rows, member] / np.maximum(size[member] - 1, 1)
    others = sums / size
    others[rows, member] = np.inf
    near = others.min(axis=1)
    width = np.where(size[member] > 1, (near - own) / np.maximum(np.maximum(own, near), 1e-300), 0)
    return float(width.mean())
