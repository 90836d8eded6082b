"""Communities of a network: groups with more links inside than their degrees would give.

Louvain's method on links whichever way they go: users move to the community of a neighbour where
modularity gains most; then communities are taken for users, and so on; at the end single users move
once more. All look at once, and a random half of those who would gain move, so that a turn is a
product of sparse matrices.
Sources: Blondel et al. 2008; moves at once as in Naim et al. 2017.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int
from scipy.sparse import coo_array, csr_array

from ontogeny.social.network.graph import Graph

TURNS, LEVELS = 40, 12
ENOUGH = 0.001  # of users who would move: fewer end a level


def communities(graph: Graph, seed: int = 0) -> Int[np.ndarray, " n"]:
    """Return the number of everybody's community, from 0, the largest first; the same seed gives
    the same ones. Users without links are each their own.
    """
    rng = np.random.default_rng([seed, 13])
    found = np.arange(graph.n)
    links, nodes = graph.links, graph.n
    for _ in range(LEVELS):
        label = _moved(links, np.arange(nodes), rng)
        count = int(label.max()) + 1 if len(label) else 0
        found = label[found] if len(label) else found
        if count == nodes:
            break
        nodes = count
        members = _members(label, count)
        links = csr_array(members.T @ links @ members)
    found = _moved(graph.links, found, rng)  # who went with a group that is now elsewhere
    sizes = np.bincount(found)
    return np.argsort(np.argsort(-sizes, kind="stable"))[found]


def modularity(graph: Graph, community: Int[np.ndarray, " n"]) -> float:
    """Return Newman's modularity of a partition; NaN without links."""
    links = graph.links
    degree = np.asarray(links.sum(axis=1))
    whole = degree.sum()
    if not whole:
        return float("nan")
    ends = links.tocoo()
    inside = float(ends.data[community[ends.row] == community[ends.col]].sum())
    held = np.bincount(community, degree)
    return inside / whole - float(np.sum((held / whole) ** 2))


def _moved(links: csr_array, label: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return communities of the nodes, numbered from 0, by moves of single nodes from those that
    they are in.
    """
    degree = np.asarray(links.sum(axis=1))
    n = len(degree)
    whole = degree.sum()
    if not whole:
        return label
    for _ in range(TURNS):
        near = csr_array(links @ _members(label, n))  # links of each node to each community
        row = np.repeat(np.arange(n), np.diff(near.indptr))
        held = np.bincount(label, degree, n)
        stays = near.indices == label[row]
        others = held[near.indices] - np.where(stays, degree[row], 0.0)
        selves = links.diagonal()
        inside = near.data - np.where(stays, selves[row], 0.0)
        gain = inside - degree[row] * others / whole
        here = -degree * (held[label] - degree) / whole
        here[row[stays]] = gain[stays]
        filled = np.flatnonzero(np.diff(near.indptr))
        most = np.full(n, -np.inf)
        if len(filled):
            most[filled] = np.maximum.reduceat(gain, near.indptr[filled])
        wish = label.copy()
        at_most = gain >= most[row]
        wish[row[at_most]] = near.indices[at_most]  # of equal ones the last
        gains = most > here + 1e-12
        label = np.where(gains & (rng.random(n) < 0.5), wish, label)
        if np.count_nonzero(gains) <= ENOUGH * n:
            break
    return np.unique(label, return_inverse=True)[1]


def _members(label: np.ndarray, count: int) -> csr_array:
    rows = np.arange(len(label))
    return csr_array(coo_array((np.ones(len(label)), (rows, label)), shape=(len(label), count)))
