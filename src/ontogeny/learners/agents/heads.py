"""From the numbers that a policy's last layer gives to a distribution over the world's actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.ops.distributions.factored import FactoredCategorical
from ontogeny.ops.distributions.tanh_normal import TanhNormal
from ontogeny.worlds.spaces import ActionSpace, Box, Discrete, Factored

DEVIATIONS = -5.0, 2.0  # bounds of log_deviation: outside, densities outgrow float32's precision


class Head(NamedTuple):
    """How many numbers are needed, and what they say."""

    n_in: int
    distribution: Callable[[Float[Array, " n_in"]], Distribution]


def head_for(space: ActionSpace) -> Head:
    """Return the head of a space: logits for choices; means and log-deviations for numbers."""
    if isinstance(space, Discrete):
        return Head(space.n, Categorical)
    if isinstance(space, Factored):
        return Head(sum(space.sizes), lambda logits: FactoredCategorical(logits, space.sizes))
    return _numbers(space)


def _numbers(box: Box) -> Head:
    low, high = jnp.float32(box.low), jnp.float32(box.high)

    def distribution(numbers: Float[Array, " n_in"]) -> TanhNormal:
        mean, log_deviation = jnp.split(numbers, 2)
        return TanhNormal(mean, jnp.clip(log_deviation, *DEVIATIONS), low, high)

    return Head(2 * len(box.low), distribution)
