"""How an heir's hypers differ from its parent's: the explore half of Population Based Training.

An exploration is a function `(key, space, hypers) -> hypers` of one member. Write your own in three
lines.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.space import Space

Exploration: TypeAlias = Callable[[Key[Array, ""], Space, Hypers], Hypers]


def perturb(factors: tuple[float, float] = (0.8, 1.2), probability: float = 1.0) -> Exploration:
    """Each hyper is moved on its scale by one of two factors; with a probability below 1, only so
    often.

    (0.8, 1.2) is the paper's. (1 / 1.2, 1.2) with probability 0.33 is IMPALA's, without drift on a
    log scale.
    """
    if min(factors) <= 0:
        raise ConfigError(
            f"factors {factors} are not positive", where="perturb", hint="the paper uses (0.8, 1.2)"
        )

    def explore(key: Array, space: Space, hypers: Hypers) -> Hypers:
        toss, move = jax.random.split(key)
        moved = space.perturb(move, hypers, factors)
        return moved if probability >= 1 else _mix(toss, probability, moved, hypers)

    return explore


def resample(probability: float = 1.0) -> Exploration:
    """Each hyper is drawn anew from its prior with this probability."""
    return lambda key, space, hypers: space.resample(key, hypers, probability)


def perturb_or_resample(
    factors: tuple[float, float] = (0.8, 1.2), probability: float = 0.25
) -> Exploration:
    """Each hyper is drawn anew with this probability, and otherwise moved by one of two factors."""

    def explore(key: Array, space: Space, hypers: Hypers) -> Hypers:
        move, draw = jax.random.split(key)
        return space.resample(draw, perturb(factors)(move, space, hypers), probability)

    return explore


def jitter(deviation: float) -> Exploration:
    """Each hyper is moved by normal noise of this standard deviation on its scale."""
    return lambda key, space, hypers: space.jitter(key, hypers, deviation)


def keep() -> Exploration:
    """Nothing changes: the arm without exploration."""
    return lambda key, space, hypers: hypers


def _mix(key: Array, probability: float, moved: Hypers, hypers: Hypers) -> Hypers:
    leaves, structure = jax.tree.flatten(hypers)
    keys = jax.random.split(key, max(len(leaves), 1))
    mixed = [
        jnp.where(jax.random.bernoulli(k, probability, jnp.shape(old)), new, old)
        for k, new, old in zip(keys, jax.tree.leaves(moved), leaves, strict=False)
    ]
    return structure.unflatten(mixed)
