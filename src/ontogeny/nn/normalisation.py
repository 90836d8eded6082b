"""Root-mean-square normalisation. Source: Zhang and Sennrich 2019 (arXiv 1910.07467)."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class RMSNorm(eqx.Module):
    """g x / sqrt(mean(x²) + 1e-6), over the last axis."""

    gain: Float[Array, " chan"]

    def __init__(self, width: int):
        self.gain = jnp.ones(width)

    def __call__(self, x: Float[Array, "*batch chan"]) -> Float[Array, "*batch chan"]:
        return x * jax.lax.rsqrt(jnp.mean(x**2, axis=-1, keepdims=True) + 1e-6) * self.gain
