"""The losses of an actor-critic: IMPALA's V-trace, with its correction or without, and PPO's
clipped surrogate.

All return the same four terms; `total` weighs them. Means take the place of the papers' sums over
a batch, so that a cost means the same for any batch size.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.learners.agents.network import Outputs
from ontogeny.learners.agents.rollout import Decision, Trajectory
from ontogeny.ops import returns


class Terms(NamedTuple):
    """The terms of a loss. The divergence is a diagnosis and is not descended on."""

    policy: Float[Array, "..."]
    value: Float[Array, "..."]
    entropy: Float[Array, "..."]
    kl: Float[Array, "..."]


def total(
    terms: Terms, value_cost: float, entropy_cost: Float[Array, ""] | float
) -> Float[Array, ""]:
    """Return policy + value_cost value - entropy_cost entropy."""
    return terms.policy + value_cost * terms.value - entropy_cost * terms.entropy


def vtrace_loss(
    outputs: Outputs,
    last_value: Float[Array, ""],
    cut_value: Float[Array, " cut"],
    trajectory: Trajectory,
    reward: Float[Array, " time"],
    discount: Float[Array, ""] | float,
    lambda_: Float[Array, ""] | float,
    corrected: bool = True,
) -> Terms:
    """Return IMPALA's terms for one trajectory: -A_t log pi(a_t) and (v_t - V_t)^2 / 2, with
    V-trace's v and A of these rewards.

    Outputs and values are the present network's; the trajectory may come from an earlier one, and
    V-trace corrects for it. Not `corrected`, all ratios count as 1: the targets are the n-step
    (with lambda) returns of the policy that acted. Source: Espeholt et al. 2018 (arXiv 1802.01561),
    section 4.2.
    """
    policy, value = outputs
    log_pi = jax.vmap(lambda d, a: d.log_probability(a))(policy, trajectory.decision.action)
    log_ratio = log_pi - trajectory.decision.log_probability
    aim = returns.vtrace(
        reward,
        discount * (1.0 - trajectory.terminated),
        value,
        returns.following_values(value, last_value, cut_value, trajectory.truncated),
        ~(trajectory.terminated | trajectory.truncated),
        log_ratio if corrected else jnp.zeros_like(log_ratio),
        lambda_,
    )
    return Terms(
        policy=-jnp.mean(aim.advantage * log_pi),
        value=jnp.mean((aim.target - value) ** 2) / 2,
        entropy=jnp.mean(jax.vmap(lambda d: d.entropy())(policy)),
        kl=jnp.mean(jax.lax.stop_gradient(_kl_estimate(log_ratio))),
    )


def advantages(
    trajectory: Trajectory,
    reward: Float[Array, " time"],
    last_value: Float[Array, ""],
    cut_value: Float[Array, " cut"],
    discount: Float[Array, ""] | float,
    lambda_: Float[Array, ""] | float,
) -> Float[Array, " time"]:
    """Return the generalised advantages of one trajectory, for these rewards and under the values
    that its policy had.
    """
    value = trajectory.decision.value
    return returns.gae(
        reward,
        discount * (1.0 - trajectory.terminated),
        value,
        returns.following_values(value, last_value, cut_value, trajectory.truncated),
        ~(trajectory.terminated | trajectory.truncated),
        lambda_,
    )


def ppo_loss(
    outputs: Outputs,
    decision: Decision,
    advantage: Float[Array, ""],
    target: Float[Array, ""],
    clip: Float[Array, ""] | float,
    clip_value: bool,
) -> Terms:
    """Return PPO's terms for one step: -min(r A, clip(r, 1 - e, 1 + e) A) and (G - V)^2 / 2, r =
    pi(a) / mu(a).

    With `clip_value` the value may move by e from what it was when the step was taken, and the
    worse of the two errors counts. Source: Schulman et al. 2017 (arXiv 1707.06347), equation 7.
    """
    policy, value = outputs
    log_ratio = policy.log_probability(decision.action) - decision.log_probability
    ratio = jnp.exp(log_ratio)
    surrogate = jnp.minimum(ratio * advantage, jnp.clip(ratio, 1 - clip, 1 + clip) * advantage)
    error = (target - value) ** 2
    if clip_value:
        near = decision.value + jnp.clip(value - decision.value, -clip, clip)
        error = jnp.maximum(error, (target - near) ** 2)
    return Terms(
        -surrogate, error / 2, policy.entropy(), jax.lax.stop_gradient(_kl_estimate(log_ratio))
    )


def _kl_estimate(log_ratio: Array) -> Array:
    """Return an unbiased, never negative estimate of KL(mu || pi) from samples of mu: (r - 1) - log
    r.
    """
    return jnp.exp(log_ratio) - 1 - log_ratio
