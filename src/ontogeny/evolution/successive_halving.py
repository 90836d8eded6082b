"""Successive halving, asynchronous, on slots that never rest.

    rungs at r, r eta, r eta^2, … rounds of a member's life
    at a rung, its score joins those that others had there
    it goes on when it is among the best 1 / eta of them, and otherwise gives its slot to a newcomer

Nobody inherits anything: a slot that stops begins anew with a fresh draw from the prior. So it is
random search that spends its time on what does well early. It is the stopping form of ASHA: a
member is judged when it reaches a rung, by what is known there then, and is not brought back when
others turn out worse; the first to come goes on. The whole population ready at once is judged
together, which is plain successive halving.

Source: Jamieson and Talwalkar 2016 (arXiv 1502.07943); Li et al. 2020, "A System for Massively
Parallel Hyperparameter Tuning" (arXiv 1810.05934), algorithm 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.core.population import Move, Population, own_slots
from ontogeny.core.space import Space
from ontogeny.evolution.strategy import Strategy, StrategyConfig, check_parts

RUNGS = 12  # with a reduction of 3 the last lies at 177,147 times the first
KEPT = 128  # scores of a rung, the newest


class HalvingState(NamedTuple):
    """What successive halving remembers."""

    scores: Float[Array, "rung kept"]  # that members had at each rung, oldest first; inf for none
    lived: Int[Array, " pop"]  # rounds since the slot began anew


def successive_halving(space: Space, reduction: int = 3, first: int = 1) -> Strategy[HalvingState]:
    """Return the strategy: 1 in `reduction` goes on at each rung, the first after `first` rounds.

    Raises `ConfigError` for a reduction below 2 and a first rung below 1.

    >>> space, key = og.Space({"rate": og.Log(1e-4, 1.0)}), jax.random.key(0)
    >>> score, steps = jnp.array([3.0, 1.0, 4.0, 2.0]), jnp.full(4, 100)
    >>> members = og.Population((), {"rate": score / 10}, score, steps, steps)
    >>> strategy = og.successive_halving(space, reduction=2)
    >>> memory, move = jax.jit(strategy.move)(key, strategy.init(key, members), members, score > 0)
    >>> move.inherit.tolist()  # the lower half begins anew
    [True, False, True, False]
    """
    check_parts("successive_halving", space)
    if reduction < 2 or first < 1:
        raise ConfigError(
            f"reduction={reduction}, first={first}",
            where="successive_halving",
            hint="use a reduction of 2 or more (3 or 4 are usual), and a first rung of 1 or more",
        )
    rungs = np.array(first * float(reduction) ** np.arange(RUNGS), np.float32)

    def init(key: Array, population: Population[Any]) -> HalvingState:
        del key
        unknown = jnp.full((RUNGS, KEPT), jnp.inf, jnp.float32)
        return HalvingState(unknown, jnp.zeros(population.size, jnp.int32))

    def move(
        key: Array, state: HalvingState, population: Population[Any], ready: Array
    ) -> tuple[HalvingState, Move]:
        slots = own_slots(population.size)
        lived = state.lived + ready
        at = (lived[:, None] == rungs[None]) & ready[:, None]  # [pop, rung]
        arrived = jnp.where(at, population.score[:, None], jnp.inf).T
        scores = _newest(jnp.concatenate([state.scores, arrived], axis=1))
        mine = scores[jnp.argmax(at, axis=1)]  # [pop, kept]; meaningless where at no rung
        there = jnp.sum(mine < jnp.inf, axis=1)
        better = jnp.sum((mine > population.score[:, None]) & (mine < jnp.inf), axis=1)
        places = jnp.maximum(there // reduction, 1)
        stops = ready & (jnp.any(at, axis=1) & (better >= places))
        stops |= ready & ~jnp.isfinite(population.score)
        drawn = jax.vmap(lambda slot: space.sample(jax.random.fold_in(key, slot)))(slots)
        hypers = trees.where(stops, drawn, population.hypers)
        return HalvingState(scores, jnp.where(stops, 0, lived)), Move(slots, ~stops, hypers)

    return Strategy(init, move)


def _newest(scores: Array) -> Array:
    """Return the last scores that are known, per rung, oldest first."""
    order = jnp.argsort(scores < jnp.inf, axis=1, stable=True)
    return jnp.take_along_axis(scores, order, axis=1)[:, -KEPT:]


@dataclass(frozen=True)
class SuccessiveHalving(StrategyConfig):
    """Successive halving (ASHA): members are judged at rungs of their life, and slots of those who
    stop begin anew with fresh hypers. Nobody inherits.
    """

    name: ClassVar[str] = "successive-halving"

    reduction: int = 3
    """One in so many goes on at each rung, and the next is so many times as far."""
    first: int = 1
    """Rounds of a life until the first rung."""

    def build(self, space: Space) -> Strategy[HalvingState]:
        return successive_halving(space, self.reduction, self.first)
