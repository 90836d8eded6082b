"""A convolution's numbers, and what it makes of a picture.

Pictures are padded as TensorFlow does ("SAME"): a stride of s leaves ceil(n / s) rows of n.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

FORM = ("NHWC", "HWIO", "NHWC")
_IN_GROUPS: ContextVar[bool] = ContextVar("in_groups", default=False)


class Filter(NamedTuple):
    """A convolution with its bias. A depthwise filter has one channel in."""

    weight: Float[Array, "height width in out"]
    bias: Float[Array, " out"]


def convolved(
    f: Filter, x: Float[Array, "*many height width in"], stride: int = 1
) -> Float[Array, "*many rows columns out"]:
    """Return the convolution over all channels, padded as TensorFlow does ("SAME"), of a picture or
    of many.

    In a loop, where everything here learns, XLA brings a convolution to the form that it computes
    quickly on a CPU only if it is written so. Its derivatives, as JAX writes them, are not: those
    below took a fifteenth of the time.
    """
    if f.weight.shape[:2] == (1, 1) and stride == 1:
        return x @ f.weight[0, 0] + f.bias
    return _whole(f, x, stride)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _whole(f: Filter, x: Array, stride: int) -> Array:
    return _correlated(f.weight, x, stride, "SAME") + f.bias


def _correlated(weight: Array, x: Array, stride: int = 1, padding: str = "VALID") -> Array:
    y = jax.lax.conv_general_dilated(
        x.reshape(-1, *x.shape[-3:]),
        weight,
        (stride, stride),
        padding,
        dimension_numbers=FORM,
    )
    return y.reshape(*x.shape[:-3], *y.shape[1:])


def _whole_forward(f: Filter, x: Array, stride: int) -> tuple[Array, tuple[Filter, Array]]:
    return _whole(f, x, stride), (f, x)


def _whole_backward(stride: int, kept: tuple[Filter, Array], slope: Array) -> tuple[Filter, Array]:
    """Return the derivatives: the filter's by a convolution of the pictures with the slopes, in
    which pictures stand for channels and channels for pictures (of 320 pictures that took a sixth
    to two thirds of the time of a matrix product a place); the picture's by the filter turned
    round.
    """
    (weight, _), x = kept
    kernel = len(weight)
    padded = _padded(kernel, x, stride)[0]
    height, width = (stride * (n - 1) + kernel for n in slope.shape[-3:-1])
    seen = padded[..., :height, :width, :].reshape(-1, height, width, x.shape[-1])
    total = jax.lax.conv_general_dilated(
        seen.transpose(3, 1, 2, 0),
        slope.reshape(-1, *slope.shape[-3:]).transpose(1, 2, 0, 3),
        (1, 1),
        "VALID",
        rhs_dilation=(stride, stride),
        dimension_numbers=FORM,
    ).transpose(1, 2, 0, 3)
    turned = weight[::-1, ::-1].swapaxes(2, 3)
    picture = _back(x, padded, kernel, slope, stride, lambda wide: _correlated(turned, wide))
    bias = jnp.sum(slope, axis=tuple(range(slope.ndim - 1)))
    return Filter(total, bias), picture


_whole.defvjp(_whole_forward, _whole_backward)


def filtered_apart(
    f: Filter, x: Float[Array, "height width chan"], stride: int
) -> Float[Array, "rows columns chan"]:
    """Return every channel filtered alone, padded as TensorFlow does.

    It is a sum of shifted products: on a CPU, XLA's grouped convolution is slow. So is what it
    makes of that sum's derivative; the one below took a ninth of the time.
    """
    return _grouped(f, x, stride) if _IN_GROUPS.get() else _apart(f, x, stride)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _apart(f: Filter, x: Array, stride: int) -> Array:
    padded, (rows, columns) = _padded(len(f.weight), x, stride)
    return _windowed(f, padded, rows, columns, stride)


@contextmanager
def in_groups() -> Generator[None]:
    """Have channels apart be filtered by a grouped convolution meanwhile: for programs that are
    traced to run elsewhere, where that is the quick way, and one operation.
    """
    token = _IN_GROUPS.set(True)
    try:
        yield
    finally:
        _IN_GROUPS.reset(token)


def _grouped(f: Filter, x: Array, stride: int) -> Array:
    y = jax.lax.conv_general_dilated(
        x[None],
        f.weight,
        (stride, stride),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=x.shape[-1],
    )
    return y[0] + f.bias


def _forward(f: Filter, x: Array, stride: int) -> tuple[Array, tuple[Filter, Array]]:
    return _apart(f, x, stride), (f, x)


def _backward(stride: int, kept: tuple[Filter, Array], slope: Array) -> tuple[Filter, Array]:
    """Return the derivatives: the filter's a row of windows after another, the picture's by the
    filter turned round.
    """
    f, x = kept
    kernel = f.weight.shape[0]
    padded, (rows, columns) = _padded(len(f.weight), x, stride)

    def of_row(total: Array, row: tuple[Array, Array]) -> tuple[Array, None]:
        number, of = row
        window = jax.lax.dynamic_slice_in_dim(padded, number * stride, kernel)
        end = stride * (columns - 1) + 1
        each = [jnp.sum(window[:, j : j + end : stride] * of, axis=1) for j in range(kernel)]
        return total + jnp.stack(each, axis=1), None

    nothing = jnp.zeros_like(f.weight[:, :, 0])
    weight, _ = jax.lax.scan(of_row, nothing, (jnp.arange(rows), slope))
    turned = Filter(f.weight[::-1, ::-1], jnp.zeros_like(f.bias))

    def again(wide: Array) -> Array:
        height, width = (n - kernel + 1 for n in wide.shape[:2])
        return _windowed(turned, wide, height, width, 1)

    picture = _back(x, padded, kernel, slope, stride, again)
    return Filter(weight[:, :, None], jnp.sum(slope, axis=(0, 1))), picture


_apart.defvjp(_forward, _backward)


def _back(
    x: Array,
    padded: Array,
    kernel: int,
    slope: Array,
    stride: int,
    turned: Callable[[Array], Array],
) -> Array:
    """Return the picture's derivative; `turned` is the filter turned round, without padding."""
    around, nothing = (kernel - 1, kernel - 1, stride - 1), (0, 0, 0)
    many = [nothing] * (slope.ndim - 3)
    back = turned(jax.lax.pad(slope, jnp.float32(0), (*many, around, around, nothing)))
    short = [n - have for n, have in zip(padded.shape, back.shape, strict=True)]
    back = jnp.pad(back, [(0, n) for n in short])  # no window saw these
    height, width = x.shape[-3:-1]
    above, left = (padded.shape[-3] - height) // 2, (padded.shape[-2] - width) // 2
    return back[..., above : above + height, left : left + width, :]


