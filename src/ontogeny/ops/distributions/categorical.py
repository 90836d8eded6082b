"""The categorical distribution over a few actions, given by its logits; where a mask forbids some,
those have probability zero.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from ontogeny.core.errors import StructureError

# Far below any logit, and far enough above float32's least that what is added to it stays finite:
# with -inf, 0 log 0 would be NaN, and its gradient too.
NEVER = -1e30


def log_probability(
    logits: Float[Array, "*batch action"], action: Int[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """Return log p(action). A one-hot sum: its gradient is a product and not a scatter, which is
    slow on a CPU.
    """
    chosen = jax.nn.one_hot(action, logits.shape[-1], dtype=logits.dtype)
    return jnp.sum(jax.nn.log_softmax(logits) * chosen, axis=-1)


def entropy(logits: Float[Array, " action"]) -> Float[Array, ""]:
    """Return -sum p log p, in nats."""
    log_p = jax.nn.log_softmax(logits)
    return -jnp.sum(jnp.exp(log_p) * log_p, axis=-1)


def kl_divergence(
    p_logits: Float[Array, " action"], q_logits: Float[Array, " action"]
) -> Float[Array, ""]:
    """Return KL(p || q) = sum p (log p - log q), in nats."""
    log_p, log_q = jax.nn.log_softmax(p_logits), jax.nn.log_softmax(q_logits)
    return jnp.sum(jnp.exp(log_p) * (log_p - log_q), axis=-1)


def jensen_shannon(
    p_logits: Float[Array, " action"], q_logits: Float[Array, " action"], weight: float = 0.5
) -> Float[Array, ""]:
    """Return w KL(p || m) + (1 - w) KL(q || m) with m = w p + (1 - w) q, in nats: from 0 to the
    entropy of w, symmetric at one half. Divided by w it tends to KL(p || q) as w goes to 0.

    Source: Lin 1991, "Divergence Measures Based on the Shannon Entropy".
    """
    log_p, log_q = jax.nn.log_softmax(p_logits), jax.nn.log_softmax(q_logits)
    log_m = jnp.logaddexp(math.log(weight) + log_p, math.log1p(-weight) + log_q)
    above, below = jnp.exp(log_p) * (log_p - log_m), jnp.exp(log_q) * (log_q - log_m)
    return jnp.sum(weight * above + (1 - weight) * below, axis=-1)


class Categorical(NamedTuple):
    """One of n actions: p = softmax(logits)."""

    logits: Float[Array, " action"]

    def sample(self, key: Key[Array, ""]) -> Int[Array, ""]:
        return jax.random.categorical(key, self.logits)

    def log_probability(self, action: Int[Array, ""]) -> Float[Array, ""]:
        return log_probability(self.logits, action)

    def log_probabilities(self) -> Float[Array, " action"]:
        """Return log p of every action."""
        return jax.nn.log_softmax(self.logits)

    def entropy(self) -> Float[Array, ""]:
        return entropy(self.logits)

    def kl(self, other: Any) -> Float[Array, ""]:
        return _kl(self, other)

    def mode(self) -> Int[Array, ""]:
        return jnp.argmax(self.logits)


class MaskedCategorical(NamedTuple):
    """One of those of n actions that are allowed: p = softmax(logits) over them, and 0 elsewhere.

    Where nothing is allowed, all that is asked of it is NaN: a learner that meets such a mask dies,
    and its death is recorded.
    """

    logits: Float[Array, " action"]
    allowed: Bool[Array, " action"]

    def sample(self, key: Key[Array, ""]) -> Int[Array, ""]:
        return jax.random.categorical(key, self._logits)

    def log_probability(self, action: Int[Array, ""]) -> Float[Array, ""]:
        chosen = jnp.arange(self.logits.shape[-1]) == action
        finite = jnp.sum(jnp.where(chosen & self.allowed, self.log_probabilities(), 0.0))
        return jnp.where(jnp.any(chosen & self.allowed), finite, self._check(-jnp.inf))

    def log_probabilities(self) -> Float[Array, " action"]:
        """Return log p of every action; `NEVER` or less, and not -inf, for those that are
        forbidden: products with p stay zero.
        """
        return self._check(jax.nn.log_softmax(self._logits))

    def entropy(self) -> Float[Array, ""]:
        log_p = self.log_probabilities()
        return -jnp.sum(jnp.exp(log_p) * log_p)

    def kl(self, other: Any) -> Float[Array, ""]:
        return _kl(self, other)

    def mode(self) -> Int[Array, ""]:
        return jnp.argmax(self._logits)

    @property
    def _logits(self) -> Float[Array, " action"]:
        return jnp.where(self.allowed, self.logits, NEVER)

    def _check(self, of: Array | float) -> Array:
        return jnp.where(jnp.any(self.allowed), of, jnp.nan)


AnyCategorical: TypeAlias = Categorical | MaskedCategorical


def _kl(p: AnyCategorical, q: Any) -> Float[Array, ""]:
    """Return KL(p || q): infinite where q never does what p does, and finite where p's mask leaves
    out more than q's.
    """
    if not isinstance(q, Categorical | MaskedCategorical) or p.logits.shape != q.logits.shape:
        raise StructureError(
            f"the divergence of {p.logits.shape[-1]} actions from {type(q).__name__} of "
            f"{getattr(getattr(q, 'logits', None), 'shape', 'another space')}",
            where="ops.distributions.kl",
            hint="both are over the same actions: embed the fewer in the more with a mask",
        )
    log_p, log_q = p.log_probabilities(), q.log_probabilities()
    kl = jnp.sum(jnp.exp(log_p) * (log_p - log_q))
    if isinstance(q, Categorical):
        return kl
    outside = jnp.sum(jnp.where(q.allowed, 0.0, jnp.exp(log_p))) > 0
    return jnp.where(outside, jnp.inf, kl)
