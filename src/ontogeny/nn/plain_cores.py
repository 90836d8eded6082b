"""What stands where a core with memory does: a dense layer that remembers nothing, and a sum of
both.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.nn.dense import Dense
from ontogeny.nn.recurrent import GRU, LSTM


class DenseCore(eqx.Module):
    """tanh(W x + b), the memory being nothing."""

    layer: Dense

    def __init__(self, n_in: int, n_units: int, *, key: Key[Array, ""]):
        self.layer = Dense(n_in, n_units, 2**0.5, key=key)

    @property
    def n_out(self) -> int:
        """How many units there are."""
        return self.layer.bias.shape[0]

    def begin(self) -> Any:
        """Return nothing."""
        return ()

    def step(self, memory: Any, x: Float[Array, " n_in"]) -> tuple[Any, Float[Array, " unit"]]:
        """Return the memory as it is, and the features."""
        return memory, jnp.tanh(self.layer(x))


class SummedCore(eqx.Module):
    """A core with memory and a dense layer beside it, which is a way around the memory."""

    core: GRU | LSTM
    around: DenseCore

    def __init__(self, kind: type[GRU] | type[LSTM], n_in: int, n_units: int, *, key: Any):
        core_key, around_key = jax.random.split(key)
        self.core = kind(n_in, n_units, key=core_key)
        self.around = DenseCore(n_in, n_units, key=around_key)

    @property
    def n_out(self) -> int:
        """How many units there are."""
        return self.core.n_out

    def begin(self) -> Any:
        """Return the memory's begin."""
        return self.core.begin()

    def step(self, memory: Any, x: Float[Array, " n_in"]) -> tuple[Any, Float[Array, " unit"]]:
        """Return the memory after x, and the sum of what both make of x."""
        memory, features = self.core.step(memory, x)
        return memory, features + self.around.step((), x)[1]
