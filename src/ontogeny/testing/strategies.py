"""Does a strategy keep the contract of `evolution.strategy`?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.core.errors import StructureError
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.learner import Hypers
from ontogeny.core.population import Move, Population, first_hypers
from ontogeny.core.space import Space
from ontogeny.evolution.strategy import Strategy
from ontogeny.testing.comparison import check_equal, differing, kinds, take_slot

Clip: TypeAlias = Callable[[Hypers], Hypers]
SIZES = (1, 2, 8)


def check_strategy(strategy: Strategy[Any], space: Space, *, rounds: int = 4) -> None:
    """Check the contract of `evolution.strategy`, on populations of 1, 2 and 8 with made-up scores.

    Parents are in range; whoever is not ready keeps its state and hypers; hypers stay in their
    bounds and keep their dtypes; a dead member that is ready is replaced by one that lives, or
    begins anew; a population that is all dead goes on; the same key gives the same move; and all of
    it works under `jit`, without the states.
    """
    clip = jax.jit(space.clip)
    drawn = jax.jit(lambda: first_hypers(space, 0, SIZES[-1]))()
    for size in SIZES:
        everybody, nobody = np.ones(size, bool), np.zeros(size, bool)
        some = np.arange(size) % 2 == 0
        scores = np.linspace(-1.0, 1.0, size, dtype=np.float32)
        worst_dead = np.where(np.arange(size) == 0, -np.inf, scores)
        all_dead = np.full(size, -np.inf)
        cases = [
            ("everybody ready", scores, everybody),
            ("nobody ready", scores, nobody),
            ("half ready", scores, some),
            ("equal scores", np.zeros(size), everybody),
            ("a dead member", worst_dead, everybody),
            ("a dead member, half ready", worst_dead, some),
            ("a dead member, nobody ready", worst_dead, nobody),
            ("all dead", all_dead, everybody),
        ]
        # the states may live elsewhere: a strategy that looks for them fails here
        population = Population[Any](
            state=(),
            hypers=jax.tree.map(jnp.asarray, take_slot(drawn, slice(size))),
            score=jnp.zeros(size, jnp.float32),
            age=jnp.zeros(size, jnp.int32),
            steps=jnp.zeros(size, jnp.int32),
        )
        memory = jax.jit(strategy.init)(derive(0, Purpose.STRATEGY), population)
        move = jax.jit(strategy.move)
        for number in range(rounds):
            # np, and of the population's own dtypes: `move` is compiled once for all cases
            key, steps = derive(number, Purpose.MOVE), np.full(size, 1000 * (number + 1), np.int32)
            for name, score, ready in cases:
                where = f"{name}, population of {size}, round {number}"
                now = population._replace(score=np.asarray(score, np.float32), steps=steps)
                after, made = move(key, memory, now, ready)
                again = move(key, memory, now, ready)[1]
                check_equal(f"{where}: the same key gave another move", again, made, 0.0)
                if kinds(after) != kinds(memory):
                    raise StructureError(
                        f"{where}: the memory changed its shapes", where="strategy.move"
                    )
                _check_move(where, clip, now, ready, made)
            memory, _ = move(key, memory, population._replace(score=scores), everybody)


def _check_move(
    where: str, clip: Clip, population: Population[Any], ready: np.ndarray, move: Move
) -> None:
    slots = np.arange(population.size)
    parent, inherit = np.asarray(move.parent), np.asarray(move.inherit)
    if parent.shape != slots.shape or not ((parent >= 0) & (parent < len(slots))).all():
        raise StructureError(f"{where}: parents are {parent}", where="move.parent")
    changed = differing(move.hypers, population.hypers)
    moved = (parent != slots) | ~inherit
    idle = ~ready & (moved | changed)
    if idle.any():
        raise StructureError(
            f"{where}: slots {slots[idle].tolist()} were not ready and yet moved",
            where="strategy.move",
            hint="keep state and hypers where the mask is False",
        )
    # of one size, that of the largest population: one program serves all
    rows = take_slot(move.hypers, np.arange(SIZES[-1]) % len(slots))
    clipped = clip(rows)
    if kinds(clipped) != kinds(rows) or differing(clipped, rows, 1e-5).any():
        raise StructureError(f"{where}: hypers left bounds: {move.hypers}", where="move.hypers")
    alive = np.isfinite(np.asarray(population.score))
    stuck = ready & ~alive & ~moved & alive.any()
    if stuck.any():
        raise StructureError(
            f"{where}: slots {slots[stuck].tolist()} are dead and were not replaced",
            where="strategy.move",
            hint="give a dead member a living parent, or let it begin anew (inherit False)",
        )
    buried = ready & inherit & (parent != slots) & ~alive[parent]
    if buried.any():
        raise StructureError(
            f"{where}: slots {slots[buried].tolist()} inherit from the dead", where="move.parent"
        )
