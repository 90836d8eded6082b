"""A choice among a few listed actions of a larger space: what a policy of few actions does where
another may do more.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from ontogeny.core.errors import StructureError
from ontogeny.ops.distributions.categorical import NEVER, Categorical, MaskedCategorical
from ontogeny.ops.distributions.distribution import Distribution


class Listed(eqx.Module):
    """p(actions[j]) = softmax(logits)_j, and 0 for every other action. An action is a whole number
    below `sizes`, or with several sizes a tuple of one below each.
    """

    logits: Float[Array, " listed"]
    actions: tuple[Any, ...] = eqx.field(static=True)
    sizes: tuple[int, ...] = eqx.field(static=True)

    def __check_init__(self) -> None:
        if jnp.shape(self.logits) != (len(self.actions),) or not self.actions:
            raise StructureError(
                f"logits of shape {jnp.shape(self.logits)} for {len(self.actions)} listed actions",
                where="ops.distributions.Listed",
                hint="give a logit an action, and list one action or more",
            )

    @property
    def table(self) -> Int[np.ndarray, "listed ..."]:
        """The listed actions, a row each."""
        return np.array(self.actions, np.int32)

    def sample(self, key: Key[Array, ""]) -> Int[Array, "..."]:
        return jnp.asarray(self.table)[jax.random.categorical(key, self.logits)]

    def log_probability(self, action: Int[Array, "..."]) -> Float[Array, ""]:
        is_it = (jnp.asarray(self.table) == action).reshape(len(self.actions), -1).all(axis=1)
        chosen = jnp.sum(jnp.where(is_it, jax.nn.log_softmax(self.logits), 0.0))
        return jnp.where(jnp.any(is_it), chosen, -jnp.inf)

    def entropy(self) -> Float[Array, ""]:
        return Categorical(self.logits).entropy()

    def kl(self, other: Any) -> Float[Array, ""]:
        log_p = jax.nn.log_softmax(self.logits)
        return jnp.sum(jnp.exp(log_p) * (log_p - self.of(other)))

    def kl_within(self, other: Any) -> Float[Array, ""]:
        """Return KL(self || other given that its action is a listed one), in nats: it says nothing
        of how likely other actions are.
        """
        return Categorical(self.logits).kl(Categorical(self.of(other)))

    def of(self, other: Distribution) -> Float[Array, " listed"]:
        """Return another's log-probabilities of the listed actions."""
        return jax.vmap(other.log_probability)(jnp.asarray(self.table))

    def mode(self) -> Int[Array, "..."]:
        return jnp.asarray(self.table)[jnp.argmax(self.logits)]

    def joint(self) -> MaskedCategorical:
        """Return the same distribution over all actions of the space, numbered with the last part
        fastest.
        """
        table = self.table.reshape(len(self.actions), -1)
        places = np.ravel_multi_index(tuple(table.T), self.sizes)
        n_actions = int(np.prod(self.sizes))
        # a gather of a constant table: a scatter would be slow on a CPU
        where = np.zeros(n_actions, int)
        where[places] = np.arange(len(places))
        allowed = np.zeros(n_actions, bool)
        allowed[places] = True
        logits = jnp.where(allowed, self.logits[where], NEVER)
        return MaskedCategorical(logits, jnp.asarray(allowed))
