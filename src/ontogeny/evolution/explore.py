"""How an heir's hypers differ from its parent's: the explore half of Population Based Training, and
the mutation of genes.

An exploration is a function `(key, space, hypers) -> hypers` of one member. Write your own in three
lines.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.1.

>>> space = og.Space({"rate": og.Log(1e-4, 1.0)})
>>> heir = og.explore.perturb((0.5, 2.0))(jax.random.key(0), space, {"rate": jnp.float32(0.1)})
>>> round(heir["rate"].item(), 2) in (0.05, 0.2)
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from ontogeny.core.config import LARGEST, pair, within
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.space import Dimension, Space

Law: TypeAlias = Literal["gaussian", "cauchy", "log-uniform", "self-adapted"]
Exploration: TypeAlias = Callable[[Key[Array, ""], Space, Hypers], Hypers]


def perturb(factors: tuple[float, float] = (0.8, 1.2), probability: float = 1.0) -> Exploration:
    """Each hyper is moved on its scale by one of two factors; with a probability below 1, only so
    often.

    (0.8, 1.2) is the paper's. (1 / 1.2, 1.2) with probability 0.33 is IMPALA's, without drift on a
    log scale.
    """
    factors = pair(factors, "factors", "perturb")
    probability = within(probability, 0, 1, "probability", "perturb")
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
    probability = within(probability, 0, 1, "probability", "resample")
    return lambda key, space, hypers: space.resample(key, hypers, probability)


def perturb_or_resample(
    factors: tuple[float, float] = (0.8, 1.2), probability: float = 0.25
) -> Exploration:
    """Each hyper is drawn anew with this probability, and otherwise moved by one of two factors."""
    probability = within(probability, 0, 1, "probability", "perturb_or_resample")
    moved = perturb(factors)

    def explore(key: Array, space: Space, hypers: Hypers) -> Hypers:
        move, draw = jax.random.split(key)
        return space.resample(draw, moved(move, space, hypers), probability)

    return explore


def jitter(deviation: float) -> Exploration:
    """Each hyper is moved by normal noise of this standard deviation on its scale."""
    deviation = within(deviation, 0, LARGEST, "deviation", "jitter")
    return lambda key, space, hypers: space.jitter(key, hypers, deviation)


def mutate(
    deviation: float,
    law: Law = "gaussian",
    *,
    others: Mapping[str, float] | None = None,
    low: float = 0.1,
    rate: float = 0.2,
) -> Exploration:
    """Each number is moved along its scale by deviation × noise: how genes mutate.

    `gaussian`: the noise is normal. `cauchy`: it has heavy tails. `log-uniform`: normal, and the
    child's deviation is drawn between low × deviation and deviation, evenly in the logarithm.
    `self-adapted`: normal, and the deviation is multiplied by the gene "sigma", which first moves
    by exp(rate × normal). `others` gives some of the hypers, by the beginning of their path, a
    deviation of their own (0: they never mutate).

    Source: Schaul et al. 2011 (GECCO, "High dimensions and heavy tails for natural evolution
    strategies") for heavy tails; Schwefel 1981 for the self-adapted deviation.
    """
    if deviation < 0 or not 0 < low <= 1 or rate < 0 or min((others or {"": 0.0}).values()) < 0:
        raise ConfigError(
            f"deviation {deviation}, others {others}, low {low} and rate {rate}",
            where="mutate",
            hint="use deviations and a rate of 0 or more, and a low above 0, of 1 at most",
        )

    def explore(key: Array, space: Space, hypers: Hypers) -> Hypers:
        size_key, noise_key = jax.random.split(key)
        size = jnp.float32(1.0)
        if law == "log-uniform":
            size = low ** jax.random.uniform(size_key)
        elif law == "self-adapted":
            if not isinstance(hypers, dict) or "sigma" not in hypers:
                raise ConfigError(
                    "there is no gene called 'sigma'",
                    where="mutate, self-adapted",
                    hint='add "sigma": Log(0.01, 10.0, prior=(1.0, 1.0)) to the space',
                )
            offset = rate * jax.random.normal(size_key)
            size = space.dimensions["sigma"].shift(hypers["sigma"], offset)
            hypers = {**hypers, "sigma": size}
        draw = jax.random.cauchy if law == "cauchy" else jax.random.normal

        def move(path: str, dimension: Dimension, key: Array, value: Array) -> Array:
            own = next((d for name, d in named if path.startswith(name)), deviation)
            if own == 0 or (law == "self-adapted" and path == "sigma"):
                return value
            return dimension.shift(value, own * size * draw(key, jnp.shape(value)))

        return space.each(move, noise_key, hypers)

    named = sorted((others or {}).items(), key=lambda item: -len(item[0]))
    return explore


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
