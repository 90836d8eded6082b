"""Causal attention along whole texts, with a gradient of its own, for a CPU.

    read = P v,  P = softmax(q k' / sqrt(d) - slope (t - s)) over s <= t

as in `nn.attention`, to rounding. Two halves of a text are read one after the other, so that the
first never looks at the second; and what goes back keeps P alone:

    dv = P' g,  ds = P (g v' - sum(g read)),  dq = ds k,  dk = ds' q

Source of the last: Dao et al. 2022, FlashAttention (arXiv 2205.14135), appendix B.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Kept = tuple[Array, Array, Array, list[Array], Array]


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def causal_attention(
    query: Float[Array, "batch head time d"],
    key: Float[Array, "batch head time d"],
    value: Float[Array, "batch head time d"],
    context: int,
) -> Float[Array, "batch head time d"]:
    """Return what is read at every place, of itself and the `context - 1` before it."""
    return _forward(query, key, value, context)[0]


def _forward(query: Array, key: Array, value: Array, context: int) -> tuple[Array, Kept]:
    query = query / math.sqrt(query.shape[-1])
    read: list[Array] = []
    weights: list[Array] = []
    for begin, end in _halves(query.shape[2]):
        match = jnp.einsum("bhtd,bhpd->bhtp", query[:, :, begin:end], key[:, :, :end])
        match = match + _penalty(query.shape[1], begin, end, context)
        each = jnp.exp(match - jnp.max(match, axis=-1, keepdims=True))
        each = each * (1 / jnp.sum(each, axis=-1, keepdims=True))
        read.append(jnp.einsum("bhtp,bhpd->bhtd", each, value[:, :, :end]))
        weights.append(each)
    whole = jnp.concatenate(read, axis=2)
    return whole, (query, key, value, weights, whole)


def _back(context: int, kept: Kept, slope: Array) -> tuple[Array, Array, Array]:
    del context
    query, key, value, weights, read = kept
    time = query.shape[2]
    taken = jnp.sum(slope * read, axis=-1, keepdims=True)
    queries: list[Array] = []
    keys, values = jnp.zeros_like(key), jnp.zeros_like(value)
    for (begin, end), each in zip(_halves(time), weights, strict=True):
        here, none = slope[:, :, begin:end], ((0, 0), (0, 0), (0, time - end), (0, 0))
        match = jnp.einsum("bhtd,bhpd->bhtp", here, value[:, :, :end])
        match = each * (match - taken[:, :, begin:end])
        queries.append(jnp.einsum("bhtp,bhpd->bhtd", match, key[:, :, :end]))
        back = jnp.einsum("bhtp,bhtd->bhpd", match, query[:, :, begin:end])
        keys += jnp.pad(back, none)
        values += jnp.pad(jnp.einsum("bhtp,bhtd->bhpd", each, here), none)
    return jnp.concatenate(queries, axis=2) / math.sqrt(query.shape[-1]), keys, values


causal_attention.defvjp(_forward, _back)


def _halves(time: int) -> list[tuple[int, int]]:
    """Return where each half begins and ends."""
    middle = (time + 1) // 2
    return [(0, middle), (middle, time)] if middle < time else [(0, time)]


def _penalty(n_heads: int, begin: int, end: int, context: int) -> Float[np.ndarray, "head t p"]:
    """Return -slope × distance of the places from `begin` to `end` to those before them, and far
    below anything for those that they don't see.
    """
    ago = np.arange(begin, end)[:, None] - np.arange(end)
    slope = 2.0 ** (-8.0 * np.arange(1, n_heads + 1) / n_heads)
    seen = (ago >= 0) & (ago < context)
    return np.where(seen, -slope[:, None, None] * ago, -1e30).astype(np.float32)
