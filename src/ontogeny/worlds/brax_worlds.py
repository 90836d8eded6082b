"""Brax's locomotion as worlds: continuous torques between -1 and 1, brax's own reward and its own
end of an episode, cut after 1,000 steps.

Source: Freeman et al. 2021, Brax (arXiv 2106.13281).
"""

from __future__ import annotations

import warnings
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt8

from ontogeny.core.errors import unknown
from ontogeny.worlds.brax_bodies import Backend, brax_environment
from ontogeny.worlds.pictures import skeleton_picture
from ontogeny.worlds.spaces import Box
from ontogeny.worlds.world import Step, World

BraxName = Literal["ant", "halfcheetah", "hopper", "walker2d"]
LIMIT = 1000


class Moving(NamedTuple):
    """Brax's state of a body, and how many steps it has moved."""

    physics: Any
    steps: Int[Array, ""]


def brax_world(name: str, backend: Backend = "spring") -> World:
    """Return the world called `name`: "ant", "halfcheetah", "hopper" or "walker2d".

    Raises `ConfigError` for another name, `MissingExtra` without brax.
    """
    if name not in get_args(BraxName):
        raise unknown("body of brax", name, get_args(BraxName), "world")
    return world_of(f"brax-{name}", brax_environment(name, backend))


def world_of(name: str, env: Any) -> World:
    """Return the world of an environment with brax's interface."""
    n_numbers = int(env.action_size)

    def reset(key: Array) -> tuple[Moving, Array]:
        state = env.reset(key)
        return Moving(state, jnp.int32(0)), state.obs

    def step(key: Array, moving: Moving, action: Array) -> tuple[Moving, Step]:
        del key
        state = env.step(moving.physics, action)
        after = Moving(state, moving.steps + 1)
        over = state.done > 0
        reward = state.reward.astype(jnp.float32)
        return after, Step(state.obs, reward, over, (after.steps >= LIMIT) & ~over)

    def render(moving: Moving) -> UInt8[Array, "height width 3"]:
        return skeleton_picture(moving.physics.pipeline_state.x.pos, tuple(env.sys.link_parents))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        observed = jax.eval_shape(reset, jax.random.key(0))[1].shape
    bounds = (1.0,) * n_numbers
    return World(
        name,
        observed,
        n_numbers,
        reset,
        step,
        time_limit=LIMIT,
        render=render,
        actions=Box(tuple(-b for b in bounds), bounds),
    )
