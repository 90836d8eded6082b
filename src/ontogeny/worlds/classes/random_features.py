"""A fixed view of small pictures: random ReLU features, of length one.

    f(x) = max(0, (x - mean x) R) / |…|,   R of N(0, 1), the same for every picture

Nothing of it is learned, so what a learner makes of them is the learner's own. It does not see how
bright or how contrasty a picture is: multiplying or shifting all pixels leaves f as it is.

Source: Rahimi and Recht 2008, "Random Features for Large-Scale Kernel Machines"; the length of one
as in Rusu et al. 2019 (arXiv 1807.05960).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.worlds.classes.few_shot import Classes, Splits


@dataclass(frozen=True)
class RandomFeatures:
    """The view of pictures of one size."""

    height: int
    width: int
    n_features: int = 640
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.height, self.width, self.n_features) < 1:
            raise ConfigError(
                f"{self.n_features} features of pictures {self.height} x {self.width}",
                where="RandomFeatures",
                hint="use 1 or more of each",
            )

    def __call__(
        self, pictures: Shaped[Array | np.ndarray, "*items height width"]
    ) -> Float[Array, "*items feature"]:
        """Return the features of every picture. Raises `DataError` for another size, and for a
        picture of one colour, which has none.
        """
        if pictures.shape[-2:] != (self.height, self.width):
            raise DataError(
                f"pictures are {' x '.join(map(str, pictures.shape[-2:]))}",
                where="RandomFeatures",
                hint=f"bring them to {self.height} x {self.width} first",
            )
        features = _features(self, jnp.asarray(pictures))
        if not np.isfinite(np.asarray(features)).all():
            raise DataError(
                "a picture is of one colour, or holds a number that is not finite",
                where="RandomFeatures",
                hint="leave it out",
            )
        return features


def _features(view: RandomFeatures, pictures: Array) -> Array:
    n_pixels = view.height * view.width
    x = pictures.reshape(*pictures.shape[:-2], n_pixels).astype(jnp.float32)
    x = x - jnp.mean(x, axis=-1, keepdims=True)
    projection = jax.random.normal(jax.random.key(view.seed), (n_pixels, view.n_features))
    seen = jax.nn.relu(x @ projection)
    return seen / jnp.sqrt(jnp.sum(seen**2, axis=-1, keepdims=True))


def viewed(data: Splits, view: Callable[[Array], Array]) -> Splits:
    """Return the same classes, their pictures replaced by features."""

    def of(classes: Classes) -> Classes:
        if classes.turn is not None:
            raise DataError("turned classes have no features yet", where="viewed")
        return classes._replace(items=view(classes.items))

    return replace(data, train=of(data.train), validation=of(data.validation), test=of(data.test))
