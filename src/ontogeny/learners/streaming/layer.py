"""A layer of a network that watches video: what it reads, what it computes, and how often.

    h_l(t) = act( filter_l * [what it reads of t, t - r, ..., t - (taps - 1) r] + residual )

where r is the clock rate; between its ticks a layer holds what it said last. Nothing is normalised
over a batch, so that a tick is the same function in training and in use: weights begin at He's
scale, and branches that are added to a residual are scaled down by how many of them there are.

Sources: Carreira et al. 2018, "Massively Parallel Video Networks" (arXiv 1806.03863); He et al.
2015 (arXiv 1502.01852); Zhang et al. 2019, "Fixup" (arXiv 1901.09321) for the scale of branches.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.config import as_declared, at_least
from ontogeny.core.errors import ConfigError
from ontogeny.nn.filter import Filter, convolved, filtered_apart

INPUT = "input"
"""The name by which layers read the frame."""

Kind = Literal["conv", "apart", "max", "mean", "logits"]


@dataclass(frozen=True)
class Layer:
    """One layer. What it reads is put side by side, channel after channel, at the size of its first
    source: finer maps are averaged over blocks, coarser ones repeated.
    """

    name: str
    sources: tuple[str, ...] = (INPUT,)
    """Earlier layers, or "input", the frame."""
    width: int = 8
    """Channels that come out, of "conv" and "logits". Multiples of 8 are quick on a CPU."""
    kernel: int = 3
    stride: int = 1
    kind: Kind = "conv"
    """A convolution over all channels; each channel filtered apart; the largest of a window; the
    mean over places; or that mean through a dense layer."""
    activation: Literal["relu", "relu6", "none"] = "relu"
    residual: str | None = None
    """An earlier layer of the same shape that is added before the activation."""
    feedback: tuple[str, ...] = ()
    """Layers, later ones too, whose last tick is read beside the sources."""
    taps: int = 1
    """Length of the temporal filter: it sees so many of its last ticks, and never a later one."""
    rate: int = 1
    """It computes at every so-manieth tick, a power of two."""
    phase: int | None = None
    """At which of them; None lets the graph stagger them."""
    block: str = ""
    """Layers of one block share a stage in every stage map. Empty: a block of its own."""

    def __post_init__(self) -> None:
        where = f"layer {self.name!r}: "
        as_declared(self, where)
        at_least(self, 1, "width", "kernel", "stride", "taps", "rate", where=where)
        if self.rate & (self.rate - 1):
            raise self.refused(f"rate is {self.rate}", "use a power of two: 1, 2, 4, ...")
        if self.phase is not None and not 0 <= self.phase < self.rate:
            raise self.refused(
                f"phase is {self.phase} at rate {self.rate}",
                f"use a whole number from 0 to {self.rate - 1}, or None",
            )
        if not self.sources:
            raise self.refused("it reads nothing", f'name its sources: sources=("{INPUT}",)')
        if self.taps > 1 and self.kind not in ("conv", "apart"):
            raise self.refused(
                f"taps is {self.taps} of kind {self.kind!r}",
                'only "conv" and "apart" have filters over time',
            )

    def refused(self, what: str, hint: str) -> ConfigError:
        """Return the error that says what is wrong with this layer."""
        return ConfigError(what, where=f"layer {self.name!r}", hint=hint)

    @property
    def reads(self) -> tuple[str, ...]:
        """All that it reads of its own tick or of registers, the residual last."""
        return self.sources if self.residual is None else (*self.sources, self.residual)

    @property
    def has_weights(self) -> bool:
        """Whether there is anything in it to learn."""
        return self.kind not in ("max", "mean")


def new_filter(layer: Layer, n_in: int, scale: float, key: Key[Array, ""]) -> Filter:
    """Return fresh weights [kernel, kernel, taps * n_in, width] (apart: [kernel, kernel, taps,
    n_in]; logits: [1, 1, n_in, width]), of variance scale² times 2 / fan-in before a ReLU and
    1 / fan-in elsewhere, and biases of 0.
    """
    k = 1 if layer.kind == "logits" else layer.kernel
    apart = layer.kind == "apart"
    shape = (k, k, layer.taps, n_in) if apart else (k, k, layer.taps * n_in, layer.width)
    fan_in = k * k * layer.taps * (1 if apart else n_in)
    gain = 1.0 if layer.activation == "none" else 2.0
    weight = scale * (gain / fan_in) ** 0.5 * jax.random.normal(key, shape)
    return Filter(weight, jnp.zeros(shape[-1]))


def gathered(
    layer: Layer, read: Sequence[Float[Array, "*many _ _ _"]]
) -> Float[Array, "*many rows columns chans"]:
    """Return what the layer reads as one map, at the size of the first; of one frame or of many.
    Raises `ConfigError` where sizes don't divide.
    """
    rows, columns = read[0].shape[-3:-1]
    fitted = [_sized(layer, x, rows, columns) for x in read]
    return fitted[0] if len(fitted) == 1 else jnp.concatenate(fitted, axis=-1)


def applied(
    layer: Layer,
    weights: Filter | None,
    seen: Sequence[Float[Array, "*many height width chan"]],
    residual: Float[Array, "*many _ _ out"] | None = None,
) -> Float[Array, "..."]:
    """Return what the layer says, [rows, columns, width] or [width], of what it sees now and saw
    at its `taps - 1` ticks before, the newest first; of one frame, or of many, along leading axes.
    """
    y = _filtered(layer, weights, seen)
    if residual is not None:
        if residual.shape != y.shape:
            raise layer.refused(
                f"the residual {layer.residual!r} is {list(residual.shape)}, and it makes "
                f"{list(y.shape)}",
                "add what has the same size and channels",
            )
        y = y + residual
    if layer.activation == "relu":
        return jax.nn.relu(y)
    return jnp.clip(y, 0.0, 6.0) if layer.activation == "relu6" else y


def _filtered(layer: Layer, weights: Filter | None, seen: Sequence[Array]) -> Array:
    now = seen[0]
    if layer.kind == "mean":
        return jnp.mean(now, axis=(-3, -2))
    if layer.kind == "max":
        many = (1,) * (now.ndim - 3)
        window = (*many, layer.kernel, layer.kernel, 1)
        strides = (*many, layer.stride, layer.stride, 1)
        return jax.lax.reduce_window(now, -jnp.inf, jax.lax.max, window, strides, "SAME")
    assert weights is not None
    if layer.kind == "logits":
        return jnp.mean(now, axis=(-3, -2)) @ weights.weight[0, 0] + weights.bias
    if layer.kind == "conv":
        return convolved(weights, jnp.concatenate([*seen], axis=-1), layer.stride)
    nothing = jnp.zeros_like(weights.bias)
    each = [
        _each_apart(
            Filter(weights.weight[:, :, tap : tap + 1], nothing if tap else weights.bias),
            x,
            layer.stride,
        )
        for tap, x in enumerate(seen)
    ]
    return sum(each[1:], each[0])


def _each_apart(f: Filter, x: Array, stride: int) -> Array:
    if x.ndim == 3:
        return filtered_apart(f, x, stride)
    return jax.vmap(lambda one: _each_apart(f, one, stride))(x)


def _sized(layer: Layer, x: Array, rows: int, columns: int) -> Array:
    """Return the map at another size: averaged over blocks, or repeated."""
    for axis, wanted in enumerate((rows, columns), x.ndim - 3):
        have = x.shape[axis]
        if have == wanted:
            continue
        if have % wanted and wanted % have:
            raise layer.refused(
                f"it reads maps of {have} and of {wanted} rows or columns",
                "give frames whose size the strides divide, as 64x64",
            )
        if wanted > have:
            x = jnp.repeat(x, wanted // have, axis=axis)
        else:
            parts = (*x.shape[:axis], wanted, have // wanted, *x.shape[axis + 1 :])
            x = jnp.mean(x.reshape(parts), axis=axis + 1)
    return x


def slowed(layer: Layer, rate: int) -> Layer:
    """Return the layer with another clock, its phase left to the graph."""
    return dataclasses.replace(layer, rate=rate, phase=None)
