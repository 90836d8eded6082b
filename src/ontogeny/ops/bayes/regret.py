"""How far from the exact limits: excess log-loss of predictions, regret of decisions."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.ops.bayes.predictives import Normal


def excess_log_loss(
    exact: Float[Array, "time symbol"], log_predicted: Float[Array, "time symbol"]
) -> Float[Array, " time"]:
    """Return KL(exact || predicted) at every step, in nats.

    Along a sequence drawn from the source its sum has the expected excess loss over Bayes for its
    mean, is never negative, and is far less noisy than a difference of log-losses. An exact
    probability of zero adds nothing.
    """
    safe = jnp.where(exact > 0, exact, 1.0)
    return jnp.sum(jnp.where(exact > 0, exact * (jnp.log(safe) - log_predicted), 0.0), axis=-1)


def excess_log_density(exact: Normal, predicted: Normal) -> Float[Array, " time"]:
    """Return KL(exact || predicted) of two normals at every step, in nats.

    1/2 (ln(v_q / v_p) + (v_p + (m_p - m_q)²) / v_q - 1).
    """
    ratio = exact.variance / predicted.variance
    apart = (exact.mean - predicted.mean) ** 2 / predicted.variance
    return 0.5 * (ratio - jnp.log(ratio) - 1 + apart)


def bandit_regret(
    means: Float[Array, " arm"], policy: Float[Array, "time arm"]
) -> Float[Array, " time"]:
    """Return the best mean less the mean reward of the action probabilities, at every step."""
    return jnp.max(means) - policy @ means


def bernoulli_divergence(
    p: Float[Array, "*shape"], q: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Return KL(Bernoulli(p) || Bernoulli(q)) in nats, p and q inside (0, 1)."""
    return p * (jnp.log(p) - jnp.log(q)) + (1 - p) * (jnp.log1p(-p) - jnp.log1p(-q))


def lai_robbins_rate(means: Float[Array, " arm"]) -> Float[Array, ""]:
    """Return sum_a (best - theta_a) / KL(theta_a, best) over the arms below the best.

    No policy that is good for all Bernoulli bandits has a regret that grows more slowly than this
    times ln T. Source: Lai and Robbins 1985.
    """
    best = jnp.max(means)
    worse = means < best
    safe = jnp.where(worse, means, 0.5 * best)
    return jnp.sum(
        jnp.where(worse, (best - safe) / bernoulli_divergence(safe, jnp.full_like(safe, best)), 0.0)
    )
