"""Where maps are highest: a point and how sure it is, from a map of logits."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Peaks(NamedTuple):
    """One a map."""

    x: Float[Array, "... map"]
    """From 0, the left edge, to 1."""
    y: Float[Array, "... map"]
    """From 0, the upper edge, to 1."""
    confidence: Float[Array, "... map"]
    """What the logit at the highest place says: a probability."""


def peaks(maps: Float[Array, "... rows columns map"]) -> Peaks:
    """Return the highest place of each map, finer than the map's: the middle of the probabilities
    of the place and its eight neighbours.

    >>> found = peaks(jnp.full((4, 4, 1), -9.0).at[1, 2].set(9.0))
    >>> found.x.round(2).item(), found.y.round(2).item(), found.confidence.round(2).item()
    (0.62, 0.38, 1.0)
    """
    rows, columns = maps.shape[-3:-1]
    flat = maps.reshape(*maps.shape[:-3], rows * columns, maps.shape[-1])
    highest = jnp.argmax(flat, axis=-2)
    row, column = highest // columns, highest % columns
    near = (jnp.abs(jnp.arange(rows)[:, None] - row[..., None, :]) <= 1)[..., :, None, :]
    near &= (jnp.abs(jnp.arange(columns)[:, None] - column[..., None, :]) <= 1)[..., None, :, :]
    weight = jnp.where(near, jax.nn.sigmoid(maps), 0.0) + 1e-12 * near
    weight /= jnp.sum(weight, axis=(-3, -2), keepdims=True)
    y = jnp.einsum("...hwm,h->...m", weight, jnp.arange(rows) + 0.5) / rows
    x = jnp.einsum("...hwm,w->...m", weight, jnp.arange(columns) + 0.5) / columns
    return Peaks(x, y, jax.nn.sigmoid(jnp.max(flat, axis=-2)))
