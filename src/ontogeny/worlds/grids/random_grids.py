"""Random grids to walk in: walls, rewards and ends at random, moves that slip, and a life that may
end at every step.

From the centre of a 20x20 grid the walker moves in four directions. A move goes as meant with
probability 0.9 + 0.1 / 4, and in each other direction with 0.1 / 4; walls and the border leave it
where it is. After every move the episode ends with probability 0.01. A cell is a wall with
probability 0.1, worth +10 with 0.02 and -10 with 0.02; those two end the episode.

Source: Czarnecki et al. 2019, "Distilling Policy Distillation" (arXiv 1902.02186), section 5; it
does not print the probabilities of cells, which are this project's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt8

from ontogeny.core.errors import ConfigError
from ontogeny.ops.mdp import MDP
from ontogeny.worlds.pictures import grid_picture
from ontogeny.worlds.world import NEVER, Step, World

SLIP, END = 0.1, 0.01


class Grid(NamedTuple):
    """What lies where. Cells with a reward end the episode."""

    wall: Bool[Array, "row column"]
    reward: Float[Array, "row column"]


class Walk(NamedTuple):
    """A grid, and where on it the walker is."""

    grid: Grid
    place: Int[Array, " 2"]


def random_grid(
    key: Key[Array, ""], size: int = 20, wall: float = 0.1, good: float = 0.02, bad: float = 0.02
) -> Grid:
    """Return a grid; its centre, where walks begin, is empty. Raises `ConfigError` for a size below
    3 and for probabilities that are none.
    """
    if size < 3 or min(wall, good, bad) < 0 or wall + good + bad > 1:
        raise ConfigError(
            f"a grid of {size} with probabilities {wall}, {good} and {bad}",
            where="worlds.random_grid",
            hint="use 3 cells or more, and probabilities that sum to 1 or less",
        )
    draw = jax.random.uniform(key, (size, size)).at[size // 2, size // 2].set(1.0)
    reward = jnp.where(draw < wall + good, 10.0, -10.0)
    return Grid(draw < wall, jnp.where((draw >= wall) & (draw < wall + good + bad), reward, 0.0))


def moves(grid: Grid, place: Int[Array, " 2"]) -> Int[Array, "direction 2"]:
    """Return where each of the four moves leads: up, right, down, left."""
    ways = jnp.array([(-1, 0), (0, 1), (1, 0), (0, -1)])
    there = jnp.clip(place + ways, 0, grid.wall.shape[0] - 1)
    return jnp.where(grid.wall[there[:, 0], there[:, 1]][:, None], place, there)


def tabulated(grid: Grid) -> MDP:
    """Return the same walk as tables: state `row * size + column`, begun at the centre."""
    size = grid.wall.shape[0]
    places = jnp.stack(jnp.meshgrid(*[jnp.arange(size)] * 2, indexing="ij"), -1).reshape(-1, 2)
    there = jax.vmap(lambda place: moves(grid, place))(places)  # [state, direction, 2]
    to = jax.nn.one_hot(there[..., 0] * size + there[..., 1], size * size)
    leads = (1 - SLIP) * to + SLIP * jnp.mean(to, axis=1, keepdims=True)
    reward = grid.reward.reshape(-1)
    start = jax.nn.one_hot((size // 2) * (size + 1), size * size)
    return MDP((1 - END) * leads * (reward == 0), leads @ reward, start)


def grid_world(grid: Grid | None = None, size: int = 20, window: int | None = None) -> World:
    """Return the world of one grid, or with None of a new one every episode.

    An observation is the whole grid's walls, rewards (a tenth of them) and walker as channels, or
    with a `window` what lies so many cells around the walker. Raises `ConfigError` for a window
    below 1.
    """
    if window is not None and window < 1:
        raise ConfigError(
            f"a window of {window}", where="worlds.grid_world", hint="see 1 cell around or more"
        )
    size = size if grid is None else grid.wall.shape[0]

    def observe(walk: Walk) -> Float[Array, "height width 3"]:
        rows, columns = jnp.indices((size, size))
        here = (rows == walk.place[0]) & (columns == walk.place[1])
        seen = jnp.stack([walk.grid.wall, walk.grid.reward / 10, here], axis=-1)
        if window is None:
            return seen.astype(jnp.float32)
        outside = jnp.zeros((size + 2 * window, size + 2 * window, 3)).at[..., 0].set(1.0)
        around = jax.lax.dynamic_update_slice(outside, seen, (window, window, 0))
        wide = 2 * window + 1
        return jax.lax.dynamic_slice(around, (*walk.place, 0), (wide, wide, 3))

    def reset(key: Array) -> tuple[Walk, Array]:
        begun = Walk(grid or random_grid(key, size), jnp.full(2, size // 2))
        return begun, observe(begun)

    def step(key: Array, walk: Walk, action: Array) -> tuple[Walk, Step]:
        slip_key, way_key, end_key = jax.random.split(key, 3)
        slipped = jax.random.bernoulli(slip_key, SLIP)
        way = jnp.where(slipped, jax.random.randint(way_key, (), 0, 4), action)
        after = walk._replace(place=moves(walk.grid, walk.place)[way])
        reward = walk.grid.reward[after.place[0], after.place[1]]
        over = (reward != 0) | jax.random.bernoulli(end_key, END)
        return after, Step(observe(after), reward, over, jnp.array(False))

    def render(walk: Walk) -> UInt8[Array, "height width 3"]:
        wall, reward, here = jnp.moveaxis(observe(walk), -1, 0)
        return grid_picture(jnp.stack([here, reward > 0, wall, reward < 0], axis=-1))

    wide = size if window is None else 2 * window + 1
    name: Any = "random-grids" if grid is None else "random-grid"
    return World(name, (wide, wide, 3), 4, reset, step, time_limit=NEVER, render=render)
