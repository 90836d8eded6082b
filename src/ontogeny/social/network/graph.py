"""Who follows whom, as arrays, and sums over the links.

Sums are products with sparse matrices (scipy), which is as fast as compiled graph libraries where
no structure but the neighbours matters. Nothing here knows where follows come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Int32, Shaped
from scipy.sparse import csr_array

from ontogeny.core.errors import DataError

LARGEST = 2**31 - 1  # users, of numbers of 32 bits


@dataclass(frozen=True, eq=False)
class Graph:
    """`n` users, and follows: each once, nobody themselves, ordered by source and target."""

    n: int
    source: Int32[np.ndarray, " m"]
    target: Int32[np.ndarray, " m"]
    loops: int = 0
    """Follows of oneself that were left out."""
    repeats: int = 0
    """Follows that were there already, and left out."""

    @classmethod
    def of(
        cls, n: int, source: Shaped[np.ndarray, " row"], target: Shaped[np.ndarray, " row"]
    ) -> Graph:
        """Return the graph of follows in any order. Raises `DataError` for users outside of 0 to
        n - 1, numbers that are not whole, or columns of two lengths.
        """
        source, target = (_whole(n, *ends) for ends in (("source", source), ("target", target)))
        if len(source) != len(target):
            raise DataError(f"{len(source)} sources and {len(target)} targets", where="graph")
        apart = source != target
        key = source[apart].astype(np.int64) * n + target[apart]
        loops, kept = len(source) - len(key), len(key)
        key.sort()
        first = np.ones(len(key), bool)
        first[1:] = key[1:] != key[:-1]
        if not first.all():
            key = key[first]
        by = key // max(n, 1)
        found = by.astype(np.int32), (key - by * n).astype(np.int32)
        return cls(n, *found, loops, kept - len(key))

    @property
    def m(self) -> int:
        """How many follows there are."""
        return len(self.source)

    @cached_property
    def out_degree(self) -> Int[np.ndarray, " n"]:
        """How many each follows."""
        return np.bincount(self.source, minlength=self.n)

    @cached_property
    def in_degree(self) -> Int[np.ndarray, " n"]:
        """How many follow each."""
        return np.bincount(self.target, minlength=self.n)

    @cached_property
    def out_index(self) -> Int[np.ndarray, " n+1"]:
        """Where each user's follows begin."""
        return np.append(0, np.cumsum(self.out_degree))

    @cached_property
    def followees(self) -> csr_array:
        """A matrix with 1 where the row's user follows the column's."""
        ones = np.ones(self.m)
        kind = np.int32 if self.m < LARGEST else np.int64
        parts = (ones, self.target.astype(kind, copy=False), self.out_index.astype(kind))
        return csr_array(parts, shape=(self.n, self.n))

    @cached_property
    def followers(self) -> csr_array:
        """A matrix with 1 where the row's user is followed by the column's."""
        return self.followees.T.tocsr()

    @cached_property
    def links(self) -> csr_array:
        """A symmetric matrix with 1 where either follows the other."""
        both: Any = self.followees + self.followers
        both.data[:] = 1.0
        return both

    @cached_property
    def reciprocity(self) -> float:
        """The share of follows that are answered; NaN without follows."""
        mutual = 2 * self.m - self.links.nnz
        return mutual / self.m if self.m else float("nan")


def neighbour_means(
    graph: Graph,
    values: Float[np.ndarray, " n"],
    weights: Float[np.ndarray, " n"] | None = None,
    *,
    of: str = "followees",
) -> Float[np.ndarray, " n"]:
    """Return the mean of the values of those whom each follows (or, `of` followers, who follow
    them), by weights: such as uploads, for what a feed shows. Unknown values (NaN) do not count;
    NaN for who has no neighbour of known value.
    """
    known = ~np.isnan(values)
    weight = known * (1.0 if weights is None else np.where(np.isnan(weights), 0.0, weights))
    matrix = getattr(graph, of)
    sums = matrix @ np.column_stack([np.where(known, values, 0.0) * weight, weight])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan)


def per_user(graph: Graph, name: str, values: Any) -> Float[np.ndarray, " n"]:
    """Return a value a user as float64. Raises `DataError` for another length, text, infinities, or
    nothing that is known.
    """
    array = np.asarray(values)
    if array.shape != (graph.n,) or array.dtype.kind not in "biuf":
        raise DataError(
            f"it is {array.dtype} of shape {list(array.shape)}",
            where=name,
            hint=f"give a number for each of {graph.n} users, NaN where it is unknown",
        )
    array = array.astype(np.float64)
    if np.isinf(array).any():
        raise DataError(f"it is infinite for {int(np.isinf(array).sum())} users", where=name)
    if np.isnan(array).all():
        raise DataError(f"it is unknown for all {graph.n} users", where=name)
    return array


def _whole(n: int, name: str, ends: np.ndarray) -> np.ndarray:
    if n > LARGEST:
        raise DataError(f"{n} users", where="graph", hint=f"at most {LARGEST:,} are possible")
    if ends.ndim != 1 or (len(ends) and ends.dtype.kind not in "iu"):
        raise DataError(
            f"it is {ends.dtype} of shape {list(ends.shape)}",
            where=f"graph: {name}",
            hint="number users from 0, one a follow",
        )
    if len(ends) and (ends.min() < 0 or ends.max() >= n):
        raise DataError(
            f"it has users from {ends.min()} to {ends.max()}, of {n}",
            where=f"graph: {name}",
            hint="number users from 0; leave out follows of users that are not there",
        )
    return ends.astype(np.int32)
