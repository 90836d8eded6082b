"""Nearest neighbour: every pattern is kept, and the nearest to the query given back.

    read   the x_p of least |x_p - query|^2, over the numbers that are known; over all, if none are

Of n patterns of d numbers it stores n d. Where every pattern is asked for as often, and noise is
Gaussian or a bit is as likely wrong as any other, no reader is right more often.

Source: Cover and Hart 1967, "Nearest neighbor pattern classification" (IEEE Trans. Inf. Theory 13).
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.learners.memory.spins import check_query


def nearest_neighbour() -> AssociativeMemory:
    """Return the memory, which reads [2, *shape]: the query, and the nearest pattern, the earlier
    of two as near. Reading raises `StructureError` for a query of another shape.
    """

    def read(params: tuple[()], stored: Array, query: Array, known: Array) -> Array:
        check_query("nearest neighbour", stored.shape[1:], query)
        counted = known | ~jnp.any(known)
        apart = jnp.where(counted, stored - query, 0.0).reshape(stored.shape[0], -1)
        return jnp.stack([query, stored[jnp.argmin(jnp.sum(apart**2, axis=1))]])

    return AssociativeMemory(
        "nearest neighbour", lambda key: (), lambda params, patterns: patterns, read
    )
