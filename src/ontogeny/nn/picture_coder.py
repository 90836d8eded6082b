"""Residual blocks that halve or double a picture, and with them an encoder and its mirror image.

Smooth activations throughout (SiLU): energies are differentiated by the picture, and that again by
the weights.
"""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import ConfigError
from ontogeny.nn.conv import Conv
from ontogeny.nn.dense import Dense


class Block(eqx.Module):
    """shortcut(x) + conv(silu(conv(silu(x)))), after which the picture is half as large, as large,
    or twice.
    """

    first: Conv
    second: Conv
    shortcut: Dense
    scale: float = eqx.field(static=True)

    def __init__(self, n_in: int, n_out: int, scale: float, *, key: Key[Array, ""]):
        keys = jax.random.split(key, 3)
        stride = 2 if scale < 1 else 1
        self.first = Conv(n_in, n_out, stride=stride, padding=1, by_views=False, key=keys[0])
        self.second = Conv(n_out, n_out, padding=1, by_views=False, key=keys[1])
        self.shortcut = Dense(n_in, n_out, 1.0, key=keys[2])
        self.scale = scale

    def __call__(self, x: Float[Array, "height width chan"]) -> Float[Array, "row column filter"]:
        if self.scale > 1:
            x = jnp.repeat(jnp.repeat(x, 2, axis=0), 2, axis=1)
        by = self.second(jax.nn.silu(self.first(jax.nn.silu(x))))
        return self.shortcut(halved(x) if self.scale < 1 else x) + by


def halved(x: Float[Array, "height width chan"]) -> Float[Array, "row column chan"]:
    """Return the mean of each 2x2 pixels; a last odd row or column is its own."""
    height, width = x.shape[:2]
    even = jnp.pad(x, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2, -1).mean(axis=(1, 3))


def image_shape(shape: tuple[int, ...], where: str) -> tuple[int, int, int]:
    """Return rows, columns and channels of a picture with channels or without. Raises `ConfigError`
    for what is none.
    """
    if len(shape) == 2:
        return shape[0], shape[1], 1
    if len(shape) == 3:
        return shape[0], shape[1], shape[2]
    raise ConfigError(
        f"patterns of shape {list(shape)} are no pictures",
        where=where,
        hint="it takes [height, width] or [height, width, channel]",
    )


def centred(pattern: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return numbers from 0 to 1 as numbers from -1 to 1."""
    return 2 * pattern - 1


class Encoder(eqx.Module):
    """A picture's features: blocks that halve it, a dense layer, normalised."""

    blocks: tuple[Block, ...]
    dense: Dense
    norm: eqx.nn.LayerNorm
    shape: tuple[int, int, int] = eqx.field(static=True)

    def __init__(
        self,
        shape: tuple[int, ...],
        filters: tuple[int, ...],
        features: int,
        *,
        key: Key[Array, ""],
    ):
        self.shape = image_shape(shape, "nn.Encoder")
        *keys, last = jax.random.split(key, len(filters) + 1)
        channels = (self.shape[2], *filters)
        self.blocks = tuple(
            Block(channels[i], channels[i + 1], 0.5, key=k) for i, k in enumerate(keys)
        )
        rows, columns = _smallest(self.shape, len(filters))
        self.dense = Dense(rows * columns * channels[-1], features, 1.0, key=last)
        self.norm = eqx.nn.LayerNorm(features)

    def __call__(self, picture: Float[Array, "..."]) -> Float[Array, " feature"]:
        x = picture.reshape(self.shape)
        for block in self.blocks:
            x = block(x)
        return self.norm(self.dense(x.reshape(-1)))


class Decoder(eqx.Module):
    """The encoder's mirror image: features to a picture in [0, 1]."""

    dense: Dense
    blocks: tuple[Block, ...]
    paint: Conv
    shape: tuple[int, ...] = eqx.field(static=True)

    def __init__(
        self,
        shape: tuple[int, ...],
        filters: tuple[int, ...],
        features: int,
        *,
        key: Key[Array, ""],
    ):
        self.shape = shape
        full = image_shape(shape, "nn.Decoder")
        first, last, *keys = jax.random.split(key, len(filters) + 2)
        rows, columns = _smallest(full, len(filters))
        back = (*filters[::-1], filters[0])
        self.dense = Dense(features, rows * columns * filters[-1], math.sqrt(2), key=first)
        self.blocks = tuple(Block(back[i], back[i + 1], 2.0, key=k) for i, k in enumerate(keys))
        self.paint = Conv(back[-1], full[2], padding=1, by_views=False, key=last)

    def __call__(self, features: Float[Array, " feature"]) -> Float[Array, "..."]:
        height, width, _ = image_shape(self.shape, "nn.Decoder")
        rows, columns = _smallest((height, width, 1), len(self.blocks))
        x = self.dense(features).reshape(rows, columns, -1)
        for block in self.blocks:
            x = block(x)
        return jax.nn.sigmoid(self.paint(jax.nn.silu(x[:height, :width]))).reshape(self.shape)


def _smallest(shape: tuple[int, int, int], halvings: int) -> tuple[int, int]:
    """Return the rows and columns after so many halvings, each rounded up."""
    rows, columns = (-(-length // 2**halvings) for length in shape[:2])
    return rows, columns
