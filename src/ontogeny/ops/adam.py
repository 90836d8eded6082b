"""Descent by Adam at a rate that is given at every step, so that it may be a hyper.

Source: Kingma and Ba 2015 (arXiv 1412.6980); the gradient's norm is clipped first.
"""

from __future__ import annotations

import jax
import optax
from jaxtyping import Array, Float, PyTree


def clipped_adam(max_gradient_norm: float, epsilon: float = 1e-5) -> optax.GradientTransformation:
    """Return the direction: the gradient, scaled down to the norm, through Adam."""
    return optax.chain(
        optax.clip_by_global_norm(max_gradient_norm), optax.scale_by_adam(eps=epsilon)
    )


def descend(
    direction: optax.GradientTransformation,
    rate: Float[Array, ""] | float,
    arrays: PyTree[Array],
    moments: optax.OptState,
    gradient: PyTree[Array],
) -> tuple[PyTree[Array], optax.OptState]:
    """Return arrays - rate × direction(gradient), and the direction's new moments."""
    change, moments = direction.update(gradient, moments)
    return jax.tree.map(lambda a, d: a - rate * d, arrays, change), moments


def decayed(
    rate: Float[Array, ""] | float, final: float, fraction: Float[Array, ""]
) -> Float[Array, ""]:
    """Return the rate after a fraction of the training: rate × final^fraction."""
    return rate * final ** jax.numpy.clip(fraction, 0.0, 1.0)


def cosine_decayed(
    rate: Float[Array, ""] | float, final: float, fraction: Float[Array, ""]
) -> Float[Array, ""]:
    """Return the rate after a fraction of the training: along half a wave of a cosine, from itself
    to rate × final. Source: Loshchilov and Hutter 2017 (arXiv 1608.03983), without restarts.
    """
    along = 0.5 * (1 + jax.numpy.cos(jax.numpy.pi * jax.numpy.clip(fraction, 0.0, 1.0)))
    return rate * (final + (1 - final) * along)
