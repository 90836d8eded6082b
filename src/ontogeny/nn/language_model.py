"""A causal Transformer over tokens: the logits of the token that comes next, after each one.

Along a text all at once, or token by token with a memory, its keys and values; `write` goes on with
a text, drawing each token from what the ones before it say, as one scan.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from ontogeny.nn.attention import Read, Transformer
from ontogeny.nn.causal_attention import causal_attention
from ontogeny.nn.dense import Dense

TOGETHER = Read._make([0, 0, None])  # texts of one length share the place in their memories


class LanguageModel(eqx.Module):
    """A Transformer whose inputs are tokens, and an affine head, which begins near zero."""

    core: Transformer
    head: Dense

    def __init__(
        self,
        n_tokens: int,
        width: int,
        n_layers: int,
        n_heads: int,
        context: int,
        *,
        key: Key[Array, ""],
    ):
        core_key, token_key, head_key = jax.random.split(key, 3)
        core = Transformer(n_tokens, width, n_layers, n_heads, context, key=core_key)
        # a token is a row: of about the size of what a block adds, or it would be lost in it
        rows = 0.5 * jax.random.normal(token_key, (n_tokens, width))
        self.core = eqx.tree_at(lambda whole: whole.enter.weight, core, rows)
        self.head = Dense(width, n_tokens, 0.01, key=head_key)

    @property
    def n_tokens(self) -> int:
        """How many tokens there are."""
        return self.head.bias.shape[0]

    def along(self, tokens: Int[Array, "*batch time"]) -> Float[Array, "*batch time token"]:
        """Return the logits after every token of a text, or of each of several. Longer than the
        context is nothing new: each sees the last `context` tokens.
        """
        rows, width = tokens.reshape(-1, tokens.shape[-1]), self.core.n_out
        x = self._enter(rows).reshape(-1, width)  # places of all texts in one matrix
        for block in self.core.blocks:
            split = block.project(block.first(x)).reshape(*rows.shape, 3, block.n_heads, -1)
            query, key, value = jnp.transpose(split, (2, 0, 3, 1, 4))
            read: Any = causal_attention(query, key, value, self.core.context)
            x = block.finish(
                x, jnp.transpose(read, (0, 2, 1, 3)).reshape(x.shape[0], block.n_heads, -1)
            )
        return self.head(self.core.leave(x)).reshape(*tokens.shape, -1)

    def begin(self) -> Read:
        """Return that nothing was read."""
        return self.core.begin()

    def step(self, memory: Read, token: Int[Array, ""]) -> tuple[Read, Float[Array, " token"]]:
        """Return what has been read with the token, and the logits of the next."""
        memory, features = self.core.step_entered(memory, self._enter(token))
        return memory, self.head(features)

    def write(
        self,
        key: Key[Array, ""],
        texts: Int[Array, "batch time"],
        given: Int[Array, ""] | int,
        temperature: Float[Array, ""] | float = 1.0,
    ) -> Int[Array, "batch time"]:
        """Return the texts with all but their first `given` tokens (1 or more) written anew.

        Each is drawn from softmax(logits / temperature): at 0 the likeliest.
        """
        batch, time = texts.shape
        forced = texts.T
        memory = jax.tree.map(lambda one: jnp.broadcast_to(one, (batch, *one.shape)), self.begin())
        memory = memory._replace(inputs=jnp.int32(0))
        together = jax.vmap(self.step, (TOGETHER, 0), (TOGETHER, 0))

        def one(now: tuple[Read, Array], place: Array) -> tuple[tuple[Read, Array], Array]:
            memory, token = now
            memory, logits = together(memory, token)
            drawn = draw(jax.random.fold_in(key, place), logits, temperature)
            token = jnp.where(place < given, forced[place], drawn.astype(token.dtype))
            return (memory, token), token

        _, rest = jax.lax.scan(one, (memory, forced[0]), jnp.arange(1, time))
        return jnp.concatenate([forced[:1], rest]).T

    def _enter(self, tokens: Int[Array, "*time"]) -> Float[Array, "*time width"]:
        """Return the tokens' rows."""
        return _rows(self.core.enter.weight, tokens) + self.core.enter.bias


def draw(
    key: Key[Array, ""], logits: Float[Array, "*batch token"], temperature: Float[Array, ""] | float
) -> Int[Array, "*batch"]:
    """Return tokens drawn from softmax(logits / temperature), at 0 the likeliest: argmax of the
    logits and Gumbel noise of that size.
    """
    noise = jax.random.gumbel(key, logits.shape)
    return jnp.argmax(logits + temperature * noise, axis=-1)


@jax.custom_vjp
def _rows(table: Float[Array, "token width"], tokens: Int[Array, "*time"]) -> Array:
    """Return rows of a table. Its gradient is a product with the tokens as one-hot vectors, and not
    a scatter, which is slow on a CPU.
    """
    return table[tokens]


def _rows_forward(table: Array, tokens: Array) -> tuple[Array, tuple[Array, int]]:
    return table[tokens], (tokens, table.shape[0])


def _rows_back(kept: tuple[Array, int], slope: Array) -> tuple[Array, None]:
    tokens, n_tokens = kept
    chosen = jax.nn.one_hot(tokens, n_tokens, dtype=slope.dtype)
    rows = chosen.reshape(-1, n_tokens).T @ slope.reshape(-1, slope.shape[-1])
    return rows, None


_rows.defvjp(_rows_forward, _rows_back)
