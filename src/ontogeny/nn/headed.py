"""A torso and an affine head: a network whose last layer can be told from the rest."""

from __future__ import annotations

import math
from typing import Literal

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key

from ontogeny.nn.dense import Dense
from ontogeny.nn.mlp import MLP


class Headed(eqx.Module):
    """head(torso(x)): an input of any shape in, `n_out` numbers out."""

    torso: MLP
    head: Dense

    def __init__(
        self,
        shape: tuple[int, ...],
        n_out: int,
        widths: tuple[int, ...],
        activation: Literal["tanh", "relu"] = "relu",
        *,
        key: Key[Array, ""],
    ):
        torso_key, head_key = jax.random.split(key)
        self.torso = MLP(math.prod(shape), widths, activation, key=torso_key)
        self.head = Dense(widths[-1], n_out, 1.0, key=head_key)

    def __call__(self, x: Float[Array, "*shape"]) -> Float[Array, " n_out"]:
        return self.head(self.torso(x))
