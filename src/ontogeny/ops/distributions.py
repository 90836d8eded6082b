"""The categorical distribution, given by its logits: what a policy over a few actions needs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def log_probability(logits: Float[Array, " action"], action: Int[Array, ""]) -> Float[Array, ""]:
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
