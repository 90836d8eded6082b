"""IMPALA's two torsos for pixels: two convolutions, or fifteen in residual blocks.

Source: Espeholt et al. 2018 (arXiv 1802.01561), figure 3.
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


class SmallImpalaTorso(eqx.Module):
    """A convolution of 8x8 by strides of 4, one of 4x4 by strides of 2, and a dense layer, each
    with a ReLU. The paper has 16 and 32 filters, and 256 units.
    """

    convolutions: tuple[Conv, Conv]
    dense: Dense

    def __init__(self, shape: tuple[int, ...], filters: int, n_out: int, *, key: Key[Array, ""]):
        height, width, channels = _image(shape)
        first_key, second_key, dense_key = jax.random.split(key, 3)
        first = Conv(channels, filters, size=8, stride=4, key=first_key)
        second = Conv(filters, 2 * filters, size=4, stride=2, key=second_key)
        self.convolutions = first, second
        rows, columns = second.shape(*first.shape(height, width))
        self.dense = Dense(rows * columns * 2 * filters, n_out, math.sqrt(2), key=dense_key)

    @property
    def n_out(self) -> int:
        """How many features come out."""
        return self.dense.bias.shape[-1]

    def __call__(self, observation: Float[Array, "height width chan"]) -> Float[Array, " feature"]:
        x = observation
        for convolution in self.convolutions:
            x = jax.nn.relu(convolution(x))
        return jax.nn.relu(self.dense(x.reshape(-1)))


class Residual(eqx.Module):
    """x + conv(relu(conv(relu(x))))."""

    first: Conv
    second: Conv

    def __init__(self, filters: int, *, key: Key[Array, ""]):
        first_key, second_key = jax.random.split(key)
        self.first = Conv(filters, filters, padding=1, key=first_key)
        self.second = Conv(filters, filters, padding=1, key=second_key)

    def __call__(self, x: Float[Array, "row column filter"]) -> Float[Array, "row column filter"]:
        return x + self.second(jax.nn.relu(self.first(jax.nn.relu(x))))


class Section(eqx.Module):
    """A convolution, the maximum of each 3x3 at every second pixel, and two residual blocks."""

    convolution: Conv
    blocks: tuple[Residual, Residual]

    def __init__(self, n_in: int, filters: int, *, key: Key[Array, ""]):
        convolution_key, *keys = jax.random.split(key, 3)
        self.convolution = Conv(n_in, filters, padding=1, key=convolution_key)
        self.blocks = Residual(filters, key=keys[0]), Residual(filters, key=keys[1])

    def __call__(self, x: Float[Array, "row column chan"]) -> Float[Array, "half quarter filter"]:
        x = pooled(self.convolution(x))
        for block in self.blocks:
            x = block(x)
        return x


class LargeImpalaTorso(eqx.Module):
    """Three sections, which halve the image each, and a dense layer with a ReLU. The paper has 16,
    32 and 32 filters, and 256 units.
    """

    sections: tuple[Section, Section, Section]
    dense: Dense

    def __init__(self, shape: tuple[int, ...], filters: int, n_out: int, *, key: Key[Array, ""]):
        height, width, channels = _image(shape)
        *keys, dense_key = jax.random.split(key, 4)
        sizes = channels, filters, 2 * filters, 2 * filters
        first, second, third = (
            Section(a, b, key=k) for a, b, k in zip(sizes[:-1], sizes[1:], keys, strict=True)
        )
        self.sections = first, second, third
        rows, columns = (math.ceil(n / 8) for n in (height, width))
        self.dense = Dense(rows * columns * 2 * filters, n_out, math.sqrt(2), key=dense_key)

    @property
    def n_out(self) -> int:
        """How many features come out."""
        return self.dense.bias.shape[-1]

    def __call__(self, observation: Float[Array, "height width chan"]) -> Float[Array, " feature"]:
        x = observation
        for section in self.sections:
            x = section(x)
        return jax.nn.relu(self.dense(jax.nn.relu(x).reshape(-1)))


def pooled(x: Float[Array, "row column chan"]) -> Float[Array, "half quarter chan"]:
    """Return the maxima of 3x3 pixels around every second one, ceil(n / 2) of them.

    Nine strided views and their maximum: the gradient of `lax.reduce_window` is a scatter, which is
    slow on a CPU.
    """
    rows, columns = (math.ceil(n / 2) for n in x.shape[:2])
    least = jnp.finfo(x.dtype).min
    padded = jnp.pad(x, ((1, 2), (1, 2), (0, 0)), constant_values=least)
    views = [
        padded[i : i + 2 * rows - 1 : 2, j : j + 2 * columns - 1 : 2]
        for i in range(3)
        for j in range(3)
    ]
    return jnp.max(jnp.stack(views), axis=0)


def _image(shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise ConfigError(
            f"an observation of shape {shape} is not an image",
            where="nn.impala",
            hint='it takes [height, width, channel]; use torso="mlp" for this world',
        )
    height, width, channels = shape
    return height, width, channels
