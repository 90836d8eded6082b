"""A Transformer that reads a sentence of one language and says one of another.

The encoder's tokens attend to all of the source; the decoder's attend to what has been said, and to
what the encoder made of the source. Three rates of dropout, each a number that may change while it
learns: on attention weights, on what a layer adds, and after the ReLU. Token embeddings are shared
by both sides and by the output.

Source: Vaswani et al. 2017 (arXiv 1706.03762), with the normalisation before each part.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from ontogeny.core.errors import ConfigError
from ontogeny.nn.dense import Dense
from ontogeny.nn.normalisation import RMSNorm

BITS = 2**16  # a dropout rate counts in steps of 1 / BITS: short random numbers are drawn faster


class Dropout(NamedTuple):
    """The three rates, and the key that says what is dropped."""

    key: Key[Array, ""]
    attention: Float[Array, ""]
    layer: Float[Array, ""]
    relu: Float[Array, ""]

    def of(self, number: int) -> Dropout:
        """Return the same rates with the key of another place."""
        return self._replace(key=jax.random.fold_in(self.key, number))


class Heads(NamedTuple):
    """Keys and values of tokens that can be attended to."""

    keys: Float[Array, "time head d"]
    values: Float[Array, "time head d"]


def dropped(
    key: Key[Array, ""], rate: Float[Array, ""], x: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Return x with each number 0 at the rate, and the others scaled up to make up for it."""
    kept = jax.random.bits(key, x.shape, jnp.uint16) >= rate * BITS
    return jnp.where(kept, x / (1 - rate), 0.0)


class Attention(eqx.Module):
    """Queries from one sequence, keys and values from the same or another."""

    query: Dense
    read: Dense
    merge: Dense
    n_heads: int = eqx.field(static=True)

    def __init__(self, width: int, n_heads: int, *, key: Key[Array, ""]):
        query_key, read_key, merge_key = jax.random.split(key, 3)
        self.query = Dense(width, width, 1.0, key=query_key)
        self.read = Dense(width, 2 * width, 1.0, key=read_key)
        self.merge = Dense(width, width, 0.5, key=merge_key)
        self.n_heads = n_heads

    def heads(self, x: Float[Array, "time width"]) -> Heads:
        """Return what can be attended to in the tokens."""
        both = self.read(x).reshape(x.shape[0], 2, self.n_heads, -1)
        return Heads(both[:, 0], both[:, 1])

    def __call__(
        self,
        x: Float[Array, "time width"],
        heads: Heads,
        seen: Bool[Array, "#time past"],
        drop: Dropout | None,
    ) -> Float[Array, "time width"]:
        """Return what the tokens read, each where it has `seen`."""
        query = self.query(x).reshape(x.shape[0], self.n_heads, -1)
        match = jnp.einsum("thd,phd->htp", query, heads.keys) / math.sqrt(query.shape[-1])
        weights = jax.nn.softmax(jnp.where(seen, match, -1e9))
        if drop is not None:
            weights = dropped(drop.key, drop.attention, weights)
        return self.merge(jnp.einsum("htp,phd->thd", weights, heads.values).reshape(x.shape))


class FeedForward(eqx.Module):
    """Two dense layers with a ReLU between them."""

    widen: Dense
    narrow: Dense

    def __init__(self, width: int, wide: int, *, key: Key[Array, ""]):
        widen_key, narrow_key = jax.random.split(key)
        self.widen = Dense(width, wide, math.sqrt(2), key=widen_key)
        self.narrow = Dense(wide, width, 0.5, key=narrow_key)

    def __call__(
        self, x: Float[Array, "time width"], drop: Dropout | None
    ) -> Float[Array, "time width"]:
        hidden = jax.nn.relu(self.widen(x))
        return self.narrow(hidden if drop is None else dropped(drop.key, drop.relu, hidden))


class Layer(eqx.Module):
    """Attention to its own side, in a decoder also to the other, and two dense layers."""

    norms: tuple[RMSNorm, ...]
    own: Attention
    other: Attention | None
    dense: FeedForward

    def __init__(self, width: int, n_heads: int, wide: int, other: bool, *, key: Key[Array, ""]):
        own_key, other_key, dense_key = jax.random.split(key, 3)
        self.norms = tuple(RMSNorm(width) for _ in range(3 if other else 2))
        self.own = Attention(width, n_heads, key=own_key)
        self.other = Attention(width, n_heads, key=other_key) if other else None
        self.dense = FeedForward(width, wide, key=dense_key)

    def heads(self, x: Float[Array, "time width"]) -> Heads:
        """Return what can be attended to on its own side."""
        return self.own.heads(self.norms[0](x))

    def __call__(
        self,
        x: Float[Array, "time width"],
        heads: Heads,
        seen: Bool[Array, "#time past"],
        other: tuple[Heads, Bool[Array, " past"]] | None = None,
        drop: Dropout | None = None,
    ) -> Float[Array, "time width"]:
        """Return the tokens after the layer."""

        def add(x: Array, number: int, change: Array) -> Array:
            if drop is not None:
                change = dropped(drop.of(2 * number).key, drop.layer, change)
            return x + change

        def place(number: int) -> Dropout | None:
            return None if drop is None else drop.of(2 * number + 1)

        x = add(x, 0, self.own(self.norms[0](x), heads, seen, place(0)))
        if self.other is not None and other is not None:
            x = add(x, 1, self.other(self.norms[1](x), other[0], other[1][None], place(1)))
        return add(x, 2, self.dense(self.norms[-1](x), place(2)))


