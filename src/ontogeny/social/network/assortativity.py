"""Whether users are linked to those who are like them, beside networks that are rewired.

Newman's coefficient is the correlation over follows of a quantity of both ends. Its value under no
preference is that in networks where everybody follows as many, and is followed by as many, but not
the same. They are drawn by dealing all targets anew; follows that repeat, or lead to oneself, trade
their target with others drawn at random, until there are none. A sort a network: a Markov chain of
swaps, as in graph libraries, takes ten swaps a follow to forget.
Source: Newman 2003 (the coefficient); Blitzstein and Diaconis 2011, section 3 (the methods beside).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int32

from ontogeny.core.errors import DataError
from ontogeny.social.network.graph import Graph

MOST_TURNS = 1000
BITS = 18


class Assortativity(NamedTuple):
    """The coefficient, and that of rewired networks."""

    value: float
    follows: int
    """Those whose both ends are known."""
    rewired: Float[np.ndarray, " rewiring"]
    z: float
    """How many deviations the value is above the rewired ones' mean; NaN of fewer than two."""
    p: float
    """The share of rewired networks at least as far from their mean, counting this one."""


def assortativity(
    graph: Graph,
    quantities: Mapping[str, Float[np.ndarray, " n"]],
    rewirings: int = 100,
    seed: int = 0,
) -> dict[str, Assortativity]:
    """Return the coefficient of each quantity, beside those of rewired networks, which are the same
    for all. Follows of whose ends one quantity is unknown (NaN) are left out. Raises `DataError`
    where fewer than two are left, or a quantity does not vary.
    """
    known = np.ones(graph.n, bool)
    for values in quantities.values():
        known &= ~np.isnan(values)
    kept = known[graph.source] & known[graph.target]
    source, target = graph.source[kept], graph.target[kept]
    own: dict[str, np.ndarray] = {}
    scaled: dict[str, np.ndarray] = {}
    for name, values in quantities.items():
        if len(source) < 2 or np.ptp(values[source]) == 0 or np.ptp(values[target]) == 0:
            raise DataError(
                f"{len(source)} of {graph.m} follows have two ends of known value, among which "
                f"{name} needs to vary",
                where="assortativity",
            )
        own[name] = (values[source] - values[source].mean()) / values[source].std()
        # whoever is dealt a target, the mean and deviation over follows stay as they are
        scaled[name] = (values - values[target].mean()) / values[target].std()
    rng = np.random.default_rng([seed, 7])
    drawn = np.empty((len(quantities), rewirings))
    for i in range(rewirings):
        dealt = rewire(graph.n, source, target, rng)
        drawn[:, i] = [_mean_product(own[name], scaled[name][dealt]) for name in quantities]
    values = {name: _mean_product(own[name], scaled[name][target]) for name in quantities}
    return {
        name: _beside(values[name], len(source), one)
        for name, one in zip(quantities, drawn, strict=True)
    }


def rewire(
    n: int,
    source: Int32[np.ndarray, " m"],
    target: Int32[np.ndarray, " m"],
    rng: np.random.Generator,
) -> Int32[np.ndarray, " m"]:
    """Return other targets of the same sources, by which all have the degrees that they had; no
    follow repeats, and none leads to oneself. `source` is in order.

    Where the degrees leave hardly another network (a star has none), no dealing is free of repeats:
    after a thousand turns the targets are those that they were.
    """
    dealt = rng.permutation(target)
    base = source.astype(np.int64) * n
    for _ in range(MOST_TURNS):
        bad = _faulty(base, source, dealt)
        if not len(bad):
            return dealt
        partner = rng.integers(len(dealt), size=len(bad))  # each trades with another at random
        group = np.unique(np.concatenate([bad, partner]))
        dealt[group] = dealt[rng.permutation(group)]
    return target.copy()


def _faulty(base: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return follows that lead to oneself, and all but one of those that are the same."""
    key = base + target
    ordered = np.sort(key)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    loops = np.flatnonzero(source == target)
    if not len(twice):
        return loops
    # most keys are told apart from these few by their last bits
    like = np.zeros(1 << BITS, bool)
    like[twice & (len(like) - 1)] = True
    same = np.flatnonzero(like[key & (len(like) - 1)])
    same = same[np.isin(key[same], twice)]
    spare = np.ones(len(same), bool)
    spare[np.unique(key[same], return_index=True)[1]] = False
    return np.union1d(same[spare], loops)


def _mean_product(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.einsum("i,i->", one, other)) / len(one)  # BLAS would wait for its threads


def _beside(value: float, follows: int, drawn: np.ndarray) -> Assortativity:
    if len(drawn) < 2:
        return Assortativity(value, follows, drawn, float("nan"), float("nan"))
    deviation, mean = float(drawn.std(ddof=1)), float(drawn.mean())
    far = np.abs(drawn - mean) >= abs(value - mean)
    z = (value - mean) / deviation if deviation > 0 else float("nan")
    return Assortativity(value, follows, drawn, z, (1 + int(far.sum())) / (1 + len(drawn)))
