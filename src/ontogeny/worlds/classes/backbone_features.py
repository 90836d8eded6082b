"""The view of small pictures by a packaged network that was trained on photographs."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

from ontogeny.worlds.classes.embeddings import embed_glyphs
from ontogeny.worlds.photos.backbone import FEATURES


@dataclass(frozen=True)
class BackboneFeatures:
    """EfficientNet-Lite0's features of grey pictures (ink 255 on ground 0), each of length 1.

    Raises `MissingExtra` when its weights are not installed.
    """

    height: int
    width: int

    @property
    def n_features(self) -> int:
        """Numbers of a picture."""
        return FEATURES

    def __call__(
        self, pictures: Shaped[Array | np.ndarray, "*items height width"]
    ) -> Float[Array, "*items feature"]:
        """Return the features of every picture."""
        plain = np.asarray(pictures)
        rows = plain.reshape(-1, *plain.shape[-2:]).astype(np.uint8)
        return jnp.asarray(embed_glyphs(rows)).reshape(*plain.shape[:-2], FEATURES)
