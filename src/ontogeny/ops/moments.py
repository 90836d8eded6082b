"""A running mean and variance, one number after another or batch by batch.

Two sets of moments merge exactly, so that statistics of rollouts add up to those of everything
seen. Source: Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for
computing sample variances".
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float


class Moments(NamedTuple):
    """How many were seen, their mean, and the sum of their squared deviations from it."""

    n: Float[Array, ""]
    mean: Float[Array, "*shape"]
    deviation: Float[Array, "*shape"]

    @property
    def variance(self) -> Float[Array, "*shape"]:
        """The (biased) variance; one before anything was seen."""
        return jnp.where(self.n > 0, self.deviation / jnp.maximum(self.n, 1.0), 1.0)


def no_moments(shape: tuple[int, ...]) -> Moments:
    """Return the moments of nothing."""
    return Moments(jnp.zeros(()), jnp.zeros(shape), jnp.zeros(shape))


def moments_of(batch: Float[Array, "batch *shape"]) -> Moments:
    """Return the moments of the batch's rows."""
    mean = jnp.mean(batch, axis=0)
    return Moments(jnp.float32(batch.shape[0]), mean, jnp.sum((batch - mean) ** 2, axis=0))


def merge(a: Moments, b: Moments) -> Moments:
    """Return the moments of everything that `a` and `b` saw.

    With n = n_a + n_b and d = mean_b - mean_a: mean = mean_a + d n_b / n; deviations add, plus d^2
    n_a n_b / n.
    """
    count = a.n + b.n
    share = b.n / jnp.maximum(count, 1.0)
    difference = b.mean - a.mean
    return Moments(
        count,
        a.mean + difference * share,
        a.deviation + b.deviation + difference**2 * a.n * share,
    )


def standardise(
    moments: Moments, x: Float[Array, "*shape"], limit: float = 10.0
) -> Float[Array, "*shape"]:
    """Return x in standard deviations from the mean, clipped to plus or minus `limit`."""
    scale = jnp.sqrt(moments.variance + 1e-8)
    return jnp.clip((x - moments.mean) / scale, -limit, limit)
