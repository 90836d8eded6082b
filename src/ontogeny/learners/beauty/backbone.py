"""What a scorer sees of a photograph: every feature's mean and spread over the places.

The network is EfficientNet-Lite0 with packaged weights, frozen, or with last blocks that are a
scorer's own. It runs in onnxruntime where that is installed, which is quicker on a CPU, and in JAX
where it is not; they agree to rounding.
"""

from __future__ import annotations

import hashlib
from functools import partial
from importlib.util import find_spec
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped, UInt8

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.onnx_backbone import backbone_runner, write_backbone
from ontogeny.nn.efficientnet import (
    FEATURES,
    EfficientNet,
    Tail,
    first_maps,
    last_maps,
    tail_of,
    with_tail,
)
from ontogeny.worlds.photos.backbone import backbone, backbone_version
from ontogeny.worlds.photos.squares import SIDE

SEEN = 2 * FEATURES
TOGETHER = {"onnxruntime": 4, "jax": 16}  # photographs in a call: what their caches hold
LEAST = 1e-12  # of a variance: the root's slope is infinite at 0


class Backbone:
    """The frozen network: `Backbone()(photos)` are their features.

    `engine` is what runs it, `threads` on how many cores (onnxruntime only; all by default). `tail`
    are its last blocks, where they are not the packaged ones. `without` the last so many blocks, it
    gives what those are given, maps by maps. Raises `MissingExtra` where the packaged weights, or
    the engine that is named, are not installed.
    """

    def __init__(
        self,
        engine: Literal["auto", "onnxruntime", "jax"] = "auto",
        threads: int | None = None,
        tail: Tail | None = None,
        without: int = 0,
    ):
        both = all(find_spec(name) for name in ("onnx", "onnxruntime"))
        self.engine = ("onnxruntime" if both else "jax") if engine == "auto" else engine
        self.network = backbone() if tail is None else with_tail(backbone(), tail)
        self.without = without
        self._version = cut_version(without) if without else features_version(tail)
        self._numbers = int(np.prod(maps_shape(without))) if without else SEEN
        if self.engine == "onnxruntime":
            self._run = backbone_runner(write_backbone(self.network, SIDE, without), threads)

    @property
    def version(self) -> str:
        """Which weights and which features, for what is kept beside data."""
        return self._version

    def __call__(self, photos: Shaped[np.ndarray, "photo ..."]) -> Float[np.ndarray, "photo _"]:
        """Return the means over the places of the 1280 last feature maps, and then their standard
        deviations, of photographs uint8[photo, 224, 224, 3]. Raises `DataError` for those of
        another shape or type.
        """
        if photos.dtype != np.uint8 or photos.shape[1:] != (SIDE, SIDE, 3):
            raise DataError(
                f"photographs are {photos.dtype}{list(photos.shape)}",
                where="Backbone",
                hint=f"give uint8[n, {SIDE}, {SIDE}, 3], as read_photo returns them",
            )
        found = np.empty((len(photos), self._numbers), np.float32)
        call = TOGETHER[self.engine]
        for start in range(0, len(photos), call):
            batch = photos[start : start + call]
            found[start : start + len(batch)] = self._seen(batch)
        return found

    def _seen(self, batch: np.ndarray) -> np.ndarray:
        if self.engine == "onnxruntime":
            return self._run(batch)
        whole = np.zeros((TOGETHER["jax"], *batch.shape[1:]), np.uint8)  # one compilation
        whole[: len(batch)] = batch
        return np.asarray(_in_jax(self.network, whole, self.without))[: len(batch)]


def features_version(tail: Tail | None = None) -> str:
    """Return which weights and which features there are: of last blocks that are not the packaged
    ones, a digest. Raises `MissingExtra` where the packaged weights are not installed.
    """
    packaged = f"{backbone_version()}, means and spreads"
    if tail is None:
        return packaged
    content = hashlib.sha256()
    for leaf in jax.tree.leaves(tail):
        content.update(np.asarray(leaf, np.float32).tobytes())
    return f"{packaged}, last {len(tail.blocks)} tuned to {content.hexdigest()[:12]}"


def cut_version(without: int) -> str:
    """Return which weights there are, without the last so many blocks."""
    return f"{backbone_version()}, without the last {without}"


def maps_shape(without: int, side: int = SIDE) -> tuple[int, ...]:
    """Return the rows, columns and channels that the last so many blocks are given."""
    photo = jax.ShapeDtypeStruct((side, side, 3), jnp.float32)
    return jax.eval_shape(partial(first_maps, blocks=without), backbone(), photo).shape


@partial(jax.jit, static_argnums=2)
def _in_jax(
    network: EfficientNet, photos: UInt8[Array, "photo 224 224 3"], without: int
) -> Float[Array, "photo number"]:
    def one(photo: Array) -> Array:
        maps = first_maps(network, photo.astype(jnp.float32), without)
        return maps.reshape(-1) if without else pooled(tail_of(network, 0), maps)

    return jax.lax.map(one, photos)


def pooled(tail: Tail, maps: Float[Array, "rows columns chan"]) -> Float[Array, " feature"]:
    """Return one photograph's features, given what the tail is given of it, in JAX."""
    last = last_maps(tail, maps)
    spread = jnp.sqrt(jnp.var(last, axis=(0, 1)) + LEAST)
    return jnp.concatenate([jnp.mean(last, axis=(0, 1)), spread])