class EncoderDecoder(eqx.Module):
    """Token ids [time] in, the logits of the tokens of the other language out.

    Token 0 fills a source up to its shape and is not attended to. `begin` is the token that the
    target begins with, and `end` the one that ends it.
    """

    tokens: Float[Array, "token width"]
    source_places: Float[Array, "time width"]
    target_places: Float[Array, "time width"]
    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]
    encoded: RMSNorm
    leave: RMSNorm

    def __init__(
        self,
        n_tokens: int,
        time: int,
        width: int,
        wide: int,
        n_layers: int,
        n_heads: int,
        *,
        key: Key[Array, ""],
    ):
        if width % n_heads or min(n_tokens, time, wide, n_layers, n_heads) < 1:
            raise ConfigError(
                f"{n_heads} heads on a width of {width}, {n_layers} layers, {n_tokens} tokens, "
                f"sentences of {time}",
                where="nn.EncoderDecoder",
                hint="use 1 or more of each, and a width that the heads divide",
            )
        keys = jax.random.split(key, 3 + 2 * n_layers)
        scale = 1 / math.sqrt(width)
        self.tokens = scale * jax.random.normal(keys[0], (n_tokens, width))
        self.source_places = scale * jax.random.normal(keys[1], (time, width))
        self.target_places = scale * jax.random.normal(keys[2], (time, width))
        self.encoder = tuple(Layer(width, n_heads, wide, False, key=k) for k in keys[3::2])
        self.decoder = tuple(Layer(width, n_heads, wide, True, key=k) for k in keys[4::2])
        self.encoded, self.leave = RMSNorm(width), RMSNorm(width)

    def __call__(
        self,
        source: Int[Array, " time"],
        said: Int[Array, " length"],
        drop: Dropout | None = None,
    ) -> Float[Array, "length token"]:
        """Return the logits of what comes after each of the tokens said so far."""
        read, there = self._encode(source, drop)
        seen = jnp.tri(said.shape[0], dtype=bool)
        x = self._embed(said, self.target_places[: said.shape[0]])
        for number, layer in enumerate(self.decoder):
            place = None if drop is None else drop.of(len(self.encoder) + number)
            x = layer(x, layer.heads(x), seen, (read[number], there), place)
        return self._logits(x)

    def translate(
        self, source: Int[Array, " time"], begin: int, end: int | Int[Array, ""]
    ) -> tuple[Int[Array, " time"], Int[Array, ""]]:
        """Return the likeliest token after the likeliest token …, and how many come before the end.

        One scan, which keeps the keys and values of what was said.
        """
        read, there = self._encode(source, None)
        time, width = self.target_places.shape
        n_heads = self.decoder[0].own.n_heads
        none = jnp.zeros((len(self.decoder), time, n_heads, width // n_heads))

        def say(
            now: tuple[Heads, Array], place: Array
        ) -> tuple[tuple[Heads, Array], Int[Array, ""]]:
            heads, token = now
            x = self._embed(token[None], self.target_places[place][None])
            seen = (jnp.arange(time) <= place)[None]
            for number, layer in enumerate(self.decoder):
                new = layer.heads(x)
                heads = Heads(
                    heads.keys.at[number, place].set(new.keys[0]),
                    heads.values.at[number, place].set(new.values[0]),
                )
                own = Heads(heads.keys[number], heads.values[number])
                x = layer(x, own, seen, (read[number], there))
            token = jnp.argmax(self._logits(x)[0]).astype(jnp.int32)
            return (heads, token), token

        first = Heads(none, none), jnp.int32(begin)
        _, said = jax.lax.scan(say, first, jnp.arange(time))
        ended = said == end
        return said, jnp.where(jnp.any(ended), jnp.argmax(ended), time).astype(jnp.int32)

    def _encode(
        self, source: Int[Array, " time"], drop: Dropout | None
    ) -> tuple[list[Heads], Bool[Array, " time"]]:
        """Return what each layer of the decoder attends to in the source, and where a token is."""
        there = source != 0
        x = self._embed(source, self.source_places)
        for number, layer in enumerate(self.encoder):
            x = layer(
                x, layer.heads(x), there[None], None, None if drop is None else drop.of(number)
            )
        x = self.encoded(x)
        return [layer.other.heads(x) for layer in self.decoder if layer.other is not None], there

    def _embed(
        self, tokens: Int[Array, " length"], places: Float[Array, "length width"]
    ) -> Float[Array, "length width"]:
        return math.sqrt(self.tokens.shape[1]) * (self.tokens[tokens] + places)

    def _logits(self, x: Float[Array, "length width"]) -> Float[Array, "length token"]:
        return self.leave(x) @ self.tokens.T
