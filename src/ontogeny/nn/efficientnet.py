"""EfficientNet-Lite0 as a function: a picture in, 1280 features out.

A stem, 16 inverted residual blocks (widen by 6, filter every channel alone, narrow), a head, and
the mean over places; ReLU6 throughout, no squeeze-and-excitation. Batch normalisation is folded
into the convolutions, so that what is kept is a filter and a bias for each.

Source: Tan and Le 2019, "EfficientNet" (arXiv 1905.11946), in TensorFlow's Lite variant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ontogeny.core.errors import StructureError
from ontogeny.nn.filter import Filter, convolved, filtered_apart

FEATURES, CLASSES = 1280, 1000
EPSILON = 1e-3  # of the batch normalisation


class Stage(NamedTuple):
    """Blocks that follow one another: the first strides and widens, the others keep the shape."""

    expansion: int
    kernel: int
    stride: int
    width: int
    blocks: int


STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
STRIDES = tuple(stage.stride if at == 0 else 1 for stage in STAGES for at in range(stage.blocks))
"""Of every block."""


class Block(NamedTuple):
    """An inverted residual: widen (None where the expansion is 1), filter each channel, narrow."""

    widen: Filter | None
    depthwise: Filter
    narrow: Filter


class EfficientNet(NamedTuple):
    """All numbers of the network."""

    stem: Filter
    blocks: tuple[Block, ...]
    head: Filter
    classify: Float[Array, "1280 1000"]
    """With `bias`: features to the logits of ImageNet's classes, in their usual order."""
    bias: Float[Array, "1000"]


class Tail(NamedTuple):
    """The end of the network: its last blocks and its head."""

    blocks: tuple[Block, ...]
    head: Filter


def features(
    network: EfficientNet, picture: Float[Array, "height width 3"]
) -> Float[Array, "1280"]:
    """Return the mean of the head's channels over the places; see `feature_maps`."""
    return jnp.mean(feature_maps(network, picture), axis=(0, 1))


def feature_maps(
    network: EfficientNet, picture: Float[Array, "height width 3"]
) -> Float[Array, "rows columns 1280"]:
    """Return the head's channels at every place, a 32nd of the picture's sides. The picture has
    values from 0 to 255; the network was trained at 224 x 224, and takes any size of 32 or more.
    """
    n = len(network.blocks)
    return last_maps(tail_of(network, n), first_maps(network, picture, n))


def tail_of(network: EfficientNet, blocks: int) -> Tail:
    """Return the last so many blocks, and the head."""
    return Tail(network.blocks[len(network.blocks) - blocks :], network.head)


def tail_shapes(blocks: int) -> Tail:
    """Return a tail of so many blocks as `jax.ShapeDtypeStruct`s."""

    def shape(kernel: int, n_in: int, n_out: int) -> Filter:
        weight: Any = jax.ShapeDtypeStruct((kernel, kernel, n_in, n_out), jnp.float32)
        bias: Any = jax.ShapeDtypeStruct((n_out,), jnp.float32)
        return Filter(weight, bias)

    found: list[Block] = []
    n_in = 32
    for stage in STAGES:
        for _ in range(stage.blocks):
            wide = n_in * stage.expansion
            widen = shape(1, n_in, wide) if stage.expansion > 1 else None
            found.append(Block(widen, shape(stage.kernel, 1, wide), shape(1, wide, stage.width)))
            n_in = stage.width
    return Tail(tuple(found[len(found) - blocks :]), shape(1, n_in, FEATURES))


def with_tail(network: EfficientNet, tail: Tail) -> EfficientNet:
    """Return the network that ends so."""
    kept = network.blocks[: len(network.blocks) - len(tail.blocks)]
    return network._replace(blocks=(*kept, *tail.blocks), head=tail.head)


def first_maps(
    network: EfficientNet, picture: Float[Array, "height width 3"], blocks: int
) -> Float[Array, "rows columns chan"]:
    """Return what a tail of so many blocks is given of a picture, with values from 0 to 255."""
    x = jnp.clip(convolved(network.stem, (picture - 127.0) / 128.0, 2), 0.0, 6.0)
    n = len(network.blocks) - blocks
    return _passed(network.blocks[:n], STRIDES[:n], x)


def last_maps(tail: Tail, maps: Float[Array, "rows columns chan"]) -> Float[Array, "_ _ feature"]:
    """Return the head's channels at every place, given what `first_maps` gives."""
    x = _passed(tail.blocks, STRIDES[len(STRIDES) - len(tail.blocks) :], maps)
    return jnp.clip(convolved(tail.head, x), 0.0, 6.0)


def _passed(blocks: tuple[Block, ...], strides: tuple[int, ...], x: Array) -> Array:
    for block, stride in zip(blocks, strides, strict=True):
        y = x if block.widen is None else jnp.clip(convolved(block.widen, x), 0.0, 6.0)
        y = jnp.clip(filtered_apart(block.depthwise, y, stride), 0.0, 6.0)
        y = convolved(block.narrow, y)
        x = x + y if stride == 1 and x.shape == y.shape else y
    return x


def from_tensors(tensors: Mapping[str, np.ndarray]) -> EfficientNet:
    """Return the network from the tensors of a PyTorch checkpoint, by their names there. Raises
    `StructureError` naming a tensor that is missing or has another shape.
    """

    def tensor(name: str, *shape: int) -> np.ndarray:
        found = tensors.get(name)
        if found is None or found.shape != shape:
            raise StructureError(
                f"it is {'missing' if found is None else list(found.shape)}, "
                f"and {list(shape)} is asked for",
                where=f"EfficientNet-Lite0, tensor {name}",
                hint="give the weights of EfficientNet-Lite0",
            )
        return found.astype(np.float64)

    def folded(conv: str, norm: str, kernel: int, n_in: int, n_out: int) -> Filter:
        weight = tensor(f"{conv}.weight", n_out, n_in, kernel, kernel)
        gain, shift, mean, variance = (
            tensor(f"{norm}.{part}", n_out)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gain / np.sqrt(variance + EPSILON)
        return Filter(
            jnp.asarray((weight * scale[:, None, None, None]).transpose(2, 3, 1, 0), jnp.float32),
            jnp.asarray(shift - mean * scale, jnp.float32),
        )

    stem = folded("_conv_stem", "_bn0", 3, 3, 32)
    blocks: list[Block] = []
    n_in = 32
    for stage in STAGES:
        for _ in range(stage.blocks):
            name, wide = f"_blocks.{len(blocks)}", n_in * stage.expansion
            widen = None
            if stage.expansion > 1:
                widen = folded(f"{name}._expand_conv", f"{name}._bn0", 1, n_in, wide)
            filtered = folded(f"{name}._depthwise_conv", f"{name}._bn1", stage.kernel, 1, wide)
            narrow = folded(f"{name}._project_conv", f"{name}._bn2", 1, wide, stage.width)
            blocks.append(Block(widen, filtered, narrow))
            n_in = stage.width
    head = folded("_conv_head", "_bn1", 1, n_in, FEATURES)
    weight, bias = tensor("_fc.weight", CLASSES, FEATURES), tensor("_fc.bias", CLASSES)
    return EfficientNet(
        stem,
        tuple(blocks),
        head,
        jnp.asarray(weight.T, jnp.float32),
        jnp.asarray(bias, jnp.float32),
    )
