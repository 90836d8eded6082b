"""How two parents make a child's genes: who is a parent, and what comes from whom.

Source: Holland 1975, "Adaptation in Natural and Artificial Systems", for roulette and one-point
crossover; Syswerda 1989 (ICGA) for uniform crossover.

>>> score = jnp.array([3.0, 1.0, 4.0, 2.0])
>>> og.breeding.best(0.25)(jax.random.key(0), score, 3).tolist()  # three parents
[2, 2, 2]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.evolution.selection import rank_of

Parents: TypeAlias = Callable[[Key[Array, ""], Float[Array, " pop"], int], Int[Array, " child"]]
"""`(key, score, count)` returns so many parents, drawn with replacement from those alive."""

Crossover: TypeAlias = Callable[[Key[Array, ""], Hypers, Hypers], Hypers]
"""`(key, mother, father)` returns a child's hypers."""


def roulette(floor: float = 0.0) -> Parents:
    """The chance to be a parent is proportional to how far the score lies above the floor.

    When nobody lies above it, all who live have the same chance.
    """

    def draw(key: Array, score: Array, count: int) -> Array:
        share = jnp.where(jnp.isfinite(score), jnp.maximum(score - floor, 0.0), 0.0)
        return _drawn(key, jnp.where(jnp.any(share > 0), share, _living(score)), count)

    return draw


def best(fraction: float = 0.2) -> Parents:
    """The best fraction of those alive (one at least) have the same chance, the others none."""
    if not 0 < fraction <= 1:
        raise ConfigError(
            f"a fraction of {fraction} is not in (0, 1]", where="breeding.best", hint="such as 0.2"
        )

    def draw(key: Array, score: Array, count: int) -> Array:
        order_key, draw_key = jax.random.split(key)
        kept = jnp.maximum(jnp.floor(fraction * jnp.sum(jnp.isfinite(score))), 1)
        top = rank_of(order_key, score) >= score.shape[0] - kept
        return _drawn(draw_key, _living(score) * top, count)

    return draw


def one_point(probability: float = 1.0) -> Crossover:
    """The genes up to a random place come from the mother, those after it from the father.

    The order is that of the leaves, each flattened. Below a probability of 1, some children have
    one parent only.
    """

    def cross(key: Array, mother: Hypers, father: Hypers) -> Hypers:
        toss_key, cut_key = jax.random.split(key)
        leaves, structure = jax.tree.flatten(mother)
        total = sum(leaf.size for leaf in leaves)
        cut = jax.random.randint(cut_key, (), 1, max(total, 2))
        cut = jnp.where(jax.random.bernoulli(toss_key, probability), cut, total)
        begun, child = 0, []
        for own, other in zip(leaves, jax.tree.leaves(father), strict=True):
            place = begun + jnp.arange(own.size).reshape(own.shape)
            child.append(jnp.where(place < cut, own, other))
            begun += own.size
        return structure.unflatten(child)

    return cross


def uniform(probability: float = 0.5) -> Crossover:
    """Every gene comes from the father with this probability, else from the mother."""

    def cross(key: Array, mother: Hypers, father: Hypers) -> Hypers:
        leaves, structure = jax.tree.flatten(mother)
        keys = jax.random.split(key, max(len(leaves), 1))
        child = [
            jnp.where(jax.random.bernoulli(k, probability, own.shape), other, own)
            for k, own, other in zip(keys, leaves, jax.tree.leaves(father), strict=False)
        ]
        return structure.unflatten(child)

    return cross


def _living(score: Array) -> Float[Array, " pop"]:
    """Return the same chance for all who live; for all, when nobody does."""
    alive = jnp.isfinite(score)
    return jnp.where(jnp.any(alive), alive, True).astype(jnp.float32)


def _drawn(key: Array, share: Float[Array, " pop"], count: int) -> Int[Array, " child"]:
    """Return draws in proportion to the shares, never of a share of 0."""
    ends = jnp.cumsum(share)
    at = (1 - jax.random.uniform(key, (count,))) * ends[-1]  # above 0, up to the sum
    return jnp.minimum(jnp.searchsorted(ends, at), share.shape[0] - 1)
