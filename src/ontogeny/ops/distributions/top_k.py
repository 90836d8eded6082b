"""A categorical distribution of which only the k likeliest outcomes are kept, and the mass of all
others as one outcome more.

What is kept is exact: a divergence between two distributions of these k + 1 outcomes is that
between the whole ones after the others were thrown together, so never more than the whole one
(the data-processing inequality), equal to it where both share the tail out alike, and zero only
where both agree on each of the k and on the mass of the rest. Renormalising over the k instead
would teach that nothing else ever happens.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ontogeny.ops.distributions.categorical import Categorical


class TopK(NamedTuple):
    """The k likeliest outcomes, the likeliest first."""

    log_probability: Float[Array, " k"]
    outcome: Int[Array, " k"]

    def distribution(self) -> Categorical:
        """Return the distribution of the k outcomes and, last, of the rest."""
        left = jnp.log(jnp.maximum(-jnp.expm1(jax.nn.logsumexp(self.log_probability)), 1e-30))
        return Categorical(jnp.append(self.log_probability, left))

    def gathered(self, other: Categorical) -> Categorical:
        """Return another distribution of all outcomes as one of these k and, last, of the rest."""
        log_p = other.log_probabilities()
        kept = jnp.zeros(log_p.shape, bool).at[self.outcome].set(True)
        left = jax.nn.logsumexp(jnp.where(kept, -jnp.inf, log_p))
        return Categorical(jnp.append(log_p[self.outcome], left))

    def event(self, outcome: Int[Array, ""]) -> Int[Array, ""]:
        """Return which of the k + 1 an outcome is."""
        found = self.outcome == outcome
        return jnp.where(jnp.any(found), jnp.argmax(found), found.shape[0])


def top_k(distribution: Categorical, k: int) -> TopK:
    """Return what is kept of the distribution; k is less than its number of outcomes."""
    return TopK(*jax.lax.top_k(distribution.log_probabilities(), k))
