"""A diagonal state-space model whose rates depend on the input, as a core with memory.

    Δ = softplus(W x + b),   h ← exp(-Δ / τ) h + Δ (B x),   y = x + σ(G) ⊙ (C h + D x)

Each unit of the state forgets at a rate of its own, which an input may hurry or halt. The
recurrence is linear in h, so that a block of inputs is one parallel scan, of logarithmic depth.
Blocks follow each other: what is computed on then stays in a cache, and the time is linear in the
length.
Sources: Gu and Dao 2023 (Mamba, arXiv 2312.00752) for the selection, here with one state a
channel; Smith et al. 2023 (S5, arXiv 2208.04933) for the parallel scan.
"""

from __future__ import annotations

import functools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import ConfigError
from ontogeny.nn.dense import Dense
from ontogeny.nn.normalisation import RMSNorm

BLOCK = 1024  # inputs of one parallel scan
TIMES = (1.0, 1000.0)  # steps after which the units' states have begun to fade, at first


class Layer(eqx.Module):
    """One recurrence, read through a gate and added to what came in."""

    norm: RMSNorm
    hurry: Dense
    enter: Dense
    read: Dense
    log_time: Float[Array, " unit"]

    def __init__(self, width: int, *, key: Key[Array, ""]):
        hurry_key, enter_key, read_key = jax.random.split(key, 3)
        self.norm = RMSNorm(width)
        self.hurry = Dense(width, width, 0.1, key=hurry_key)
        self.enter = Dense(width, width, 1.0, key=enter_key)
        self.read = Dense(2 * width, 2 * width, 1.0, key=read_key)
        self.log_time = jnp.linspace(math.log(TIMES[0]), math.log(TIMES[1]), width)

    def change(
        self, x: Float[Array, "*time width"]
    ) -> tuple[Float[Array, "*time unit"], Float[Array, "*time unit"]]:
        """Return a and b of h ← a h + b, for every input."""
        x = self.norm(x)
        pace = jax.nn.softplus(self.hurry(x) + math.log(math.e - 1))  # 1 at first
        return jnp.exp(-pace * jnp.exp(-self.log_time)), pace * self.enter(x)

    def finish(
        self, x: Float[Array, "*time width"], h: Float[Array, "*time unit"]
    ) -> Float[Array, "*time width"]:
        """Return x with the gated reading of the state added."""
        # States of long memories sum many inputs: scaled to what a random walk would reach.
        scaled = h * jnp.exp(-0.5 * self.log_time)
        value, gate = jnp.split(self.read(jnp.concatenate([self.norm(x), scaled], -1)), 2, -1)
        return x + value * jax.nn.sigmoid(gate)


class StateSpace(eqx.Module):
    """Layers of diagonal recurrences with dense readings."""

    enter: Dense
    layers: tuple[Layer, ...]
    leave: RMSNorm

    def __init__(self, n_in: int, width: int, n_layers: int = 2, *, key: Key[Array, ""]):
        if min(width, n_layers) < 1:
            raise ConfigError(
                f"{n_layers} layers of width {width}", where="nn.StateSpace", hint="use 1 or more"
            )
        enter_key, *keys = jax.random.split(key, n_layers + 1)
        self.enter = Dense(n_in, width, 1.0, key=enter_key)
        self.layers = tuple(Layer(width, key=k) for k in keys)
        self.leave = RMSNorm(width)

    @property
    def n_out(self) -> int:
        """The width."""
        return self.enter.bias.shape[0]

    def begin(self) -> Float[Array, "layer unit"]:
        """Return h = 0."""
        return jnp.zeros((len(self.layers), self.n_out))

    def step(
        self, memory: Float[Array, "layer unit"], x: Float[Array, " n_in"]
    ) -> tuple[Float[Array, "layer unit"], Float[Array, " width"]]:
        """Return the states after one more input, and the features."""
        x = self.enter(x)
        states: list[Array] = []
        for h, layer in zip(memory, self.layers, strict=True):
            keep, add = layer.change(x)
            states.append(keep * h + add)
            x = layer.finish(x, states[-1])
        return jnp.stack(states), self.leave(x)

    def along(self, xs: Float[Array, "time n_in"]) -> Float[Array, "time width"]:
        """Return the features after every input: by blocks, a parallel scan a layer in each."""
        time = xs.shape[0]
        if time <= BLOCK:
            return self._read(self.begin(), xs)[1]
        padded = jnp.pad(xs, [(0, -time % BLOCK), (0, 0)])
        blocks = padded.reshape(-1, BLOCK, xs.shape[1])

        # Going back, a block is computed again: to store what its parallel scans would keep costs
        # more time, and memory that no cache holds.
        @functools.partial(jax.checkpoint, prevent_cse=False)
        def read(memory: Array, block: Array) -> tuple[Array, Array]:
            return self._read(memory, block)

        features = jax.lax.scan(read, self.begin(), blocks)[1]
        return features.reshape(-1, self.n_out)[:time]

    def _read(
        self, memory: Float[Array, "layer unit"], xs: Float[Array, "time n_in"]
    ) -> tuple[Float[Array, "layer unit"], Float[Array, "time width"]]:
        """Return the states after a block of inputs, and the features along it."""
        x = self.enter(xs)
        states: list[Array] = []
        for before, layer in zip(memory, self.layers, strict=True):
            keep, add = jax.lax.associative_scan(_then, layer.change(x))
            h = keep * before + add
            states.append(h[-1])
            x = layer.finish(x, h)
        return jnp.stack(states), self.leave(x)


def _then(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return the change h ← a h + b that is the second after the first."""
    return first[0] * second[0], second[0] * first[1] + second[1]
