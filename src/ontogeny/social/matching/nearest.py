"""Pairs without replacement, the closest first, on one score: sort, merge, and take.

The rule is greedy: of all pairs of a free treated row and a free control of one stratum that are
within the caliper, the closest is taken, until none is left. So which pairs come out does not
depend on the order of the rows; ties are broken at random. It takes O(n log n): rows of one score
and stratum are a node; the closest pair is always two neighbours among nodes of opposite kinds, and
two that are each other's nearest can be taken at once, whatever happens elsewhere. When few such
are left, a heap of neighbours goes on. Source: the order is "closest" of MatchIt (Ho, Imai, King
and Stuart 2011).
"""

from __future__ import annotations

import heapq

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.social.matching.pairs import Pairs

# the heap is quicker than a whole round over all nodes, when of the neighbours of opposite kinds
FEW = 0.05  # fewer can be taken at once,
SPARSE = 1 / 64  # or there are so few for a node


def closest_first(
    score: Float[np.ndarray, " n"],
    treated: Bool[np.ndarray, " n"],
    stratum: Int[np.ndarray, " n"],
    caliper: float,
    rng: np.random.Generator,
) -> Pairs:
    """Return 1:1 pairs whose scores differ by at most `caliper`, which may be infinite."""
    order = sorted_rows(score, stratum, rng)
    kind = treated[order]
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(score[order]) != 0) | (np.diff(stratum[order]) != 0)
    begin = np.flatnonzero(new)
    n_treated = np.add.reduceat(kind, begin, dtype=np.int64)
    n_control = np.diff(np.r_[begin, len(order)]) - n_treated
    # where each node's next free row is, among the treated rows and the controls in order
    next_treated = np.cumsum(n_treated) - n_treated
    next_control = np.cumsum(n_control) - n_control
    taken: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # first treated, control, count

    both = np.minimum(n_treated, n_control)  # the same score: a distance of 0
    same = np.flatnonzero(both)
    taken.append((next_treated[same], next_control[same], both[same]))
    is_treated = n_treated > n_control
    free = np.abs(n_treated - n_control)
    pointer = np.where(is_treated, next_treated, next_control) + both
    nodes = np.flatnonzero(free)
    place, group = score[order[begin]][nodes], stratum[order[begin]][nodes]
    is_treated, free, pointer = is_treated[nodes], free[nodes], pointer[nodes]

    while True:
        left = np.flatnonzero(is_treated[1:] != is_treated[:-1])  # the last nodes of runs
        gap = np.where(group[left + 1] == group[left], place[left + 1] - place[left], np.inf)
        # the nearest of the other kind on a node's other side is over the neighbouring boundary
        before, after = np.full(len(left), np.inf), np.full(len(left), np.inf)
        if len(left) > 1:
            far = np.where(
                group[left[1:]] == group[left[:-1]], place[left[1:]] - place[left[:-1]], np.inf
            )
            before[1:] = far
            right = left + 1
            after[:-1] = np.where(
                group[right[1:]] == group[right[:-1]], place[right[1:]] - place[right[:-1]], np.inf
            )
        within = gap <= caliper if np.isfinite(caliper) else np.isfinite(gap)
        mutual = left[within & (gap < before) & (gap <= after)]
        if not np.any(within):
            break
        if len(mutual) < FEW * len(left) or len(left) < SPARSE * len(place):
            taken += _by_heap(place, group, is_treated, free, pointer, caliper)
            break
        both = np.minimum(free[mutual], free[mutual + 1])
        first = np.where(is_treated[mutual], mutual, mutual + 1)
        other = np.where(is_treated[mutual], mutual + 1, mutual)
        taken.append((pointer[first], pointer[other], both))
        for side in (mutual, mutual + 1):
            free[side] -= both
            pointer[side] += both
        kept = free > 0
        place, group, is_treated = place[kept], group[kept], is_treated[kept]
        free, pointer = free[kept], pointer[kept]

    at_treated, at_control, count = (np.concatenate(part) for part in zip(*taken, strict=True))
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return Pairs.ordered(
        order[kind][np.repeat(at_treated, count) + step],
        order[~kind][np.repeat(at_control, count) + step],
    )


def sorted_rows(
    score: Float[np.ndarray, " n"], stratum: Int[np.ndarray, " n"], rng: np.random.Generator
) -> Int[np.ndarray, " n"]:
    """Return the rows by stratum and then by score, those that are equal in both at random."""
    order = np.argsort(score)
    if np.any(np.diff(stratum)):
        order = order[np.argsort(stratum[order], kind="stable")]
    equal = (np.diff(score[order]) == 0) & (np.diff(stratum[order]) == 0)
    if np.any(equal):
        tie = np.cumsum(np.r_[True, ~equal])
        tied = np.flatnonzero(np.r_[False, equal] | np.r_[equal, False])
        rows = np.sort(order[tied])  # the same draws, whatever order the sort left ties in
        drawn = np.empty(len(order))
        drawn[rows] = rng.random(len(rows))
        order[tied] = order[tied][np.lexsort((drawn[order[tied]], tie[tied]))]
    return order


def _by_heap(
    place: np.ndarray,
    group: np.ndarray,
    is_treated: np.ndarray,
    free: np.ndarray,
    pointer: np.ndarray,
    caliper: float,
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Take the closest neighbours one after the other: the nodes are a list, linked both ways."""
    n = len(place)
    follows, precedes = (np.arange(a, n + a).data for a in (1, -1))
    where, stratum = (np.ascontiguousarray(one).data for one in (place, group))
    kind = is_treated.astype(np.int8).data
    left_over, at = free.copy().data, pointer.copy().data
    left = np.flatnonzero((is_treated[1:] != is_treated[:-1]) & (group[1:] == group[:-1]))
    gaps = place[left + 1] - place[left]
    near = gaps <= caliper
    heap = list(
        zip(gaps[near].tolist(), left[near].tolist(), (left[near] + 1).tolist(), strict=True)
    )
    heapq.heapify(heap)
    found: list[tuple[int, int, int]] = []
    while heap:
        _, a, b = heapq.heappop(heap)
        if not left_over[a] or not left_over[b] or follows[a] != b:
            continue  # one of them is gone
        count = min(left_over[a], left_over[b])
        first, other = (a, b) if kind[a] else (b, a)
        found.append((at[first], at[other], count))
        for node in (a, b):
            at[node] += count
            left_over[node] -= count
            if not left_over[node]:
                earlier, later = precedes[node], follows[node]
                if earlier >= 0:
                    follows[earlier] = later
                if later < n:
                    precedes[later] = earlier
        a = a if left_over[a] else precedes[a]
        b = b if left_over[b] else follows[b]
        if a >= 0 and b < n and kind[a] != kind[b] and stratum[a] == stratum[b]:
            gap = where[b] - where[a]
            if gap <= caliper:
                heapq.heappush(heap, (gap, a, b))
    taken = np.array(found, np.int64).reshape(-1, 3)
    return [(taken[:, 0], taken[:, 1], taken[:, 2])]
