"""Who gives its place to whom: the exploit half of Population Based Training.

A selection is a function `(key, score, recent) -> donor`: for every slot the slot that it would
copy, its own where it would stay. `score` is the last score of each member, `recent` its last few,
oldest first, -inf where there is none yet or it had died. Ties are broken at random: members that
begin equal must not stay equal for ever.

Source: Jaderberg et al. 2017, "Population Based Training of Neural Networks" (arXiv 1711.09846),
section 4.1; the margin is from Espeholt et al. 2018 (IMPALA, arXiv 1802.01561), appendix F.

>>> score = jnp.array([3.0, 1.0, 4.0, 2.0])
>>> donor = og.selection.truncation(0.25)(jax.random.key(0), score, score[:, None])
>>> donor.tolist()  # the worst copies the best
[0, 2, 2, 3]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from ontogeny.core.config import LARGEST, real, within
from ontogeny.core.errors import ConfigError

Selection: TypeAlias = Callable[
    [Key[Array, ""], Float[Array, " pop"], Float[Array, "pop window"]], Int[Array, " pop"]
]


# Members up to which all pairs are drawn for, as runs have always been decided. In thousands that
# takes seconds and gigabytes, so that above this each draws one number.
FEW = 256


def truncation(fraction: float = 0.2) -> Selection:
    """The bottom fraction each copy a member drawn uniformly from the top fraction (at least one of
    each).
    """
    fraction = real(fraction, "fraction", "truncation")
    if not 0 < fraction <= 0.5:
        raise ConfigError(
            f"a fraction of {fraction} is not in (0, 0.5]",
            where="truncation",
            hint="the paper uses 0.2",
        )

    def select(key: Array, score: Array, recent: Array) -> Array:
        del recent
        pop = score.shape[0]
        cut = min(max(1, int(pop * fraction)), pop // 2)
        order_key, donor_key = jax.random.split(key)
        rank = rank_of(order_key, score)
        top = (rank >= pop - cut) & jnp.isfinite(score)
        donor = _draw(donor_key, top)
        return jnp.where((rank < cut) & jnp.any(top), donor, jnp.arange(pop))

    return select


def tournament() -> Selection:
    """Each draws one other member uniformly, and copies it when that one's score is higher."""

    def select(key: Array, score: Array, recent: Array) -> Array:
        del recent
        rival_key, order_key = jax.random.split(key)
        rival, rank = rival_of(rival_key, score), rank_of(order_key, score)
        return jnp.where(rank[rival] > rank, rival, jnp.arange(score.shape[0]))

    return select


def margin(amount: float, share: float = 0.0) -> Selection:
    """Each draws one other member uniformly, and copies it when that one's score is higher by more
    than `amount`, and that `share` of its absolute value.
    """
    amount = within(amount, -LARGEST, LARGEST, "amount", "margin")
    share = within(share, 0, LARGEST, "share", "margin")

    def select(key: Array, score: Array, recent: Array) -> Array:
        del recent
        rival = rival_of(key, score)
        needed = score + amount
        if share:
            needed += share * jnp.abs(score[rival])
        return jnp.where(score[rival] > needed, rival, jnp.arange(score.shape[0]))

    return select


def welch(significance: float = 0.05) -> Selection:
    """Each draws one other member uniformly, and copies it when that one's recent scores are
    significantly higher.

    A one-sided Welch t-test on the recent scores; with fewer than two scores of either, nobody
    moves.
    """
    significance = real(significance, "significance", "welch")
    if not 0 < significance < 1:
        raise ConfigError(
            f"a significance of {significance} is not in (0, 1)",
            where="welch",
            hint="0.05 is usual",
        )

    def select(key: Array, score: Array, recent: Array) -> Array:
        rival = rival_of(key, score)
        better = welch_p_value(recent[rival], recent) < significance
        return jnp.where(better & jnp.isfinite(score[rival]), rival, jnp.arange(score.shape[0]))

    return select


