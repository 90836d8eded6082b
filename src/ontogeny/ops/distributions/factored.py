"""Actions of several parts, each chosen by itself given the observation: p(a) = prod_i p_i(a_i)."""

from __future__ import annotations

import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from ontogeny.core.errors import StructureError
from ontogeny.ops.distributions.categorical import Categorical, MaskedCategorical


class FactoredCategorical(eqx.Module):
    """A vector of choices, part i one of `sizes[i]`; `logits` are those of all parts, end to end.

    All parts are computed at once, as rows as long as the longest.
    """

    logits: Float[Array, " logit"]
    sizes: tuple[int, ...] = eqx.field(static=True)

    def __check_init__(self) -> None:
        if min(self.sizes, default=0) < 1 or jnp.shape(self.logits) != (sum(self.sizes),):
            raise StructureError(
                f"logits of shape {jnp.shape(self.logits)} for parts of sizes {self.sizes}",
                where="ops.distributions.FactoredCategorical",
                hint="give as many logits as the sizes' sum, and sizes from 1",
            )

    @property
    def parts(self) -> Categorical | MaskedCategorical:
        """The parts, stacked: leading axis part."""
        if len(set(self.sizes)) == 1:
            return Categorical(self.logits.reshape(len(self.sizes), -1))
        longest = max(self.sizes)
        begins = np.cumsum((0, *self.sizes[:-1]))[:, None]
        allowed = np.arange(longest) < np.array(self.sizes)[:, None]
        where = np.where(allowed, begins + np.arange(longest), 0)
        return MaskedCategorical(self.logits[where], jnp.asarray(allowed))

    def sample(self, key: Key[Array, ""]) -> Int[Array, " part"]:
        keys = jax.random.split(key, len(self.sizes))
        return jax.vmap(lambda part, key: part.sample(key))(self.parts, keys)

    def log_probability(self, action: Int[Array, " part"]) -> Float[Array, ""]:
        return jnp.sum(jax.vmap(lambda part, one: part.log_probability(one))(self.parts, action))

    def entropy(self) -> Float[Array, ""]:
        return jnp.sum(jax.vmap(lambda part: part.entropy())(self.parts))

    def kl(self, other: Any) -> Float[Array, ""]:
        if not isinstance(other, FactoredCategorical) or other.sizes != self.sizes:
            raise StructureError(
                f"the divergence of parts of sizes {self.sizes} from {type(other).__name__} of "
                f"sizes {getattr(other, 'sizes', 'unknown')}",
                where="ops.distributions.kl",
                hint="both have the same parts; `joint()` of both are over one set of actions",
            )
        return jnp.sum(jax.vmap(lambda p, q: p.kl(q))(self.parts, other.parts))

    def mode(self) -> Int[Array, " part"]:
        return jax.vmap(lambda part: part.mode())(self.parts)

    def joint(self) -> Categorical:
        """Return the same distribution over whole actions, numbered with the last part fastest
        (`joint_actions`).
        """
        ends = np.cumsum(self.sizes)
        total = jnp.zeros(1)
        for size, end in zip(self.sizes, ends, strict=True):
            log_p = jax.nn.log_softmax(self.logits[end - size : end])
            total = (total[:, None] + log_p).reshape(-1)
        return Categorical(total)


def joint_actions(sizes: tuple[int, ...]) -> Int[np.ndarray, "action part"]:
    """Return all combinations of parts, the last fastest: row k is what action k of `joint` is."""
    return np.array(list(itertools.product(*map(range, sizes))), dtype=np.int32)
