"""Consecutive costs in a given number of parts, the dearest of which is as cheap as can be.

    best(n, k) = min over m of max( best(m, k - 1), sum of costs m..n )

Exact, by dynamic programming in n² k steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from ontogeny.core.errors import ConfigError


def linear_partition(costs: Sequence[float], n_parts: int) -> tuple[int, ...]:
    """Return where each part ends: part k holds the costs from the end before up to its own. No
    part is empty. Raises `ConfigError` for fewer costs than parts, or no part.

    >>> linear_partition([1, 1, 4, 2], 2)
    (2, 4)
    """
    n = len(costs)
    if not 1 <= n_parts <= n:
        raise ConfigError(
            f"{n_parts} stages of {n} blocks", where="stages", hint=f"use 1 to {n} stages"
        )
    total = [0.0, *itertools.accumulate(costs)]
    best = [[math.inf] * (n + 1) for _ in range(n_parts + 1)]
    begin = [[0] * (n + 1) for _ in range(n_parts + 1)]
    best[0][0] = 0.0
    for k in range(1, n_parts + 1):
        for end in range(k, n + 1):
            dearest = [(max(best[k - 1][m], total[end] - total[m]), m) for m in range(k - 1, end)]
            best[k][end], begin[k][end] = min(dearest)
    ends = [n]
    for k in range(n_parts, 1, -1):
        ends.append(begin[k][ends[-1]])
    return tuple(reversed(ends))
