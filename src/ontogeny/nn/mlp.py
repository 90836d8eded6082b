"""A torso of dense layers: any observation in, features out."""

from __future__ import annotations

import math
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.nn.dense import Dense

ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu}


class MLP(eqx.Module):
    """Dense layers of the given widths, each followed by the activation. The observation is
    flattened first.
    """

    layers: tuple[Dense, ...]
    activation: Literal["tanh", "relu"] = eqx.field(static=True)

    def __init__(
        self,
        n_in: int,
        widths: tuple[int, ...],
        activation: Literal["tanh", "relu"] = "tanh",
        *,
        key: Key[Array, ""],
    ):
        sizes = (n_in, *widths)
        keys = jax.random.split(key, max(len(widths), 1))
        self.activation = activation
        self.layers = tuple(
            Dense(a, b, math.sqrt(2), key=k)
            for a, b, k in zip(sizes[:-1], widths, keys, strict=False)
        )

    @property
    def n_out(self) -> int:
        """How many features come out."""
        return self.layers[-1].bias.shape[-1]

    def __call__(self, observation: Float[Array, "..."]) -> Float[Array, " feature"]:
        x = observation.reshape(-1)
        for layer in self.layers:
            x = ACTIVATIONS[self.activation](layer(x))
        return x
