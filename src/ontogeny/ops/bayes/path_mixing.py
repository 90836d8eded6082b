"""Mixing along a path of nested models: what context-tree and partition-tree weighting share.

Both put, at every inner node of a tree, even odds on "one model here" against "split, and ask
below". The next symbol touches one path from the root to a leaf. Writing k_j for the node's own
prediction and s_j for the posterior probability that it splits, the path's predictions are
p_last = k_last and p_j = (1 - s_j) k_j + s_j p_{j+1}; p_0 is the mixture over all trees. Once x
has come, the odds of a split are multiplied by p_{j+1}(x) / k_j(x). Odds are kept as logarithms:
nothing under- or overflows however long the sequence is.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def mix_path(
    local: Float[Array, "level symbol"], log_odds: Float[Array, " inner"]
) -> Float[Array, "level symbol"]:
    """Return p_j for every level from the root's k_j, level 0, to the leaf's.

    `log_odds` has one entry fewer than there are levels: the leaf has nothing below it.
    """

    def up(below: Array, here: tuple[Array, Array]) -> tuple[Array, Array]:
        own, odds = here
        split = jax.nn.sigmoid(odds)
        mixed = (1 - split) * own + split * below
        return mixed, mixed

    mixed = jax.lax.scan(up, local[-1], (local[:-1], log_odds), reverse=True)[1]
    return jnp.concatenate([mixed, local[-1:]])


def reweigh(
    local: Float[Array, "level symbol"],
    mixed: Float[Array, "level symbol"],
    log_odds: Float[Array, " inner"],
    symbol: Int[Array, ""],
) -> Float[Array, " inner"]:
    """Return the log-odds of a split once the symbol has come, `mixed` as `mix_path` gave it."""
    return log_odds + jnp.log(mixed[1:, symbol]) - jnp.log(local[:-1, symbol])


def smoothed(
    counts: Float[Array, "level symbol"], concentration: float
) -> Float[Array, "level symbol"]:
    """Return (n_i + c) / (n + symbols × c) at every level; c = 1/2 is Krichevsky and Trofimov's."""
    weight = counts + concentration
    return weight / jnp.sum(weight, axis=-1, keepdims=True)
