"""An affine layer whose weight begins orthogonal.

Source: Saxe, McClelland and Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in
deep linear neural networks" (arXiv 1312.6120).
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.ops.initialisers import orthogonal


class Dense(eqx.Module):
    """y = x W + b, W of shape [n_in, n_out]: a batch of rows is then one plain matrix product."""

    weight: Float[Array, "n_in n_out"]
    bias: Float[Array, " n_out"]

    def __init__(self, n_in: int, n_out: int, gain: float, *, key: Key[Array, ""]):
        self.weight = gain * orthogonal(key, n_in, n_out)
        self.bias = jnp.zeros(n_out)

    def __call__(self, x: Float[Array, "*rows n_in"]) -> Float[Array, "*rows n_out"]:
        return x @ self.weight + self.bias
