"""Four rooms, walked by unit moves or by macro-actions that reach further and are harder to learn.

An 11x11 grid whose walls leave a door between neighbouring rooms. An episode begins anywhere in the
room at the top left and ends with a reward of 1 in the far corner of the room at the bottom right,
or is cut after 100 steps. The *small* actions are four unit moves. The *big* ones are 4 directions
x 3 speeds x 4 flags, of which two cancel the move: 48 actions, half of them idle. A fast move whose
way is blocked does nothing. The *vast* ones have 64 flags, of which half cancel: 768 actions, each
of three choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from ontogeny.ops.distributions.factored import joint_actions
from ontogeny.worlds.pictures import grid_picture
from ontogeny.worlds.spaces import Factored
from ontogeny.worlds.world import Step, World

SIZE, LIMIT = 11, 100
GOAL = SIZE - 2, SIZE - 2
DOORS = (5, 2), (5, 8), (2, 5), (8, 5)
MOVES = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])  # up, right, down, left
Actions: TypeAlias = Literal["small", "big", "vast"]
VAST = 4, 3, 64  # direction, speed - 1, flag: of each so many
BIG = joint_actions((4, 3, 4))
SMALL_IN_BIG = tuple(int(np.ravel_multi_index((d, 0, 0), (4, 3, 4))) for d in range(4))
SMALL_IN_VAST = tuple((d, 0, 0) for d in range(4))
"""Which of the larger sets' actions is each of the small ones."""


class Place(NamedTuple):
    """Where the walker is, and how many steps it has walked."""

    row: Int[Array, ""]
    column: Int[Array, ""]
    steps: Int[Array, ""]


def walls() -> np.ndarray:
    """Return where the walls are, bool [row, column]."""
    wall = np.zeros((SIZE, SIZE), bool)
    wall[[0, SIZE // 2, SIZE - 1]] = wall[:, [0, SIZE // 2, SIZE - 1]] = True
    for door in DOORS:
        wall[door] = False
    return wall


def four_rooms(actions: Actions = "small", goal: Sequence[int] | Int[Array, " 2"] = GOAL) -> World:
    """Return the world, its goal where it is told. An observation is the grid's walls, goal and
    walker, as channels.
    """
    wall = walls()
    moves, several = _reach(actions), actions == "vast"

    def observe(place: Place) -> Float[Array, "height width 3"]:
        rows, columns = jnp.indices((SIZE, SIZE))
        there = (rows == goal[0]) & (columns == goal[1])
        here = (rows == place.row) & (columns == place.column)
        return jnp.stack([wall, there, here], axis=-1).astype(jnp.float32)

    def reset(key: Array) -> tuple[Place, Array]:
        row, column = jax.random.randint(key, (2,), 1, SIZE // 2)
        place = Place(row, column, jnp.int32(0))
        return place, observe(place)

    def step(key: Array, place: Place, action: Array) -> tuple[Place, Step]:
        del key
        which = jnp.ravel_multi_index(tuple(action), VAST, mode="clip") if several else action
        way = jnp.asarray(moves)[which]  # [speed, 2]: where it passes; zeros beyond its speed
        cells = jnp.clip(jnp.array([place.row, place.column]) + way, 0, SIZE - 1)
        free = ~jnp.any(jnp.asarray(wall)[cells[:, 0], cells[:, 1]])
        row, column = jnp.where(free, cells[-1], jnp.array([place.row, place.column]))
        after = Place(row, column, place.steps + 1)
        there = (row == goal[0]) & (column == goal[1])
        cut = (after.steps >= LIMIT) & ~there
        return after, Step(observe(after), there.astype(jnp.float32), there, cut)

    def render(place: Place) -> UInt8[Array, "height width 3"]:
        return grid_picture(observe(place)[..., ::-1])

    return World(
        f"four-rooms-{actions}",
        (SIZE, SIZE, 3),
        len(VAST) if several else len(moves),
        reset,
        step,
        time_limit=LIMIT,
        render=render,
        actions=Factored(VAST) if several else None,
    )


def _reach(actions: Actions) -> np.ndarray:
    """Return the cells that each action passes, from where it begins, [action, speed, 2]: those
    beyond its speed are its last.
    """
    if actions == "small":
        return MOVES[:, None]
    direction, speed, flag = (BIG if actions == "big" else joint_actions(VAST)).T
    moves = flag < (flag.max() + 1) // 2
    far = np.minimum(np.arange(1, 4), 1 + speed[:, None])  # [action, 3]
    return np.where(moves[:, None, None], far[:, :, None] * MOVES[direction][:, None], 0)
