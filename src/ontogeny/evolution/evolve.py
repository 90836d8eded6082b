"""A whole growth as pure functions: one round, and all of them.

A round moves (who inherits what from whom), lives some steps, and scores. Round 0 has nothing to
move on. These functions call nothing outside, so a claim about a strategy is one `jax.vmap` over
seeds; the executors run the same round one at a time, and record it.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.core.keys import Count, Purpose, Seed, derive
from ontogeny.core.learner import Hypers, Learner, Metrics, State, traced
from ontogeny.core.population import Move, Population, advance, apply, spawn
from ontogeny.core.promotion import own_rules
from ontogeny.core.space import Space
from ontogeny.evolution.strategy import S, Strategy


class Round(NamedTuple):
    """What happened in a round, every leaf with a leading "pop" axis."""

    move: Move  # made at the start of the round
    hypers: Hypers  # lived with
    score: Float[Array, " pop"]  # at the end
    metrics: Metrics  # means over the round's steps


class Grown(NamedTuple, Generic[State, S]):
    """A population and what its strategy remembers: all that the next round depends on."""

    population: Population[State]
    strategy_state: S


def begin(
    learner: Learner[State],
    space: Space,
    strategy: Strategy[S],
    seed: Seed,
    size: int,
    hypers: Hypers | None = None,
) -> Grown[State, S]:
    """Return a spawned population, and the strategy's state before the first round."""
    population = spawn(learner, space, seed, size, hypers)
    with own_rules():
        return Grown(population, strategy.init(derive(seed, Purpose.STRATEGY), population))


def shift(
    learner: Learner[State],
    strategy: Strategy[S],
    seed: Seed,
    number: Count,
    grown: Grown[State, S],
) -> tuple[Grown[State, S], Move]:
    """Return the population after the move that begins round `number`, and the move. Round 0 moves
    nobody.
    """
    ready = jnp.full(grown.population.size, jnp.asarray(number) > 0)
    with own_rules():
        strategy_state, move = strategy.move(
            derive(seed, Purpose.MOVE, number), grown.strategy_state, grown.population, ready
        )
    return Grown(apply(learner, seed, grown.population, move), strategy_state), move


def evolve(
    learner: Learner[State],
    space: Space,
    strategy: Strategy[Any],
    seed: Seed,
    size: int,
    rounds: int,
    steps: int,
    hypers: Hypers | None = None,
) -> tuple[Population[State], Round]:
    """Return the population after `rounds` rounds, and the rounds stacked along a leading axis.

    >>> from ontogeny.recipes.quadratic import Quadratic
    >>> learner, space = Quadratic().learner(), Quadratic().space()
    >>> strategy = og.random_search(space)
    >>> members, rounds = og.evolve(learner, space, strategy, seed=0, size=4, rounds=3, steps=5)
    >>> rounds.score.shape, members.steps.tolist()
    ((3, 4), [15, 15, 15, 15])
    """

    learner = traced(learner)

    def one(grown: Grown[State, Any], number: Array) -> tuple[Grown[State, Any], Round]:
        (population, strategy_state), move = shift(learner, strategy, seed, number, grown)
        lived_with = population.hypers
        population, metrics = advance(learner, seed, steps, population)
        return Grown(population, strategy_state), Round(move, lived_with, population.score, metrics)

    first = begin(learner, space, strategy, seed, size, hypers)
    last, history = jax.lax.scan(one, first, jnp.arange(rounds))
    return last.population, history
