"""The coefficients of a curve that is linear in them, y = coefficients · features(x) + noise.

Without noise, two coefficients follow from two examples: `solve_two`. With normal noise and any
prior that is given as equally likely nodes, `weigh_nodes` is the posterior by quadrature. Written
out in sums and products, so that both run inside a `vmap` on any device.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

TINY = 1e-30


class Posterior(NamedTuple):
    """The coefficients' mean, and how likely the prior made the examples, in nats.

    The evidence lacks the normal's constant, which is the same for every family of curves.
    """

    mean: Float[Array, " coefficient"]
    log_evidence: Float[Array, ""]


def solve_two(
    features: Float[Array, "example two"], targets: Float[Array, " example"]
) -> Float[Array, " two"]:
    """Return the two coefficients of least squares, by one Gram-Schmidt step: the normal equations
    would square the rounding where the columns are nearly parallel.
    """
    first, second = features[:, 0], features[:, 1]
    length = jnp.sqrt(jnp.sum(first**2) + TINY)
    along = first / length
    shared = along @ second
    rest = second - shared * along
    right = (rest @ targets) / (rest @ rest + TINY)
    return jnp.stack([(along @ targets - shared * right) / length, right])


def weigh_nodes(
    features: Float[Array, "example coefficient"],
    targets: Float[Array, " example"],
    nodes: Float[Array, "node coefficient"],
    variance: Float[Array, ""] | float,
) -> Posterior:
    """Return the posterior over nodes that are equally likely before: weights ∝ exp(-|y - F c|² /
    (2 variance)). The nodes must lie closer than the posterior's deviation to stand for a density.
    """
    gram, moment = features.T @ features, features.T @ targets
    square = targets @ targets - 2 * nodes @ moment + jnp.sum((nodes @ gram) * nodes, axis=1)
    log_weight = -square / (2 * variance)
    return Posterior(
        jax.nn.softmax(log_weight) @ nodes,
        jax.nn.logsumexp(log_weight) - jnp.log(nodes.shape[0]),
    )
