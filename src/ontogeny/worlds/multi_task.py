"""Several worlds served to one agent: each episode is one of them, and the observation says which.

All have one shape of observations and one space of actions. The task is one-hot in the
observation's last channels: further numbers of a vector, further planes of an image. Every world
takes its step and the episode's is kept, which costs as many steps as there are tasks.

Source of the clipping: Espeholt et al. 2018 (arXiv 1802.01561), appendix D.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt8

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.worlds.fitting import check_facts
from ontogeny.worlds.world import Step, World


class Task(NamedTuple):
    """Which world the episode is, and where all of them stand."""

    which: Int[Array, ""]
    states: tuple[Any, ...]


def optimistic(reward: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return 0.3 min(tanh r, 0) + 5 max(tanh r, 0): IMPALA's asymmetric clipping."""
    squashed = jnp.tanh(reward)
    return 0.3 * jnp.minimum(squashed, 0) + 5 * jnp.maximum(squashed, 0)


def task_of(observation: Float[Array, "*shape"], n_tasks: int) -> Float[Array, " task"]:
    """Return the task that an observation tells, one-hot."""
    return observation[..., -n_tasks:].reshape(-1, n_tasks)[0]


def multi_task(worlds: Sequence[World]) -> World:
    """Return the world of all of them, each alike likely. Its time limit is the shortest; where one
    names none it has none.

    Raises `ConfigError` for none, for two of one name, and where shapes or spaces differ.
    """
    names = tuple(world.name for world in worlds)
    if not worlds or len(set(names)) < len(names):
        raise ConfigError(
            f"the tasks are {names}", where="worlds.multi_task", hint="give one or more, each once"
        )
    first = worlds[0]
    check_facts(first)
    for world in worlds[1:]:
        for what in ("observation_shape", "action_space", "tokens"):
            if getattr(world, what) != getattr(first, what):
                raise ConfigError(
                    f"{world.name} has {what} {getattr(world, what)}, and {first.name} has "
                    f"{getattr(first, what)}",
                    where="worlds.multi_task",
                    hint="one agent acts in all of them: take worlds of one shape and one space",
                )
    *around, channels = first.observation_shape

    def told(which: Array, observation: Array) -> Array:
        task = jax.nn.one_hot(which, len(worlds), dtype=observation.dtype)
        return jnp.concatenate(
            [observation, jnp.broadcast_to(task, (*around, len(worlds)))], axis=-1
        )

    def picked(which: Array, each: Sequence[Any]) -> Any:
        chosen = each[0]
        for index, other in enumerate(each[1:], 1):
            chosen = trees.where(which == index, other, chosen)
        return chosen

    def reset(key: Array) -> tuple[Task, Array]:
        which_key, key = jax.random.split(key)
        which = jax.random.randint(which_key, (), 0, len(worlds))
        states, seen = zip(*(world.reset(key) for world in worlds), strict=True)
        return Task(which, states), told(which, picked(which, seen))

    def step(key: Array, task: Task, action: Array) -> tuple[Task, Step]:
        stepped = [
            world.step(key, state, action) for world, state in zip(worlds, task.states, strict=True)
        ]
        states = tuple(
            trees.where(task.which == index, after, before)
            for index, ((after, _), before) in enumerate(zip(stepped, task.states, strict=True))
        )
        came = picked(task.which, [came for _, came in stepped])
        return Task(task.which, states), came._replace(
            observation=told(task.which, came.observation)
        )

    def render(task: Task) -> UInt8[Array, "height width 3"]:
        pictures = [
            world.render(state)
            for world, state in zip(worlds, task.states, strict=True)
            if world.render is not None
        ]
        return picked(task.which, pictures)

    def alike() -> bool:
        """Can all be drawn, in pictures of one size?"""
        if any(world.render is None for world in worlds):
            return False
        states = [jax.eval_shape(world.reset, jax.random.key(0))[0] for world in worlds]
        shapes = {
            jax.eval_shape(world.render, state).shape
            for world, state in zip(worlds, states, strict=True)
            if world.render is not None
        }
        return len(shapes) == 1

    limits = [world.time_limit for world in worlds]
    return World(
        " + ".join(names),
        (*around, channels + len(worlds)),
        first.n_actions,
        reset,
        step,
        time_limit=None if None in limits else min(filter(None, limits)),
        render=render if alike() else None,
        actions=first.actions,
        tokens=first.tokens,
        tasks=names,
    )
