"""A whole growth repeated over seeds, under several strategies, as one compiled program: how a
claim about a strategy is measured in seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt32

from ontogeny.core.learner import Hypers
from ontogeny.core.population import Move, Population
from ontogeny.evolution.evolve import Round, evolve
from ontogeny.evolution.replay import first_of, replay
from ontogeny.evolution.strategy import Strategy
from ontogeny.recipes.recipe import Recipe
from ontogeny.runtime.machine import prepare

# These programs run for less than a second, so the compiler's time is what there is to save:
# level 1 halves it, and the programs run as fast (measured on a CPU). An environment that sets the
# level is obeyed.
LEVEL = "xla_backend_optimization_level"
QUICK_TO_COMPILE = {} if LEVEL in os.environ.get("XLA_FLAGS", "") else {LEVEL: 1}


def trials(
    recipe: Recipe, strategies: Mapping[str, Strategy[Any]], seeds: UInt32[np.ndarray, " batch"]
) -> Iterator[tuple[str, Round]]:
    """Yield, for each strategy, its name and the rounds: NumPy arrays [seed, round, pop, ...].

    The recipe's own strategy and seed are not used. A seed gives the same first draws whatever the
    strategy. All strategies are one program, which is compiled before the first is yielded.
    """
    prepare(recipe.executor.devices)
    hypers = recipe.first_hypers()
    arms = tuple(strategies.values())

    def one(seed: Array, index: Array) -> Round:
        return _rounds(recipe, one_of(arms, index), seed, hypers)

    program = _compiled(one, (0, None))
    for index, name in enumerate(strategies):
        yield name, jax.device_get(program(jnp.asarray(seeds, jnp.uint32), jnp.int32(index)))


def replays(recipe: Recipe, schedules: Hypers, seeds: UInt32[np.ndarray, " batch"]) -> Round:
    """Return the rounds of the recipe along given schedules, without selection: NumPy arrays
    [schedule, seed, round, pop, ...].

    The leaves of `schedules` have leading axes [schedule, seed, round].
    """

    prepare(recipe.executor.devices)

    def one(seed: Array, schedule: Hypers) -> Round:
        return _rounds(recipe, replay(schedule), seed, first_of(schedule, recipe.population))

    def all_schedules(seed: Array, schedule: Hypers) -> Round:
        return jax.vmap(one, in_axes=(None, 0))(seed, schedule)

    program = _compiled(all_schedules, in_axes=(0, 1), out_axes=1)
    return jax.device_get(program(jnp.asarray(seeds, jnp.uint32), schedules))


def one_of(strategies: Sequence[Strategy[Any]], index: Int[Array, ""]) -> Strategy[tuple[Any, ...]]:
    """Return the strategy at a traced index: it keeps the memory of each, and that one moves."""

    def init(key: Array, population: Population[Any]) -> tuple[Any, ...]:
        return tuple(strategy.init(key, population) for strategy in strategies)

    def move(
        key: Array, state: tuple[Any, ...], population: Population[Any], ready: Array
    ) -> tuple[tuple[Any, ...], Move]:
        def branch(place: int) -> Callable[[tuple[Any, ...]], tuple[tuple[Any, ...], Move]]:
            def decide(state: tuple[Any, ...]) -> tuple[tuple[Any, ...], Move]:
                after, move = strategies[place].move(key, state[place], population, ready)
                return (*state[:place], after, *state[place + 1 :]), move

            return decide

        return jax.lax.switch(index, [branch(place) for place in range(len(strategies))], state)

    return Strategy(init, move)


def _rounds(recipe: Recipe, strategy: Strategy[Any], seed: Any, hypers: Hypers | None) -> Round:
    learner, space = recipe.learner(), recipe.space()
    size, rounds, steps = recipe.population, recipe.rounds, recipe.steps
    return evolve(learner, space, strategy, seed, size, rounds, steps, hypers)[1]


def _compiled(
    function: Callable[..., Round], in_axes: Any, out_axes: int = 0
) -> Callable[..., Round]:
    mapped = jax.vmap(function, in_axes, out_axes)
    return jax.jit(mapped, compiler_options=QUICK_TO_COMPILE)
