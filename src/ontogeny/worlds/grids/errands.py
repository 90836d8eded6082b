"""Errands in the four rooms: several tasks, one of which is worth more than the others.

Every episode begins anywhere in the room at the top left, and ends at its task's goal, in one of
the other rooms. The ways part: what leads to one leads away from another. Seen is where the walker
is, one-hot, and which errand it is on. Who learns all of them by one gradient follows the one of
much worth, and goes where it leads on every errand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.worlds.grids.rooms import GOAL, SIZE, Place, four_rooms
from ontogeny.worlds.multi_task import multi_task
from ontogeny.worlds.world import Step, World

GOALS = (1, SIZE - 2), (SIZE - 2, 1), GOAL  # through one door, through the other, through two
WORTHS = 3.0, 1.0, 1.0


def errand(goal: Sequence[int], worth: float = 1.0) -> World:
    """Return one task: unit moves, and at the goal a reward of what it is worth."""
    rooms = four_rooms("small", goal)

    def seen(observation: Float[Array, "height width 3"]) -> Float[Array, " place"]:
        return observation[..., -1].reshape(-1)

    def reset(key: Array) -> tuple[Place, Array]:
        place, observation = rooms.reset(key)
        return place, seen(observation)

    def step(key: Array, place: Place, action: Array) -> tuple[Any, Step]:
        after, came = rooms.step(key, place, action)
        return after, came._replace(
            observation=seen(came.observation), reward=jnp.float32(worth) * came.reward
        )

    name = f"to-{goal[0]}-{goal[1]}"
    return rooms._replace(name=name, observation_shape=(SIZE * SIZE,), reset=reset, step=step)


def errands(worths: Sequence[float] = WORTHS, goals: Sequence[Sequence[int]] = GOALS) -> World:
    """Return the world of an errand a goal, each of its worth."""
    each = [errand(goal, worth) for goal, worth in zip(goals, worths, strict=True)]
    return multi_task(each)._replace(name="errands")