def welch_p_value(
    a: Float[Array, "*pop window"], b: Float[Array, "*pop window"]
) -> Float[Array, "*pop"]:
    """Return the p-value of "mean(a) > mean(b)", one-sided, variances unequal. Numbers that are not
    finite are left out.

    With t the difference of the means over its standard error and nu the Welch-Satterthwaite
    degrees of freedom, P(T > t) = I_x(nu / 2, 1 / 2) / 2 for t > 0, where x = nu / (nu + t^2).
    Without two numbers on each side it is 1.
    """

    def moments(x: Array) -> tuple[Array, Array, Array]:
        seen = jnp.isfinite(x)
        n = jnp.sum(seen, -1)
        mean = jnp.sum(jnp.where(seen, x, 0), -1) / jnp.maximum(n, 1)
        spread = jnp.sum(jnp.where(seen, (x - mean[..., None]) ** 2, 0), -1) / jnp.maximum(n - 1, 1)
        return n, mean, spread / jnp.maximum(n, 1)

    (n_a, mean_a, error_a), (n_b, mean_b, error_b) = moments(a), moments(b)
    error = jnp.maximum(error_a + error_b, 1e-30)
    t_squared = (mean_a - mean_b) ** 2 / error
    share_a, share_b = error_a / error, error_b / error  # squares of the errors would underflow
    doubt = share_a**2 / jnp.maximum(n_a - 1, 1) + share_b**2 / jnp.maximum(n_b - 1, 1)
    nu = jnp.where(doubt > 0, 1 / jnp.maximum(doubt, 1e-30), 1.0)
    tail = jax.scipy.special.betainc(nu / 2, 0.5, nu / (nu + t_squared)) / 2
    p = jnp.where(mean_a > mean_b, tail, 1 - tail)
    return jnp.where((n_a > 1) & (n_b > 1), p, 1.0)


def rescue(
    key: Key[Array, ""], score: Float[Array, " pop"], donor: Int[Array, " pop"]
) -> Int[Array, " pop"]:
    """Return the donors, every dead slot (score -inf) given one of the better half of the
    living.
    """
    pop = score.shape[0]
    alive = jnp.isfinite(score)
    order_key, donor_key = jax.random.split(key)
    living = jnp.sum(alive)
    best = alive & (rank_of(order_key, score) >= pop - jnp.maximum(living // 2, 1))
    saved = _draw(donor_key, best)
    return jnp.where(~alive & (living > 0), saved, donor)


def rank_of(key: Key[Array, ""], score: Float[Array, " pop"]) -> Int[Array, " pop"]:
    """Return each slot's rank, 0 for the worst. Ties are broken at random."""
    pop = score.shape[0]
    noise = jax.random.uniform(key, score.shape)
    order = jnp.lexsort((noise, score))
    if pop <= FEW:
        return jnp.argsort(order)
    return jnp.zeros(pop, order.dtype).at[order].set(jnp.arange(pop, dtype=order.dtype))


def rival_of(key: Array, score: Array) -> Array:
    """Return for every slot another living slot, drawn uniformly (its own where there is none)."""
    pop = score.shape[0]
    if pop <= FEW:
        others = ~jnp.eye(pop, dtype=bool) & jnp.isfinite(score)
        return jnp.where(jnp.any(others, 1), _argmax_draw(key, others), jnp.arange(pop))
    alive = jnp.isfinite(score)
    n_others = jnp.sum(alive) - alive
    drawn = jax.random.randint(key, (pop,), 0, jnp.maximum(n_others, 1))
    passed = alive & (drawn >= jnp.cumsum(alive) - 1)  # itself is left out
    return jnp.where(n_others > 0, _listed(alive)[drawn + passed], jnp.arange(pop))


def _draw(key: Array, allowed: Bool[Array, " pop"]) -> Int[Array, " pop"]:
    """Return for every slot one of the allowed slots, drawn uniformly."""
    pop = allowed.shape[0]
    if pop <= FEW:
        return _argmax_draw(key, jnp.broadcast_to(allowed, (pop, pop)))
    drawn = jax.random.randint(key, (pop,), 0, jnp.maximum(jnp.sum(allowed), 1))
    return _listed(allowed)[drawn]


def _listed(allowed: Bool[Array, " pop"]) -> Int[Array, " pop"]:
    """Return the allowed slots in order, and zeros after them."""
    pop = allowed.shape[0]
    place = jnp.where(allowed, jnp.cumsum(allowed) - 1, pop)
    return jnp.zeros(pop, place.dtype).at[place].set(jnp.arange(pop), mode="drop")


def _argmax_draw(key: Array, allowed: Bool[Array, "pop pop"]) -> Int[Array, " pop"]:
    """Return for every row one of its allowed columns, drawn uniformly."""
    return jnp.argmax(jnp.where(allowed, jax.random.uniform(key, allowed.shape), -1.0), axis=1)