def _padded(kernel: int, x: Array, stride: int) -> tuple[Array, tuple[int, int]]:
    """Return the picture with what stands around it, and the rows and columns that come out."""
    rows, columns = (-(-n // stride) for n in x.shape[-3:-1])
    ends = zip((rows, columns), x.shape[-3:-1], strict=True)
    short = [max((m - 1) * stride + kernel - n, 0) for m, n in ends]
    around = [(0, 0)] * (x.ndim - 3) + [(n // 2, n - n // 2) for n in short] + [(0, 0)]
    return jnp.pad(x, around), (rows, columns)


def _windowed(
    f: Filter, padded: Array, rows: int, columns: int, stride: int
) -> Float[Array, "rows columns chan"]:
    total = jnp.broadcast_to(f.bias, (rows, columns, f.weight.shape[-1]))
    for i in range(f.weight.shape[0]):
        for j in range(f.weight.shape[1]):
            total = total + _window(padded, i, j, rows, columns, stride) * f.weight[i, j, 0]
    return total


def _window(padded: Array, i: int, j: int, rows: int, columns: int, stride: int) -> Array:
    """Return what a filter's place (i, j) sees of the picture."""
    down = slice(i, i + stride * (rows - 1) + 1, stride)
    return padded[..., down, j : j + stride * (columns - 1) + 1 : stride, :]
