"""A causal Transformer as a core with memory: its memory is all that it has read.

    x ← x + softmax(q k' / sqrt(d) - slope (t - s)) v,   x ← x + MLP(norm(x))

over the last `context` inputs. Positions enter as a penalty on distance alone, one slope a head, so
that a longer sequence than was trained on is nothing new.
Sources: Vaswani et al. 2017 (arXiv 1706.03762); Press et al. 2022 (ALiBi, arXiv 2108.12409).
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from ontogeny.core.errors import ConfigError
from ontogeny.nn.dense import Dense
from ontogeny.nn.normalisation import RMSNorm

WIDEN = 2  # the dense layers' hidden width over the block's


class Block(eqx.Module):
    """Attention and two dense layers, each added to what came in."""

    first: RMSNorm
    project: Dense
    merge: Dense
    second: RMSNorm
    widen: Dense
    narrow: Dense
    n_heads: int = eqx.field(static=True)

    def __init__(self, width: int, n_heads: int, *, key: Key[Array, ""]):
        keys = jax.random.split(key, 4)
        self.first, self.second = RMSNorm(width), RMSNorm(width)
        self.project = Dense(width, 3 * width, 1.0, key=keys[0])
        self.merge = Dense(width, width, 0.5, key=keys[1])
        self.widen = Dense(width, WIDEN * width, 1.0, key=keys[2])
        self.narrow = Dense(WIDEN * width, width, 0.5, key=keys[3])
        self.n_heads = n_heads

    def heads(
        self, x: Float[Array, "*time width"]
    ) -> tuple[
        Float[Array, "*time head d"], Float[Array, "*time head d"], Float[Array, "*time head d"]
    ]:
        """Return the queries, keys and values of some inputs."""
        whole = self.project(self.first(x))
        split = whole.reshape(*x.shape[:-1], 3, self.n_heads, -1)
        return split[..., 0, :, :], split[..., 1, :, :], split[..., 2, :, :]

    def finish(
        self, x: Float[Array, "*time width"], read: Float[Array, "*time head d"]
    ) -> Float[Array, "*time width"]:
        """Return x with what was read added, and the dense layers of that."""
        x = x + self.merge(read.reshape(x.shape))
        return x + self.narrow(jax.nn.gelu(self.widen(self.second(x))))


class Read(NamedTuple):
    """The keys and values of the last inputs, newest at `inputs - 1` modulo the context."""

    keys: Float[Array, "layer context head d"]
    values: Float[Array, "layer context head d"]
    inputs: Int[Array, ""]


class Transformer(eqx.Module):
    """Blocks of causal attention over the last `context` inputs."""

    enter: Dense
    blocks: tuple[Block, ...]
    leave: RMSNorm
    context: int = eqx.field(static=True)

    def __init__(
        self,
        n_in: int,
        width: int,
        n_layers: int = 2,
        n_heads: int = 4,
        context: int = 256,
        *,
        key: Key[Array, ""],
    ):
        if width % n_heads or min(n_layers, n_heads, context) < 1:
            raise ConfigError(
                f"{n_heads} heads on a width of {width}, {n_layers} layers, context {context}",
                where="nn.Transformer",
                hint="use 1 or more of each, and a width that the heads divide",
            )
        enter_key, *keys = jax.random.split(key, n_layers + 1)
        self.enter = Dense(n_in, width, 1.0, key=enter_key)
        self.blocks = tuple(Block(width, n_heads, key=k) for k in keys)
        self.leave = RMSNorm(width)
        self.context = context

    @property
    def n_out(self) -> int:
        """The width."""
        return self.enter.bias.shape[0]

    @property
    def n_heads(self) -> int:
        """How many heads a block has."""
        return self.blocks[0].n_heads

    def begin(self) -> Read:
        """Return that nothing was read."""
        shape = (len(self.blocks), self.context, self.n_heads, self.n_out // self.n_heads)
        return Read(jnp.zeros(shape), jnp.zeros(shape), jnp.int32(0))

    def step(self, memory: Read, x: Float[Array, " n_in"]) -> tuple[Read, Float[Array, " width"]]:
        """Return what has been read with the input, and its features."""
        return self.step_entered(memory, self.enter(x))

    def step_entered(
        self, memory: Read, x: Float[Array, " width"]
    ) -> tuple[Read, Float[Array, " width"]]:
        """Return the same, given what `enter` makes of the input."""
        keys, values, inputs = memory
        place = inputs % self.context
        ago = (place - jnp.arange(self.context)) % self.context
        for number, block in enumerate(self.blocks):
            query, key, value = block.heads(x)
            keys = keys.at[number, place].set(key)
            values = values.at[number, place].set(value)
            read = self._attend(
                query[None], keys[number], values[number], ago[None], (ago <= inputs)[None]
            )
            x = block.finish(x, read[0])
        return Read(keys, values, inputs + 1), self.leave(x)

    def along(self, xs: Float[Array, "time n_in"]) -> Float[Array, "time width"]:
        """Return the features after every input, all at once."""
        time = jnp.arange(xs.shape[0])
        ago = time[:, None] - time
        seen = (ago >= 0) & (ago < self.context)
        x = self.enter(xs)
        for block in self.blocks:
            query, key, value = block.heads(x)
            x = block.finish(x, self._attend(query, key, value, ago, seen))
        return self.leave(x)

    def _attend(
        self,
        query: Float[Array, "time head d"],
        key: Float[Array, "past head d"],
        value: Float[Array, "past head d"],
        ago: Int[Array, "time past"],
        seen: Bool[Array, "time past"],
    ) -> Float[Array, "time head d"]:
        slope = 2.0 ** (-8.0 * jnp.arange(1, self.n_heads + 1) / self.n_heads)
        match = jnp.einsum("thd,phd->htp", query, key) / jnp.sqrt(query.shape[-1])
        match = jnp.where(seen, match - slope[:, None, None] * ago, -jnp.inf)
        return jnp.einsum("htp,phd->thd", jax.nn.softmax(match), value)
