"""What the meta-trained baselines have in common: patterns in, codes and features; codes out, a
pattern; and reading, which answers again and again.

    features = see(pattern, known)     a dense layer for vectors, an encoder for pictures
    x_{k+1}  = the query where it is known, else show(the code that the memory answers to x_k)

What is known to be right and what is not go in apart, as channels of their own, so that the network
can trust the one and not the other. Patterns that are written are known throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.config import at_least
from ontogeny.learners.memory.memory import AssociativeMemory, Stored
from ontogeny.nn.dense import Dense
from ontogeny.nn.parting import part
from ontogeny.nn.picture_coder import Decoder, Encoder, centred, image_shape


@dataclass(frozen=True)
class CoderConfig:
    """Networks before and behind a memory, and how often it answers. None of this is stored."""

    features: int = 128
    """That a pattern is seen as, and units of the layer that shows a vector."""
    filters: tuple[int, ...] = (32, 64, 96)
    """Of the blocks of a picture's encoder, each of which halves it, and of the decoder."""
    reads: int = 3
    """How often the answer is put in for what isn't known of the query, and read again."""

    def __post_init__(self) -> None:
        at_least(self, 1, "features", "reads", where="coder.")


class Coder(eqx.Module):
    """Sees patterns of a shape as features, and shows codes as patterns."""

    enter: Dense | Encoder
    leave: tuple[Dense, Dense] | Decoder
    shape: tuple[int, ...] = eqx.field(static=True)

    def __init__(
        self, config: CoderConfig, shape: tuple[int, ...], n_code: int, *, key: Key[Array, ""]
    ):
        keys = jax.random.split(key, 3)
        self.shape, features = shape, config.features
        if len(shape) == 1:
            self.enter = Dense(2 * shape[0], features, 1.0, key=keys[0])
            first = Dense(n_code, features, math.sqrt(2), key=keys[1])
            self.leave = (first, Dense(features, shape[0], 1.0, key=keys[2]))
        else:
            height, width, channels = image_shape(shape, "coder")
            apart = (height, width, 2 * channels)
            self.enter = Encoder(apart, config.filters, features, key=keys[0])
            self.leave = Decoder(shape, config.filters, n_code, key=keys[1])

    def see(
        self, pattern: Float[Array, "..."], known: Bool[Array, "..."]
    ) -> Float[Array, " feature"]:
        """Return a pattern's features."""
        x = centred(pattern)
        apart = jnp.stack([jnp.where(known, x, 0.0), jnp.where(known, 0.0, x)], axis=-1)
        if isinstance(self.enter, Encoder):
            return self.enter(apart)
        return jax.nn.silu(self.enter(apart.reshape(-1)))

    def see_all(self, patterns: Float[Array, "pattern ..."]) -> Float[Array, "pattern feature"]:
        """Return the features of patterns that are written."""
        return jax.vmap(lambda pattern: self.see(pattern, jnp.ones(self.shape, bool)))(patterns)

    def show(self, code: Float[Array, " code"]) -> Float[Array, "..."]:
        """Return the pattern of a code, in [0, 1]."""
        if isinstance(self.leave, Decoder):
            return self.leave(code)
        first, last = self.leave
        return jax.nn.sigmoid(last(jax.nn.silu(first(code))))


class MemoryNetwork(Protocol):
    """What is meta-learned of a memory, and how it writes and answers once."""

    def write(self, patterns: Float[Array, "pattern ..."]) -> Stored:
        """Return what is stored of the patterns."""
        ...

    def answer(
        self, stored: Any, x: Float[Array, "..."], known: Bool[Array, "..."], /
    ) -> Float[Array, "..."]:
        """Return the answer to x, of which some is known."""
        ...


def network_memory(
    name: str, make: Callable[[Key[Array, ""]], MemoryNetwork], reads: int
) -> AssociativeMemory:
    """Return the memory that a network is, whose answers are asked again, known numbers held."""
    network = part(make)

    def write(params: Any, patterns: Array) -> Stored:
        return network.whole(params).write(patterns)

    def read(params: Any, stored: Stored, query: Array, known: Array) -> Array:
        whole = network.whole(params)

        def again(x: Array, _: None) -> tuple[Array, Array]:
            x = jnp.where(known, query, whole.answer(stored, x, known))
            return x, x

        after = jax.lax.scan(again, query, None, length=reads)[1]
        return jnp.concatenate([query[None], after])

    return AssociativeMemory(name, network.init, write, read)
