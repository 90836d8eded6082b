"""Whole growths of digit classifiers, repeated over seeds as one program, and tested on images that
neither the learning nor the selection has seen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.core.learner import Hypers
from ontogeny.evolution.evolve import Round, evolve
from ontogeny.evolution.replay import first_of, replay
from ontogeny.evolution.strategy import Strategy
from ontogeny.learners.supervised.classifier import cross_entropy, logits
from ontogeny.recipes.digits import DigitClassifier, parted

# What only shows that a growth runs; its programs are the same in every part of the claims.
TINY = DigitClassifier(population=4, rounds=2, steps=1, hidden=(8,), batch=4)


class Growths(NamedTuple):
    """What happened in every seed: NumPy arrays with a leading "seed" axis."""

    rounds: Round  # [seed, round, pop]
    score: np.ndarray  # the rounds' own
    test: np.ndarray  # [seed, pop]: nats a held-out image, at the end


def grow(recipe: DigitClassifier, strategy: Strategy[Any], seeds: np.ndarray) -> Growths:
    """Return the recipe's growths under the strategy, one a seed; the recipe's own strategy and
    seed are not used. A seed gives the same first draws whatever the strategy.
    """
    return _each(lambda seed, _: _grown(recipe, strategy, seed), seeds, {})


def replayed(recipe: DigitClassifier, schedules: Hypers, seeds: np.ndarray) -> Growths:
    """Return growths in which every member lives its seed's schedule; the leaves of `schedules` are
    [seed, round].
    """

    def one(seed: Array, schedule: Hypers) -> tuple[Round, Array]:
        first = first_of(schedule, recipe.population)
        return _grown(recipe, replay(schedule), seed, first)

    return _each(one, seeds, schedules)


def _grown(
    recipe: DigitClassifier, strategy: Strategy[Any], seed: Array, hypers: Hypers | None = None
) -> tuple[Round, Array]:
    size, rounds, steps = recipe.population, recipe.rounds, recipe.steps
    held_out = parted().test
    last, history = evolve(
        recipe.learner(), recipe.space(), strategy, seed, size, rounds, steps, hypers
    )

    def tested(state: Any) -> Array:
        return cross_entropy(logits(state.layers, held_out.pixels), held_out.label)

    return history, jax.vmap(tested)(last.state)


def _each(one: Any, seeds: np.ndarray, schedules: Hypers) -> Growths:
    """Return what `one` returns for every seed, one after another in one program."""
    pairs = jnp.asarray(seeds, jnp.uint32), jax.tree.map(jnp.asarray, schedules)
    program = jax.jit(lambda pairs: jax.lax.map(lambda pair: one(*pair), pairs))
    rounds, test = jax.device_get(program(pairs))
    return Growths(rounds, rounds.score, test)
