"""What a scorer sees of a photograph: every feature's mean and spread over the places.

The network is EfficientNet-Lite0 with packaged weights, frozen. It runs in onnxruntime where that
and jax2onnx are installed, which is quicker on a CPU, and in JAX where they are not.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from ontogeny.core.errors import DataError
from ontogeny.nn.efficientnet import FEATURES, EfficientNet, feature_maps
from ontogeny.worlds.backbone import backbone, backbone_version
from ontogeny.worlds.photos import SIDE

SEEN = 2 * FEATURES
CALL = 16  # photographs in a call


class Backbone:
    """The frozen network: `Backbone()(photos)` are their features.

    Raises `MissingExtra` where the packaged weights are not installed.
    """

    def __init__(self):
        self.network = backbone()

    @property
    def version(self) -> str:
        """Which weights and which features, for what is kept beside data."""
        return f"{backbone_version()}, means and spreads"

    def __call__(
        self, photos: UInt8[np.ndarray, "photo 224 224 3"]
    ) -> Float[np.ndarray, "photo 2560"]:
        """Return the means over the places of the 1280 last feature maps, and then their standard
        deviations. Raises `DataError` for photographs of another shape or type.
        """
        if photos.dtype != np.uint8 or photos.shape[1:] != (SIDE, SIDE, 3):
            raise DataError(
                f"photographs are {photos.dtype}{list(photos.shape)}",
                where="Backbone",
                hint=f"give uint8[n, {SIDE}, {SIDE}, 3], as read_photo returns them",
            )
        found = np.empty((len(photos), SEEN), np.float32)
        for start in range(0, len(photos), CALL):
            batch = photos[start : start + CALL]
            padded = np.zeros((CALL, SIDE, SIDE, 3), np.uint8)  # one shape, one compilation
            padded[: len(batch)] = batch
            found[start : start + len(batch)] = _seen(self.network, padded)[: len(batch)]
        return found


@jax.jit
def _seen(
    network: EfficientNet, photos: UInt8[Array, "photo 224 224 3"]
) -> Float[Array, "photo 2560"]:
    return jax.lax.map(lambda photo: pooled(network, photo), photos)


def pooled(
    network: EfficientNet, photo: UInt8[Array, "side side 3"] | Float[Array, "side side 3"]
) -> Float[Array, "2560"]:
    """Return one photograph's features, in JAX."""
    maps = feature_maps(network, photo.astype(jnp.float32))
    return jnp.concatenate([jnp.mean(maps, axis=(0, 1)), jnp.std(maps, axis=(0, 1))])
