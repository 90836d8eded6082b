"""Dropout: inputs set to zero at random, the others scaled up.

Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key


def dropped(
    key: Key[Array, ""], inputs: Float[Array, "*rows feature"], rate: Float[Array, ""] | float
) -> Float[Array, "*rows feature"]:
    """Return the inputs, each zero with probability `rate` (which may be traced) and divided by
    1 - rate otherwise, so that the mean stays.

    Sixteen random bits decide a number, which halves the cost of the draw; the rate is rounded to
    1 / 65536, and the scale is that of the rounded one.
    """
    kept = jnp.clip(jnp.round((1.0 - rate) * 65536), 1, 65536)
    bits = jax.random.bits(key, inputs.shape, jnp.uint16)
    return jnp.where(bits < kept, inputs * (65536 / kept), 0.0)
