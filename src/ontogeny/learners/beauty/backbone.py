"""What a scorer sees of a photograph: every feature's mean and spread over the places.

The network is EfficientNet-Lite0 with packaged weights, frozen. It runs in onnxruntime where that
is installed, which is quicker on a CPU, and in JAX where it is not; they agree to rounding.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped, UInt8

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.onnx_backbone import backbone_runner, write_backbone
from ontogeny.nn.efficientnet import FEATURES, EfficientNet, feature_maps
from ontogeny.worlds.backbone import backbone, backbone_version
from ontogeny.worlds.photos import SIDE

SEEN = 2 * FEATURES
TOGETHER = {"onnxruntime": 4, "jax": 16}  # photographs in a call: what their caches hold


class Backbone:
    """The frozen network: `Backbone()(photos)` are their features.

    `engine` is what runs it, `threads` on how many cores (onnxruntime only; all by default). Raises
    `MissingExtra` where the packaged weights, or the engine that is named, are not installed.
    """

    def __init__(
        self,
        engine: Literal["auto", "onnxruntime", "jax"] = "auto",
        threads: int | None = None,
    ):
        both = all(find_spec(name) for name in ("onnx", "onnxruntime"))
        self.engine = ("onnxruntime" if both else "jax") if engine == "auto" else engine
        self.network = backbone()
        if self.engine == "onnxruntime":
            self._run = backbone_runner(write_backbone(self.network, SIDE), threads)

    @property
    def version(self) -> str:
        """Which weights and which features, for what is kept beside data."""
        return f"{backbone_version()}, means and spreads"

    def __call__(self, photos: Shaped[np.ndarray, "photo ..."]) -> Float[np.ndarray, "photo 2560"]:
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
        found = np.empty((len(photos), SEEN), np.float32)
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
        return np.asarray(_in_jax(self.network, whole))[: len(batch)]


@jax.jit
def _in_jax(
    network: EfficientNet, photos: UInt8[Array, "photo 224 224 3"]
) -> Float[Array, "photo 2560"]:
    return jax.lax.map(lambda photo: pooled(network, photo.astype(jnp.float32)), photos)


def pooled(network: EfficientNet, photo: Float[Array, "side side 3"]) -> Float[Array, "2560"]:
    """Return one photograph's features, in JAX."""
    maps = feature_maps(network, photo)
    return jnp.concatenate([jnp.mean(maps, axis=(0, 1)), jnp.std(maps, axis=(0, 1))])
