"""A world acted in by sequences of its actions: one choice is several steps.

Each of the `length` steps is chosen by itself, so that 3 actions and 6 steps make 729 sequences,
and 18 numbers say how likely they are.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.worlds.spaces import Discrete, Factored
from ontogeny.worlds.world import NEVER, Step, World


def macro_actions(world: World, length: int) -> World:
    """Return the world whose every step is `length` of its own: their rewards are summed, and it
    stops where the episode ends.

    Raises `ConfigError` for a world whose action is not one of a few, and for less than one step.
    """
    space = world.action_space
    if not isinstance(space, Discrete) or length < 1:
        raise ConfigError(
            f"sequences of {length} actions of {world.name}, which are {space}",
            where="worlds.macro_actions",
            hint="take a world of one choice a step, and 1 step or more",
        )

    def step(key: Array, state: Any, action: Array) -> tuple[Any, Step]:
        shapes = jax.eval_shape(world.step, key, state, action[0])[1]
        begun = state, jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

        def one(so_far: tuple[Any, Step], now: Any) -> tuple[tuple[Any, Step], None]:
            state, came = so_far
            after, next_ = world.step(now[0], state, now[1])
            next_ = next_._replace(reward=came.reward + next_.reward)
            return trees.where(came.terminated | came.truncated, so_far, (after, next_)), None

        return jax.lax.scan(one, begun, (jax.random.split(key, length), action))[0]

    limit = world.time_limit
    return world._replace(
        name=f"{world.name}/sequences{length}",
        n_actions=length,
        step=step,
        time_limit=limit if limit in (None, NEVER) else -(-limit // length),
        actions=Factored((space.n,) * length),
    )
