"""k-cores: how deep in the network everybody is.

The k-core is what is left when all with fewer than k neighbours are taken out, again and again; a
user's core number is the last k whose core has them. Links count whichever way they go.
Source: Seidman 1983; peeled here a whole shell at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.social.network.graph import Graph


class CoreProfile(NamedTuple):
    """A row for each range of core numbers."""

    low: Int[np.ndarray, " row"]
    high: Int[np.ndarray, " row"]
    users: Int[np.ndarray, " row"]
    means: dict[str, Float[np.ndarray, " row"]]
    """Of each quantity, over the users of whom it is known."""


def core_numbers(graph: Graph) -> Int[np.ndarray, " n"]:
    """Return everybody's core number; 0 for who has no links."""
    links = graph.links
    first, neighbour = links.indptr.astype(np.int64), links.indices
    degree = np.diff(first)
    core = np.zeros(graph.n, np.int64)
    left = np.arange(graph.n)
    there = np.ones(graph.n, bool)
    k = 0
    while len(left):
        shell = left[degree[left] <= k]
        if not len(shell):
            k = int(degree[left].min())
            continue
        while len(shell):
            core[shell], there[shell] = k, False
            touched = neighbour[_ranges(first[shell], first[shell + 1])]
            touched = touched[there[touched]]
            if len(touched) > graph.n // 8:
                degree -= np.bincount(touched, minlength=graph.n)
                shell = np.flatnonzero(there & (degree <= k))
            else:
                who, times = np.unique(touched, return_counts=True)
                degree[who] -= times
                shell = who[degree[who] <= k]
        left = left[there[left]]
        k += 1
    return core


def core_profile(
    core: Int[np.ndarray, " n"], quantities: dict[str, Float[np.ndarray, " n"]], rows: int = 12
) -> CoreProfile:
    """Return means by core number, in at most so many ranges that widen as cores get deeper."""
    deepest = int(core.max()) if len(core) else 0
    edges = np.unique(np.rint(np.geomspace(1, deepest + 1, rows)).astype(np.int64) - 1)
    edges = np.append(edges, deepest + 1) if edges[-1] <= deepest else edges
    row = np.searchsorted(edges, core, side="right") - 1
    used = np.unique(row)
    means: dict[str, np.ndarray] = {}
    for name, values in quantities.items():
        known = ~np.isnan(values)
        total = np.bincount(row[known], values[known], len(edges))
        count = np.bincount(row[known], minlength=len(edges))
        means[name] = np.where(count > 0, total / np.maximum(count, 1), np.nan)[used]
    users = np.bincount(row, minlength=len(edges))[used]
    return CoreProfile(edges[used], edges[used + 1] - 1, users, means)


def _ranges(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return begin[0] … end[0] - 1, begin[1] … and so on, in one array."""
    size = end - begin
    return np.arange(size.sum()) + np.repeat(begin - np.append(0, np.cumsum(size)[:-1]), size)
