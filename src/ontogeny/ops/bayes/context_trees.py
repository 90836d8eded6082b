"""Context-tree weighting: the exact Bayes mixture over every variable-order Markov source.

A source is a tree whose branches are read from the most recent symbol backwards: a node splits
with probability `split` (never at depth `depth`), and each leaf draws the next symbol from its own
Dirichlet(`concentration`, …) die. The mixture over the doubly exponentially many trees costs
`depth` operations a symbol. With P_k the Dirichlet mixture of what a node saw,
P_w = (1 - split) P_k + split × the children's product of P_w, and P_w = P_k at full depth.
Before the first symbol stand symbols 0. Nodes are numbered level by level, the root first.
Source: Willems, Shtarkov and Tjalkens 1995, "The context-tree weighting method".
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Integer

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.path_mixing import mix_path, reweigh, smoothed


def first_node(depth: int, n_symbols: int) -> int:
    """Return the number of the first node at this depth, which is how many nodes lie above it.

    Raises `ConfigError` when there are fewer than two symbols, or the depth is negative.
    """
    if n_symbols < 2 or depth < 0:
        raise ConfigError(
            f"a tree of depth {depth} over {n_symbols} symbols is no context tree",
            where="ops.bayes.context_trees",
            hint="use a depth of 0 or more, and 2 symbols or more",
        )
    return (n_symbols**depth - 1) // (n_symbols - 1)


def context_path(recent: Int[Array, " depth"], n_symbols: int) -> Int[Array, " level"]:
    """Return the nodes that a context passes, from the root down; `recent` is newest first."""
    depth = recent.shape[0]
    powers = n_symbols ** np.arange(depth, dtype=np.int32)
    place = jnp.append(0, jnp.cumsum(recent * powers))
    above = np.array([first_node(d, n_symbols) for d in range(depth + 1)], np.int32)
    return jnp.asarray(above + place, jnp.int32)


def ctw_predictive(
    sequence: Int[Array, " time"],
    depth: int,
    n_symbols: int = 2,
    split: float = 0.5,
    concentration: float = 0.5,
) -> Float[Array, "time symbol"]:
    """Return p(x_t | x_<t) of the mixture at every step; see the module's text."""

    def observe(state: tuple[Array, Array, Array], symbol: Array):
        counts, log_odds, recent = state
        path = context_path(recent, n_symbols)
        local = smoothed(counts[path], concentration)
        mixed = mix_path(local, log_odds[path[:-1]])
        odds = reweigh(local, mixed, log_odds[path[:-1]], symbol)
        after = (
            counts.at[path, symbol].add(1.0),
            log_odds.at[path[:-1]].set(odds),
            jnp.append(symbol, recent)[:depth],
        )
        return after, mixed[0]

    start = (
        jnp.zeros((first_node(depth + 1, n_symbols), n_symbols)),
        jnp.full(first_node(depth, n_symbols), math.log(split) - math.log1p(-split)),
        jnp.zeros(depth, sequence.dtype),
    )
    return jax.lax.scan(observe, start, sequence)[1]


def ctw_log_probability(
    sequence: Integer[np.ndarray, " time"],
    depth: int,
    n_symbols: int = 2,
    split: float = 0.5,
    concentration: float = 0.5,
) -> float:
    """Return ln P_w of the whole sequence in nats, by the block recursion, in float64."""
    counts = np.zeros((first_node(depth + 1, n_symbols), n_symbols))
    recent = [0] * depth
    for symbol in np.asarray(sequence).tolist():
        place = 0
        for level in range(depth + 1):
            counts[first_node(level, n_symbols) + place, symbol] += 1
            place += recent[level] * n_symbols**level if level < depth else 0
        recent = [symbol, *recent][:depth]
    own = np.array([_log_dirichlet_block(row, concentration) for row in counts.tolist()])
    weighted = own[first_node(depth, n_symbols) :]
    for level in reversed(range(depth)):
        # A node's children hold its place plus (their newest symbol) × n_symbols^level.
        below = weighted.reshape(n_symbols, -1).sum(axis=0)
        here = own[first_node(level, n_symbols) : first_node(level + 1, n_symbols)]
        weighted = np.logaddexp(math.log1p(-split) + here, math.log(split) + below)
    return float(weighted[0])


def _log_dirichlet_block(counts: list[float], concentration: float) -> float:
    """Return the ln probability of one sequence with these counts under a symmetric Dirichlet."""
    whole = concentration * len(counts)
    each = sum(math.lgamma(n + concentration) - math.lgamma(concentration) for n in counts)
    return each + math.lgamma(whole) - math.lgamma(whole + sum(counts))
