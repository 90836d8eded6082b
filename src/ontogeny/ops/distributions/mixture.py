"""A mixture of distributions over one space: p(a) = sum_i w_i p_i(a), exact, and who is responsible
for an action.

Its gradient parts by responsibility: d log p(a) = sum_i r_i(a) d log p_i(a), r_i = w_i p_i / p.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import StructureError
from ontogeny.ops.distributions.categorical import NEVER, Categorical, MaskedCategorical
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.ops.distributions.factored import FactoredCategorical, joint_actions
from ontogeny.ops.distributions.listed import Listed


class Mixture(NamedTuple):
    """`parts` are over the same actions; `weights` are probabilities and may be zero, and then the
    part counts for nothing.
    """

    weights: Float[Array, " part"]
    parts: tuple[Distribution, ...]

    def sample(self, key: Key[Array, ""]) -> Array:
        which = jax.random.categorical(jax.random.fold_in(key, 1), _log(self.weights))
        # one key serves all: only one of them is looked at, and draws as it would alone
        return jnp.stack([part.sample(key) for part in self.parts])[which]

    def log_probability(self, action: Array) -> Float[Array, ""]:
        log_p = jax.nn.logsumexp(self._log_shares(action))
        return jnp.where(log_p > NEVER / 2, log_p, -jnp.inf)

    def responsibilities(self, action: Array) -> Float[Array, " part"]:
        """Return w_i p_i(a) / p(a), which sum to 1."""
        return jax.nn.softmax(self._log_shares(action))

    def entropy(self) -> Float[Array, ""]:
        """Return the entropy of actions that can be counted. Raises `StructureError` for continuous
        ones: it has no closed form.
        """
        log_p = self._table()  # not normalised again: one part alone has its own, to the bit
        return -jnp.sum(jnp.exp(log_p) * log_p)

    def kl(self, other: Any) -> Float[Array, ""]:
        """Return KL(self || other) of actions that can be counted. Raises `StructureError` for
        continuous ones.
        """
        return self.joint().kl(_joint(other))

    def mode(self) -> Array:
        """Return the likeliest action; of continuous ones, the likeliest of the parts' own."""
        if not all(isinstance(part, _COUNTED) for part in self.parts):
            modes = jnp.stack([part.mode() for part in self.parts])
            return modes[jnp.argmax(jax.vmap(self.log_probability)(modes))]
        which = self.joint().mode()
        sizes = _sizes(self)
        return which if sizes is None else jnp.asarray(joint_actions(sizes))[which]

    def joint(self) -> MaskedCategorical:
        """Return the same distribution as one over all actions, those of several parts numbered as
        `joint_actions` does.
        """
        logits = self._table()
        return MaskedCategorical(logits, logits > NEVER / 2)

    def _table(self) -> Float[Array, " action"]:
        """Return log p of every action, about `NEVER` for those that no part takes."""
        tables = jnp.stack([_joint(part).log_probabilities() for part in self.parts])
        return jax.nn.logsumexp(tables + _log(self.weights)[:, None], axis=0)

    def _log_shares(self, action: Array) -> Float[Array, " part"]:
        log_p = jnp.stack([part.log_probability(action) for part in self.parts])
        return jnp.maximum(log_p, NEVER) + _log(self.weights)


class Switch(NamedTuple):
    """A mixture that says which part was drawn: an action is its number and then the part's own.
    Its actions are those of the mixture, and in expectation its gradient too, which varies more.
    """

    weights: Float[Array, " part"]
    parts: tuple[Distribution, ...]

    def sample(self, key: Key[Array, ""]) -> Array:
        which = jax.random.categorical(jax.random.fold_in(key, 1), _log(self.weights))
        drawn = jnp.stack([part.sample(key) for part in self.parts])[which]
        return jnp.append(which.astype(drawn.dtype), drawn)

    def log_probability(self, action: Array) -> Float[Array, ""]:
        return jnp.sum(self.responsibilities(action) * self._log_shares(action))

    def responsibilities(self, action: Array) -> Float[Array, " part"]:
        """Return 1 for the part that was drawn, and 0 for the others."""
        return (jnp.arange(len(self.parts)) == action[0]).astype(self.weights.dtype)

    def entropy(self) -> Float[Array, ""]:
        """Return that of which part and what it does, together."""
        each = jnp.stack([part.entropy() for part in self.parts])
        return jnp.sum(self.weights * (each - jnp.maximum(_log(self.weights), -1e3)))

    def kl(self, other: Any) -> Float[Array, ""]:
        """Return KL of which part and what it does from the same of another switch."""
        apart = [one.kl(its) for one, its in zip(self.parts, other.parts, strict=True)]
        shares = jnp.maximum(_log(self.weights), -1e3) - jnp.maximum(_log(other.weights), -1e3)
        return jnp.sum(self.weights * (jnp.stack(apart) + shares))

    def mode(self) -> Array:
        which = jnp.argmax(self.weights)
        likely = jnp.stack([part.mode() for part in self.parts])[which]
        return jnp.append(which.astype(likely.dtype), likely)

    def own(self, action: Array) -> Array:
        """Return the action without the number of who drew it."""
        return action[1:] if jax.eval_shape(self.parts[0].mode).ndim else action[1]

    def _log_shares(self, action: Array) -> Float[Array, " part"]:
        log_p = jnp.stack([part.log_probability(self.own(action)) for part in self.parts])
        return jnp.maximum(log_p, NEVER) + _log(self.weights)


def _log(weights: Array) -> Array:
    """Return log w, `NEVER` for 0: a part without weight has no gradient, and spoils none."""
    return jnp.where(weights > 0, jnp.log(jnp.where(weights > 0, weights, 1.0)), NEVER)


_COUNTED = (Categorical, MaskedCategorical, FactoredCategorical, Listed)


def _joint(of: Any) -> Categorical | MaskedCategorical:
    if isinstance(of, Mixture | FactoredCategorical | Listed):
        return of.joint()
    if isinstance(of, Categorical | MaskedCategorical):
        return of
    raise StructureError(
        f"{type(of).__name__} has no list of actions",
        where="ops.distributions.Mixture",
        hint="entropy and divergence of continuous mixtures have no closed form: bound them by "
        "their parts'",
    )


def _sizes(mixture: Mixture) -> tuple[int, ...] | None:
    kinds = FactoredCategorical, Listed
    sizes = next((part.sizes for part in mixture.parts if isinstance(part, kinds)), ())
    return sizes if len(sizes) > 1 else None
