"""MiniGrid's rooms as worlds: keys, doors and goals seen through a window of 7x7 cells.

The rooms are XLand-MiniGrid's, as JAX functions (Nikulin et al. 2023, arXiv 2312.12044; MiniGrid:
Chevalier-Boisvert et al. 2023, arXiv 2306.13831). An observation is a grid of cells, each two whole
numbers: the thing and its colour. The reward is 1 - 0.9 (steps / limit) at the goal. xminigrid is
imported when a world is asked for.
"""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Integer, UInt8

from ontogeny.core.errors import MissingExtra, unknown
from ontogeny.worlds.pictures import BACKGROUND, INK
from ontogeny.worlds.world import Step, World

PREFIX = "MiniGrid-"
SCALE = 16  # pixels of a cell
# By colour number: none, red, green, blue, purple, yellow, grey, black, orange, white, brown, pink.
COLOURS = (
    (18, 20, 28),
    (213, 94, 0),
    (0, 158, 115),
    (86, 180, 233),
    (160, 110, 200),
    (240, 228, 66),
    (120, 124, 140),
    (40, 42, 50),
    (230, 159, 0),
    (226, 229, 236),
    (140, 100, 70),
    (204, 121, 167),
)
WALL, BALL, GOAL, LOCKED, CLOSED, OPEN = 2, 3, 6, 8, 9, 10  # numbers of things
SOLID = (
    WALL,
    GOAL,
)  # drawn as whole squares; doors as frames, balls as discs, all else as diamonds


def list_minigrids() -> list[str]:
    """Return the names that `minigrid_world` takes. Imports xminigrid."""
    return [name for name in _xminigrid().registered_environments() if name.startswith(PREFIX)]


def minigrid_world(name: str) -> World:
    """Return the room called `name`, such as "MiniGrid-DoorKey-5x5". Raises `ConfigError` for an
    unknown name, `MissingExtra` without xminigrid.
    """
    if name not in list_minigrids():
        raise unknown("room of MiniGrid", name, list_minigrids(), "world", alike=0.4)
    env, params = _xminigrid().make(name)
    constants = importlib.import_module("xminigrid.core.constants")
    limit = int(params.max_steps)

    def observe(raw: Array) -> Float[Array, "height width 2"]:
        return raw.astype(jnp.float32)

    def reset(key: Array) -> tuple[Any, Array]:
        timestep = env.reset(params, key)
        # Nothing is drawn after the reset: the key is kept as numbers, which records hold.
        kept = timestep.state.replace(key=jax.random.key_data(timestep.state.key))
        timestep = jax.tree.map(_strong, timestep.replace(state=kept))
        return timestep, observe(timestep.observation)

    def step(key: Array, timestep: Any, action: Array) -> tuple[Any, Step]:
        del key  # nothing is left to chance
        before = jax.tree.map(lambda leaf: leaf.dtype, timestep)
        after = env.step(params, timestep, action)
        after = jax.tree.map(lambda leaf, dtype: jnp.asarray(leaf).astype(dtype), after, before)
        terminated = after.discount == 0
        truncated = (after.state.step_num >= limit) & ~terminated
        reward = after.reward.astype(jnp.float32)
        return after, Step(observe(after.observation), reward, terminated, truncated)

    def render(timestep: Any) -> UInt8[Array, "height width 3"]:
        agent = timestep.state.agent
        return room_picture(timestep.state.grid, agent.position, agent.direction)

    return World(
        name,
        tuple(env.observation_shape(params)),
        int(env.num_actions(params)),
        reset,
        step,
        time_limit=limit,
        render=render,
        tokens=(int(constants.NUM_TILES), int(constants.NUM_COLORS)),
    )


def room_picture(
    grid: Integer[Array, "height width 2"],
    position: Integer[Array, " 2"],
    direction: Integer[Array, ""],
) -> UInt8[Array, "rows columns 3"]:
    """Return the whole room: walls and goals as squares, doors as frames, balls as discs, all else
    as diamonds, and the agent as a triangle that points where it looks (0 up, 1 right, 2 down, 3
    left).
    """
    height, width, _ = grid.shape
    pixel = (jnp.arange(SCALE) + 0.5) / SCALE - 0.5
    y, x = jnp.tile(pixel, height)[:, None], jnp.tile(pixel, width)[None]
    things, colours = (jnp.kron(grid[..., k], jnp.ones((SCALE, SCALE), int)) for k in (0, 1))
    square = jnp.maximum(jnp.abs(x), jnp.abs(y)) < 0.46
    frame = square & (jnp.maximum(jnp.abs(x), jnp.abs(y)) > 0.3)
    lock = frame | (jnp.hypot(x, y) < 0.12)
    disc, diamond = jnp.hypot(x, y) < 0.3, jnp.abs(x) + jnp.abs(y) < 0.36
    thing = jnp.where(things == BALL, disc, diamond & (things > 1))
    shape = jnp.where(jnp.isin(things, jnp.array(SOLID)), square, thing)
    shape = jnp.where(jnp.isin(things, jnp.array((CLOSED, LOCKED))), lock, shape)
    shape = jnp.where(things == OPEN, frame & (x < 0.3), shape)
    picture = jnp.where(
        shape[..., None],
        jnp.array(COLOURS, jnp.uint8)[colours],
        jnp.array(BACKGROUND, jnp.uint8),
    )
    dy, dx = jnp.array([(-1, 0), (0, 1), (1, 0), (0, -1)])[direction]
    ahead, aside = y * dy + x * dx, jnp.abs(y * dx - x * dy)
    row, column = jnp.arange(height * SCALE) // SCALE, jnp.arange(width * SCALE) // SCALE
    here = (row == position[0])[:, None] & (column == position[1])[None]
    agent = here & (ahead > -0.35) & (aside < (0.4 - ahead) / 2)
    return jnp.where(agent[..., None], jnp.array(INK, jnp.uint8), picture)


def _xminigrid() -> Any:
    """Import xminigrid. Raises `MissingExtra` without it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("xminigrid")
    except ImportError as error:
        raise MissingExtra(
            f"MiniGrid's rooms need xminigrid ({error})",
            where="world",
            hint="pip install 'ontogeny[minigrid]'",
        ) from error


def _strong(leaf: Any) -> Array:
    """Return the leaf as an array of a definite dtype."""
    return jnp.asarray(leaf).astype(jnp.result_type(leaf))
