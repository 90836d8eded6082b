"""Continuous actions within bounds: a normal variable, squashed by tanh.

With u ~ N(mean, exp(log_deviation)^2), each number by itself, an action is
    a = low + (high - low) (tanh(u) + 1) / 2
and log p(a) = log N(u) - log((high - low) / 2) - log(1 - tanh(u)^2), summed.
Source: Haarnoja et al. 2018 (arXiv 1801.01290), appendix C.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import StructureError

# An action at its bound would come from an infinite u. This is the last tanh below 1 that float32
# tells from 1 with some room; u is at most 7.6.
EDGE = 1 - 2.0**-21
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(32)  # E[f(z)], z ~ N(0, 1)


class TanhNormal(NamedTuple):
    """A vector of numbers, each between its bounds."""

    mean: Float[Array, " number"]  # of u
    log_deviation: Float[Array, " number"]  # of u
    low: Float[Array, " number"]
    high: Float[Array, " number"]

    def sample(self, key: Key[Array, ""]) -> Float[Array, " number"]:
        z = jax.random.normal(key, self.mean.shape)
        return self._squashed(self.mean + jnp.exp(self.log_deviation) * z)

    def log_probability(self, action: Float[Array, " number"]) -> Float[Array, ""]:
        """Return the log-density. At a bound, and so near it that float32 can't tell, it is that of
        u = 7.6.
        """
        tanh = 2 * (action - self.low) / (self.high - self.low) - 1
        u = jnp.arctanh(jnp.clip(tanh, -EDGE, EDGE))
        z = (u - self.mean) * jnp.exp(-self.log_deviation)
        normal = -(z**2) / 2 - self.log_deviation - jnp.log(2 * jnp.pi) / 2
        return jnp.sum(normal - self._log_stretch(u))

    def entropy(self) -> Float[Array, ""]:
        """Return the differential entropy: the normal's, and the mean log-stretch of the squashing
        by Gauss-Hermite quadrature of 32 nodes.
        """
        nodes, weights = jnp.float32(NODES), jnp.float32(WEIGHTS / WEIGHTS.sum())
        u = self.mean + jnp.exp(self.log_deviation) * nodes[:, None]
        stretch = weights @ self._log_stretch(u)
        return jnp.sum(self.log_deviation + jnp.log(2 * jnp.pi * jnp.e) / 2 + stretch)

    def kl(self, other: Any) -> Float[Array, ""]:
        """Return the divergence, which is that of the normals: squashing both alike changes none.

        Their bounds are taken to be the same.
        """
        if not isinstance(other, TanhNormal) or other.mean.shape != self.mean.shape:
            raise StructureError(
                f"the divergence of {self.mean.shape[-1]} numbers from {type(other).__name__} of "
                f"{getattr(getattr(other, 'mean', None), 'shape', 'another space')}",
                where="ops.distributions.kl",
                hint="both are over the same box",
            )
        ratio = self.log_deviation - other.log_deviation
        apart = (self.mean - other.mean) * jnp.exp(-other.log_deviation)
        return jnp.sum((jnp.exp(2 * ratio) + apart**2 - 1) / 2 - ratio)

    def mode(self) -> Float[Array, " number"]:
        return self._squashed(self.mean)

    def _squashed(self, u: Array) -> Array:
        return self.low + (self.high - self.low) * (jnp.tanh(u) + 1) / 2

    def _log_stretch(self, u: Array) -> Array:
        """Return log da/du, exact far from 0 too: 1 - tanh(u)^2 = 4 / (e^u + e^-u)^2."""
        return jnp.log((self.high - self.low) / 2) + 2 * (
            jnp.log(2.0) - u - jax.nn.softplus(-2 * u)
        )
