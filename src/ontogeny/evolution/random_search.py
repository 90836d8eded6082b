"""Random search: every member keeps the hypers that it was born with. The baseline that a strategy
must beat.

Only the dead move: a member that went non-finite begins anew with a fresh draw, since its slot
would otherwise be wasted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ontogeny.core import trees
from ontogeny.core.population import Move, Population, own_slots
from ontogeny.core.space import Space
from ontogeny.evolution.strategy import Strategy, StrategyConfig, check_parts


def random_search(space: Space) -> Strategy[tuple[()]]:
    """Return the strategy. It remembers nothing.

    >>> space, key = og.Space({"rate": og.Log(1e-4, 1.0)}), jax.random.key(0)
    >>> score, steps = jnp.array([3.0, 1.0, 4.0, 2.0]), jnp.full(4, 100)
    >>> members = og.Population((), {"rate": score / 10}, score, steps, steps)
    >>> strategy = og.random_search(space)
    >>> memory, move = jax.jit(strategy.move)(key, strategy.init(key, members), members, score > 0)
    >>> move.parent.tolist()  # everybody stays
    [0, 1, 2, 3]
    """

    check_parts("random_search", space)

    def init(key: Array, population: Population[Any]) -> tuple[()]:
        del key, population
        return ()

    def move(
        key: Array, state: tuple[()], population: Population[Any], ready: Array
    ) -> tuple[tuple[()], Move]:
        slots = own_slots(population.size)
        dead = ready & ~jnp.isfinite(population.score)
        drawn = jax.vmap(lambda slot: space.sample(jax.random.fold_in(key, slot)))(slots)
        return state, Move(slots, inherit=~dead, hypers=trees.where(dead, drawn, population.hypers))

    return Strategy(init, move)


@dataclass(frozen=True)
class RandomSearch(StrategyConfig):
    """Random search: every member keeps the hypers that it was born with. The baseline."""

    name: ClassVar[str] = "random-search"

    def build(self, space: Space) -> Strategy[tuple[()]]:
        return random_search(space)
