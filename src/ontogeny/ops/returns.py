"""Returns of one trajectory: plain sums, generalised advantages, n-step returns, and V-trace.

All take one trajectory, time first; the caller vmaps. Two numbers a step say where a trajectory
ends:

- `discount_t` is zero where the episode terminated: nothing follows;
- `continues_t` is False where step t + 1 belongs to another episode: this one terminated, or was
  truncated by a time limit. A truncated step still has a future: it is bootstrapped from
  `next_value_t`, the value of the observation that followed *before* the reset, and only the trace
  is cut.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ontogeny.core.errors import ConfigError, StructureError


class VTrace(NamedTuple):
    """Corrected value targets, and the advantages that weigh the policy gradient."""

    target: Float[Array, " time"]
    advantage: Float[Array, " time"]


def following_values(
    value: Float[Array, " time"],
    last_value: Float[Array, ""],
    final_value: Float[Array, " cut"],
    truncated: Bool[Array, " time"],
) -> Float[Array, " time"]:
    """Return the value of what followed each step, before any reset.

    That is the next step's value, and `last_value` after the last step; where the k-th truncation
    of the trajectory happened it is `final_value[k]`, the value of the observation that the time
    limit cut off. Where there are more truncations than final values (a world names too large a
    limit) it is NaN: another state's value would be wrong in silence.
    """
    _check_ranks(value=value, final_value=final_value, truncated=truncated)
    after = jnp.append(value[1:], last_value)
    if final_value.shape[0] == 0:
        return after
    room = final_value.shape[0]
    which: Int[Array, " time"] = jnp.cumsum(truncated) - 1
    cut = jnp.where(which < room, final_value[jnp.clip(which, 0, room - 1)], jnp.nan)
    return jnp.where(truncated, cut, after)


def gae(
    reward: Float[Array, " time"],
    discount: Float[Array, " time"],
    value: Float[Array, " time"],
    next_value: Float[Array, " time"],
    continues: Bool[Array, " time"],
    lambda_: Float[Array, ""] | float,
) -> Float[Array, " time"]:
    """Return the generalised advantages: A_t = d_t + discount_t lambda continues_t A_{t+1}.

    Here d_t = r_t + discount_t V'_t - V_t, with V'_t = `next_value`. Adding the values gives the
    lambda-returns. Source: Schulman et al. 2016 (arXiv 1506.02438).
    """
    _check_ranks(
        reward=reward, discount=discount, value=value, next_value=next_value, continues=continues
    )
    error = reward + discount * next_value - value
    return decayed_sum(error, discount * lambda_ * continues)


def n_step_returns(
    reward: Float[Array, " time"],
    discount: Float[Array, " time"],
    next_value: Float[Array, " time"],
    continues: Bool[Array, " time"],
    n: int,
) -> Float[Array, " time"]:
    """Return the discounted sum of `n` rewards and the value after them; fewer where the trajectory
    is cut.

    G1_t = r_t + discount_t V'_t, and Gn_t = r_t + discount_t G(n-1)_{t+1} where t + 1 continues the
    episode. Raises `ConfigError` when `n` is below 1.
    """
    _check_ranks(reward=reward, discount=discount, next_value=next_value, continues=continues)
    if n < 1:
        raise ConfigError(f"n is {n}", where="n_step_returns", hint="count steps from 1")
    goes_on = continues.at[-1].set(False)

    def longer(after: Array, _: None) -> tuple[Array, None]:
        later = jnp.append(after[1:], 0.0)
        return reward + discount * jnp.where(goes_on, later, next_value), None

    shortest = reward + discount * next_value
    return jax.lax.scan(longer, shortest, None, length=n - 1)[0]


def vtrace(
    reward: Float[Array, " time"],
    discount: Float[Array, " time"],
    value: Float[Array, " time"],
    next_value: Float[Array, " time"],
    continues: Bool[Array, " time"],
    log_ratio: Float[Array, " time"],
    lambda_: Float[Array, ""] | float = 1.0,
    clip_rho: float = 1.0,
    clip_c: float = 1.0,
) -> VTrace:
    """Return V-trace targets and advantages, off-policy corrected by `log_ratio` = log pi(a) - log
    mu(a).

    With rho_t = min(clip_rho, ratio_t) and c_t = lambda min(clip_c, ratio_t):
    v_t - V_t = rho_t d_t + discount_t c_t continues_t (v_{t+1} - V_{t+1}), d_t as in `gae`; and the
    advantage is rho_t (r_t + discount_t q_t - V_t), where q_t mixes v_{t+1} (by lambda) and
    V_{t+1}, or is V'_t at a cut. Nothing is differentiated through. Source: Espeholt et al. 2018
    (IMPALA, arXiv 1802.01561), section 4.1.
    """
    _check_ranks(
        reward=reward,
        discount=discount,
        value=value,
        next_value=next_value,
        continues=continues,
        log_ratio=log_ratio,
    )
    ratio = jnp.exp(log_ratio)
    rho, c = jnp.minimum(clip_rho, ratio), lambda_ * jnp.minimum(clip_c, ratio)
    error = rho * (reward + discount * next_value - value)
    correction = decayed_sum(error, discount * c * continues)
    goes_on = continues.at[-1].set(False)
    later = lambda_ * jnp.append(correction[1:], 0.0)
    advantage = rho * (reward + discount * (next_value + jnp.where(goes_on, later, 0.0)) - value)
    return jax.lax.stop_gradient(VTrace(value + correction, advantage))


def decayed_sum(x: Float[Array, " time"], decay: Float[Array, " time"]) -> Float[Array, " time"]:
    """Return s_t = x_t + decay_t s_{t+1}, with nothing after the last."""

    def back(later: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
        total = now[0] + now[1] * later
        return total, total

    return jax.lax.scan(back, jnp.zeros_like(x[-1]), (x, decay), reverse=True)[1]


def _check_ranks(**arrays: Array) -> None:
    for name, array in arrays.items():
        if jnp.ndim(array) != 1:
            raise StructureError(
                f"{name} has shape {jnp.shape(array)}",
                where="ops.returns",
                hint="give one trajectory, time first, and vmap over the rest",
            )
