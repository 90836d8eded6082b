"""Hopfield networks: bits as spins x of -1 and 1, stored in one symmetric matrix W.

    energy           E(x) = -1/2 x^T W x
    read             x_i <- sign(sum_j W_ij x_j), one spin after another: the energy never rises
    Hebb             W = 1/d sum_p x_p x_p^T                               (Hopfield 1982)
    Storkey          W += 1/d (x_i x_j - x_i h_ji - h_ij x_j), a pattern after another, with the
                     local field h_ij = sum over k, neither i nor j, of W_ik x_k  (Storkey 1997)
    pseudo-inverse   W = X^+ X, the projection on the patterns' span: as many patterns as are
                     linearly independent are fixed     (Personnaz, Guyon and Dreyfus 1985)

The diagonal is zero unless it is kept. Stored are the d (d - 1) / 2 numbers above it, for W is
symmetric; with the diagonal, d (d + 1) / 2.

Sources: Hopfield 1982, "Neural networks and physical systems with emergent collective computational
abilities" (PNAS 79); Storkey 1997, "Increasing the capacity of a Hopfield network without
sacrificing functionality" (ICANN); Personnaz, Guyon and Dreyfus 1985, "Information storage and
retrieval in spin-glass like neural networks" (J. Physique Lett. 46).
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ontogeny.core.errors import StructureError, unknown
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.learners.memory.spins import begun, check_reads, order_of, recall, to_spins


def hebb(spins: Float[Array, "pattern number"]) -> Float[Array, "number number"]:
    """Return Hebb's matrix."""
    return spins.T @ spins / spins.shape[1]


def storkey(spins: Float[Array, "pattern number"]) -> Float[Array, "number number"]:
    """Return Storkey's matrix, of the patterns in their order."""
    size = spins.shape[1]
    off = 1 - jnp.eye(size)

    def store(weights: Array, x: Array) -> tuple[Array, None]:
        without_i = weights @ x - jnp.diagonal(weights) * x
        local = without_i[:, None] - off * weights * x  # h_ij; where i is j it is left out once
        back = local * x  # h_ij x_j, whose transpose is x_i h_ji
        return weights + (jnp.outer(x, x) - back.T - back) / size, None

    return jax.lax.scan(store, jnp.zeros((size, size)), spins)[0]


def pseudo_inverse(spins: Float[Array, "pattern number"]) -> Float[Array, "number number"]:
    """Return the projection on the span of the patterns, dependent ones counted once."""
    overlaps = spins @ spins.T  # whole numbers, so that what is dependent stands out of rounding
    inverse = jnp.linalg.pinv(overlaps, rtol=10 * float(jnp.finfo(spins.dtype).eps), hermitian=True)
    return spins.T @ inverse @ spins


MATRICES: dict[str, Callable[[Array], Array]] = {
    "hebb": hebb,
    "storkey": storkey,
    "pseudo-inverse": pseudo_inverse,
}


def hopfield(
    rule: str = "hebb",
    *,
    keep_diagonal: bool = False,
    blank: bool = False,
    sweeps: int = 20,
    seed: int | None = 0,
) -> AssociativeMemory:
    """Return the network that stores bits by a rule ("hebb", "storkey" or "pseudo-inverse"),
    and reads [sweep + 1, *shape].

    What is not known begins as the query has it, or at zero (`blank`). The seed draws the order of
    a sweep, once; with None it is that of the places. Where all is given back after fewer sweeps,
    the rest change nothing. Pictures in grey are refused (`DataError`), since they would come back
    in black and white. Raises `ConfigError` for an unknown rule, or no sweep.

    >>> memory = hopfield("hebb")
    >>> bits = jnp.array([[0.0, 1, 0, 1], [1, 1, 0, 0]])
    >>> triangle = memory.write((), bits)
    >>> triangle.tolist()
    [0.0, 0.0, -0.5, -0.5, 0.0, 0.0]
    """
    if rule not in MATRICES:
        raise unknown("rule", rule, MATRICES, where="hopfield")
    name = f"Hopfield, {rule}"
    check_reads(name, sweeps, "sweeps")
    above = 0 if keep_diagonal else 1

    def write(params: tuple[()], patterns: Array) -> Array:
        spins = to_spins(patterns, name)
        return MATRICES[rule](spins)[np.triu_indices(spins.shape[1], above)]

    def read(params: tuple[()], stored: Array, query: Array, known: Array) -> Array:
        weights = matrix_of(stored, query.size, keep_diagonal)
        spins, held = begun(query, known, blank)
        order = order_of(query.size, seed)
        iterates = recall(weights, lambda i, fields, _: fields[i], spins, held, order, sweeps)
        return iterates.reshape(-1, *query.shape)

    return AssociativeMemory(name, lambda key: (), write, read)


def matrix_of(
    stored: Float[Array, " stored"], size: int, diagonal: bool = False
) -> Float[Array, "number number"]:
    """Return the symmetric matrix whose upper triangle is stored, with its diagonal or without.

    Raises `StructureError` when it is that of another size.
    """
    rows, columns = np.triu_indices(size, 0 if diagonal else 1)
    if stored.shape != rows.shape:
        raise StructureError(
            f"{stored.size} numbers are stored; of patterns of {size} they would be {rows.size}",
            where="hopfield",
            hint="ask with a query of the patterns' shape, one at a time",
        )
    upper = jnp.zeros((size, size)).at[rows, columns].set(stored)
    return jnp.where(jnp.eye(size, dtype=bool), upper, upper + upper.T)
