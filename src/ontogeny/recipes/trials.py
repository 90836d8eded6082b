"""A whole growth repeated over seeds, as one compiled program: how a claim about a strategy is
measured in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import UInt32

from ontogeny.core.learner import Hypers
from ontogeny.evolution.evolve import Round, evolve
from ontogeny.evolution.replay import first_of, replay
from ontogeny.evolution.strategy import Strategy
from ontogeny.recipes.recipe import Recipe

# These programs run for less than a second, so the compiler's time is what there is to save:
# level 1 halves it, and the programs run as fast (measured on a CPU).
QUICK_TO_COMPILE = {"xla_backend_optimization_level": 1}


def trials(recipe: Recipe, strategy: Strategy[Any], seeds: UInt32[np.ndarray, " batch"]) -> Round:
    """Return the rounds of the recipe under the strategy: NumPy arrays [seed, round, pop, ...].

    The recipe's own strategy and seed are not used. A seed gives the same first draws whatever the
    strategy.
    """
    hypers = recipe.first_hypers()
    return _compiled(lambda seed: _rounds(recipe, strategy, seed, hypers))(seeds)


def replays(recipe: Recipe, schedules: Hypers, seeds: UInt32[np.ndarray, " batch"]) -> Round:
    """Return the rounds of the recipe along given schedules, without selection: NumPy arrays
    [schedule, seed, round, pop, ...].

    The leaves of `schedules` have leading axes [schedule, seed, round].
    """

    def one(seed: Any, schedule: Hypers) -> Round:
        return _rounds(recipe, replay(schedule), seed, first_of(schedule, recipe.population))

    def all_schedules(seed: Any, schedule: Hypers) -> Round:
        return jax.vmap(one, in_axes=(None, 0))(seed, schedule)

    return _compiled(all_schedules, in_axes=(0, 1), out_axes=1)(seeds, schedules)


def _rounds(recipe: Recipe, strategy: Strategy[Any], seed: Any, hypers: Hypers | None) -> Round:
    learner, space = recipe.learner(), recipe.space()
    size, rounds, steps = recipe.population, recipe.rounds, recipe.steps
    return evolve(learner, space, strategy, seed, size, rounds, steps, hypers)[1]


def _compiled(
    function: Callable[..., Round], in_axes: Any = 0, out_axes: int = 0
) -> Callable[..., Round]:
    mapped = jax.jit(jax.vmap(function, in_axes, out_axes), compiler_options=QUICK_TO_COMPILE)

    def call(seeds: np.ndarray, *rest: Any) -> Round:
        return jax.device_get(mapped(jnp.asarray(seeds, jnp.uint32), *rest))

    return call
