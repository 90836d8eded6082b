"""The exact mixture for a source whose parameter is drawn anew now and then.

At every step but the first, with probability `hazard`, the die is replaced by a fresh one from the
Dirichlet prior. What matters is when the present die began: the filter carries the posterior over
that moment, and the counts since each. With w_s the probability that it began at s,
p(x) = sum_s w_s p_s(x), where p_s is the conjugate predictive since s; T² operations a sequence.
Source: Adams and MacKay 2007, "Bayesian online changepoint detection" (arXiv 0710.3742).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class ChangePoints(NamedTuple):
    """What the filter believes before each symbol."""

    predictive: Float[Array, "time symbol"]
    began: Float[Array, "time start"]  # the probability that the present die began at each step


def change_point_filter(
    sequence: Int[Array, " time"],
    prior: Float[Array, " symbol"],
    hazard: float | Float[Array, ""] | Float[Array, " time"],
) -> ChangePoints:
    """Return the predictive, and the posterior of the last change, before every symbol.

    `hazard` is the probability of a change before step t, one for all or one for each (the first is
    not used: the first die begins at step 0).
    """
    length = sequence.shape[0]
    hazards = jnp.broadcast_to(jnp.asarray(hazard, prior.dtype), (length,)).at[0].set(1.0)
    starts = jnp.arange(length)

    def observe(state: tuple[Array, Array], now: tuple[Array, Array, Array]):
        began, counts = state
        time, symbol, change = now
        began = jnp.where(starts == time, change, began * (1 - change))
        weight = prior + counts
        each = weight / jnp.sum(weight, axis=-1, keepdims=True)
        predictive = began @ each
        after = began * each[:, symbol]
        counts = counts.at[:, symbol].add((starts <= time).astype(counts.dtype))
        return (after / jnp.sum(after), counts), ChangePoints(predictive, began)

    start = (jnp.zeros(length, prior.dtype), jnp.zeros((length, prior.shape[0]), prior.dtype))
    return jax.lax.scan(observe, start, (starts, sequence, hazards))[1]
