"""A goal that is hidden until the walker is near, and stays where it is: who remembers where it was
found goes straight back to it.

The walker and the goal begin anywhere in an empty square of cells. A step onto the goal is worth 1,
and the walker is put anywhere. An episode is cut after the limit. The observation says where the
walker is, row and column one-hot, where the goal lies from there if it is in sight, and what the
last step earned.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, UInt8

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.pictures import grid_picture
from ontogeny.worlds.world import Step, World

WAYS = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left


class Search(NamedTuple):
    """Where the walker and the goal are (row and column), what was last earned, steps so far."""

    walker: Int[Array, " 2"]
    goal: Int[Array, " 2"]
    earned: Float[Array, ""]
    steps: Int[Array, ""]


def hidden_goal(size: int = 7, sight: int = 1, limit: int = 60) -> World:
    """Return the world. `sight` is how many cells away, diagonals too, the goal is seen.

    Raises `ConfigError` for fewer than 2 cells a side, a negative sight and no steps.
    """
    if size < 2 or sight < 0 or limit < 1:
        raise ConfigError(
            f"{size} cells a side, a sight of {sight} and {limit} steps",
            where="worlds.grids.hidden_goal",
            hint="use 2 cells or more, a sight of 0 or more, and 1 step or more",
        )

    def observe(search: Search) -> Float[Array, " seen"]:
        off = search.goal - search.walker
        near = jnp.max(jnp.abs(off)) <= sight
        place = jax.nn.one_hot(search.walker, size).reshape(-1)
        told = jnp.stack([*jnp.where(near, off, 0), near, search.earned])
        return jnp.concatenate([place, told]).astype(jnp.float32)

    def reset(key: Key[Array, ""]) -> tuple[Search, Array]:
        walker, goal = jax.random.randint(key, (2, 2), 0, size)
        search = Search(walker, goal, jnp.zeros(()), jnp.int32(0))
        return search, observe(search)

    def step(key: Key[Array, ""], search: Search, action: Int[Array, ""]) -> tuple[Search, Step]:
        there = jnp.clip(search.walker + jnp.array(WAYS)[action], 0, size - 1)
        found = jnp.all(there == search.goal)
        walker = jnp.where(found, jax.random.randint(key, (2,), 0, size), there)
        after = Search(walker, search.goal, found.astype(jnp.float32), search.steps + 1)
        return after, Step(observe(after), after.earned, jnp.array(False), after.steps >= limit)

    def render(search: Search) -> UInt8[Array, "height width 3"]:
        cells = jnp.stack(jnp.indices((size, size)), axis=-1)
        things = [jnp.all(cells == place, axis=-1) for place in (search.walker, search.goal)]
        return grid_picture(jnp.stack(things, axis=-1).astype(jnp.float32))

    n_seen = 2 * size + 4
    return World("hidden-goal", (n_seen,), len(WAYS), reset, step, time_limit=limit, render=render)
