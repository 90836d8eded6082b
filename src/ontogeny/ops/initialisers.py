"""A random matrix with orthonormal columns (or rows), by Gram-Schmidt.

Why not a QR factorisation: jax's calls LAPACK, and under `jit` on a CPU with more than one host
device that call can wait for ever for the threads that its caller holds (measured with jax 0.10.1:
2 devices on 2 cores, 16 matrices of 400 by 64, it hung in about every second process). This is
products and sums only.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key


def orthogonal(
    key: Key[Array, ""], n_rows: int, n_columns: int
) -> Float[Array, "n_rows n_columns"]:
    """Return a matrix drawn uniformly from those whose columns (rows, if it is wide) are
    orthonormal.

    Each Gaussian column loses its parts along the columns before it, and is scaled to length one.
    Taking them off twice makes up for rounding (Giraud, Langou and Rozloznik 2005, "twice is
    enough").
    """
    tall, wide = max(n_rows, n_columns), min(n_rows, n_columns)
    gaussian = jax.random.normal(key, (wide, tall))

    def add(basis: Array, now: tuple[Array, Array]) -> tuple[Array, None]:
        number, vector = now
        for _ in range(2):
            vector = vector - (basis @ vector) @ basis
        return basis.at[number].set(vector / jnp.linalg.norm(vector)), None

    start = jnp.zeros((wide, tall))
    basis, _ = jax.lax.scan(add, start, (jnp.arange(wide), gaussian))
    return basis.T if n_rows >= n_columns else basis
