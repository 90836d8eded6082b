"""Characters that nobody wrote: classes of strokes, drawn by a key, and a fixed view of pictures.

A class is 2 to 4 quadratic Bezier curves whose control points lie anywhere in the unit square. A
picture of it moves every control point a little (a hand that is not steady), the whole by a random
affine map, and shifts it; a Gaussian pen draws the curves. So there are as many classes as are
wanted, none of them in any data set that a network may have seen.

Source: made here, after Omniglot's idea of characters as programs of strokes (Lake et al. 2015).
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, Shaped

from ontogeny.core.errors import ConfigError

STROKES = (2, 4)  # how many a class has, both included
UNSTEADY = 0.06  # deviation of a control point, in widths of the picture
AFFINE = 0.12  # deviation of each entry of the affine map from the identity's
SHIFT = 0.04  # deviation of the shift
PEN = 0.035  # deviation of the Gaussian pen
POINTS = 24  # along a stroke


def draw_character(
    key: Key[Array, ""],
) -> tuple[Float[Array, "stroke 3 2"], Shaped[Array, " stroke"]]:
    """Return a class: control points of the most strokes that there may be, and which are used."""
    point_key, count_key = jax.random.split(key)
    low, high = STROKES
    points = jax.random.uniform(point_key, (high, 3, 2))
    return points, jnp.arange(high) < jax.random.randint(count_key, (), low, high + 1)


def write_character(
    key: Key[Array, ""],
    points: Float[Array, "stroke 3 2"],
    used: Shaped[Array, " stroke"],
    size: int,
) -> Float[Array, "height width"]:
    """Return one picture of the class, size by size, ink 1 on ground 0."""
    hand_key, affine_key, shift_key = jax.random.split(key, 3)
    moved = points + UNSTEADY * jax.random.normal(hand_key, points.shape)
    affine = jnp.eye(2) + AFFINE * jax.random.normal(affine_key, (2, 2))
    moved = (moved - 0.5) @ affine + 0.5 + SHIFT * jax.random.normal(shift_key, (2,))
    t = jnp.linspace(0.0, 1.0, POINTS)
    weights = jnp.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], axis=1)
    curves = jnp.einsum("pc,scd->spd", weights, moved)
    centres = (jnp.arange(size) + 0.5) / size
    across = (centres[:, None, None] - curves[..., 0]) ** 2  # [width, stroke, point]
    down = (centres[:, None, None] - curves[..., 1]) ** 2
    squared = jnp.where(used[:, None], down[:, None] + across[None], jnp.inf)
    return jnp.exp(-jnp.min(squared, axis=(2, 3)) / (2 * PEN**2))


@partial(jax.jit, static_argnums=(1, 2, 3))
def _pictures(seed: Array, n_classes: int, n_images: int, size: int) -> Array:
    def of_class(key: Array) -> Array:
        class_key, image_key = jax.random.split(key)
        points, used = draw_character(class_key)
        keys = jax.random.split(image_key, n_images)
        return jax.vmap(lambda k: write_character(k, points, used, size))(keys)

    return jax.lax.map(of_class, jax.random.split(jax.random.key(seed), n_classes))


def characters(
    seed: int = 0, n_classes: int = 300, n_images: int = 40, size: int = 20
) -> Float[np.ndarray, "class image height width"]:
    """Return pictures of so many classes, ink 1 on ground 0. Raises `ConfigError` for none."""
    for name, number in (("n_classes", n_classes), ("n_images", n_images), ("size", size)):
        if number < 1:
            raise ConfigError(f"{name} is {number}", where="characters", hint="use 1 or more")
    return np.asarray(_pictures(jnp.uint32(seed), n_classes, n_images, size))
