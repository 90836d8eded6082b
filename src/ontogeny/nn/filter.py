"""A convolution's numbers, and what it makes of a picture.

Pictures are padded as TensorFlow does ("SAME"): a stride of s leaves ceil(n / s) rows of n.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Filter(NamedTuple):
    """A convolution with its bias. A depthwise filter has one channel in."""

    weight: Float[Array, "height width in out"]
    bias: Float[Array, " out"]


def convolved(
    f: Filter, x: Float[Array, "height width in"], stride: int = 1
) -> Float[Array, "rows columns out"]:
    """Return the convolution over all channels, padded as TensorFlow does ("SAME")."""
    if f.weight.shape[:2] == (1, 1) and stride == 1:
        return x @ f.weight[0, 0] + f.bias
    y = jax.lax.conv_general_dilated(
        x[None], f.weight, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return y[0] + f.bias


def filtered_apart(
    f: Filter, x: Float[Array, "height width chan"], stride: int
) -> Float[Array, "rows columns chan"]:
    """Return every channel filtered alone, padded as TensorFlow does.

    It is a sum of shifted products: on a CPU, XLA's grouped convolution is slow.
    """
    kernel = f.weight.shape[0]
    rows, columns = (-(-n // stride) for n in x.shape[:2])
    ends = zip((rows, columns), x.shape[:2], strict=True)
    short = [max((m - 1) * stride + kernel - n, 0) for m, n in ends]
    padded = jnp.pad(x, [*((n // 2, n - n // 2) for n in short), (0, 0)])
    total = jnp.broadcast_to(f.bias, (rows, columns, x.shape[2]))
    for i in range(kernel):
        for j in range(kernel):
            window = padded[i : i + stride * (rows - 1) + 1 : stride]
            window = window[:, j : j + stride * (columns - 1) + 1 : stride]
            total = total + window * f.weight[i, j, 0]
    return total
