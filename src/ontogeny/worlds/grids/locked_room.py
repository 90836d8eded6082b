"""Rooms of any size behind a locked door: fetch the key, pass the door, reach the goal.

A room of size x size cells is parted by a wall with one door. The walker begins left of it, where
the key lies; the goal is right of it. All of this is drawn anew every episode. A walker takes the
key by walking onto it, and with it passes the door. The reward is 1 - 0.9 (steps / limit) at the
goal, and an episode is cut after the limit. Rooms of all sizes are seen and walked alike: the
observation says what is blocked (up, right, down, left), whether the key is held, and how far down
and to the right the key, the door and the goal are, of which no more than 4 cells are told.

It is MiniGrid's DoorKey (Chevalier-Boisvert et al. 2023, arXiv 2306.13831) without turning, opening
and a limited view, and some ten times as fast on a CPU.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key, UInt8

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.pictures import grid_picture
from ontogeny.worlds.world import Step, World

WAYS = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left
FAR = 4.0  # cells, and all beyond them, are told as 1


class Room(NamedTuple):
    """Where everything is (row and column), whether the key is held, and the steps so far."""

    walker: Int[Array, " 2"]
    key: Int[Array, " 2"]
    door: Int[Array, " 2"]
    goal: Int[Array, " 2"]
    held: Bool[Array, ""]
    steps: Int[Array, ""]


def locked_room(size: int = 5, limit: int = 100) -> World:
    """Return the world. Raises `ConfigError` for fewer than 3 cells or no steps."""
    if size < 3 or limit < 1:
        raise ConfigError(
            f"a room of {size} cells and {limit} steps",
            where="worlds.grids.locked_room",
            hint="use 3 cells or more, and 1 step or more",
        )

    # As data: rooms of all sizes are then one program to the compiler.
    facts = np.array([size, limit])

    def free(room: Room, place: Int[Array, " 2"]) -> Bool[Array, ""]:
        inside = jnp.all((place >= 0) & (place < jnp.asarray(facts)[0]))
        passes = (place[1] != room.door[1]) | (room.held & (place[0] == room.door[0]))
        return inside & passes

    def observe(room: Room) -> Float[Array, " seen"]:
        around = jax.vmap(lambda way: ~free(room, room.walker + way))(jnp.array(WAYS))
        things = jnp.concatenate([room.key, room.door, room.goal]) - jnp.tile(room.walker, 3)
        return jnp.concatenate([around, room.held[None], jnp.clip(things / FAR, -1, 1)]).astype(
            jnp.float32
        )

    def reset(key: Key[Array, ""]) -> tuple[Room, Array]:
        wall_key, row_key, left_key, right_key = jax.random.split(key, 4)
        n = jnp.asarray(facts)[0]
        wall = jax.random.randint(wall_key, (), 1, n - 1)
        walker, lies, door = jax.random.randint(row_key, (3,), 0, n)
        left = jax.random.randint(left_key, (2,), 0, wall)
        goal = jax.random.randint(right_key, (2,), jnp.stack([0, wall + 1]), n)
        room = Room(
            jnp.stack([walker, left[0]]),
            jnp.stack([lies, left[1]]),
            jnp.stack([door, wall]),
            goal,
            (walker == lies) & (left[0] == left[1]),
            jnp.int32(0),
        )
        return room, observe(room)

    def step(key: Key[Array, ""], room: Room, action: Int[Array, ""]) -> tuple[Room, Step]:
        del key  # nothing is left to chance
        there = room.walker + jnp.array(WAYS)[action]
        walker = jnp.where(free(room, there), there, room.walker)
        held = room.held | jnp.all(walker == room.key)
        after = room._replace(walker=walker, held=held, steps=room.steps + 1)
        over, most = jnp.all(walker == room.goal), jnp.asarray(facts)[1]
        reward = jnp.where(over, 1 - 0.9 * after.steps / most, 0.0).astype(jnp.float32)
        return after, Step(observe(after), reward, over, (after.steps >= most) & ~over)

    def render(room: Room) -> UInt8[Array, "height width 3"]:
        cells = jnp.stack(jnp.indices((size, size)), axis=-1)

        def at(place: Array) -> Array:
            return jnp.all(cells == place, axis=-1)

        key, door, wall = at(room.key) & ~room.held, at(room.door), cells[..., 1] == room.door[1]
        things = [at(room.walker), key, wall & ~door, door, at(room.goal)]
        return grid_picture(jnp.stack(things, axis=-1).astype(jnp.float32))

    return World(
        f"locked-room-{size}",
        (2 * len(WAYS) + 3,),
        len(WAYS),
        reset,
        step,
        time_limit=limit,
        render=render,
    )
