"""Brax's locomotion as worlds: continuous torques between -1 and 1, brax's own reward and its own
end of an episode, cut after 1,000 steps.

Source: Freeman et al. 2021, Brax (arXiv 2106.13281).
"""

from __future__ import annotations

import warnings
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from ontogeny.core.errors import unknown
from ontogeny.worlds.bodies.brax_bodies import Backend, brax_environment
from ontogeny.worlds.pictures import skeleton_picture
from ontogeny.worlds.spaces import Box
from ontogeny.worlds.world import Step, World

BraxName = Literal["ant", "halfcheetah", "hopper", "walker2d"]
LIMIT = 1000
CAPSULE = 3  # MuJoCo's number of the shape


class Moving(NamedTuple):
    """Brax's state of a body, and how many steps it has moved."""

    physics: Any
    steps: Int[Array, ""]


class Bones(NamedTuple):
    """The points of a body's skeleton: the trunk's middle, and both ends of every capsule."""

    link: Int[np.ndarray, " point"]
    place: Float[np.ndarray, "point 3"]  # beside the link's own place, before it is turned
    parents: tuple[int, ...]  # a capsule's second end hangs at its first


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

    bones = bones_of(env.sys.mj_model)

    def render(moving: Moving) -> UInt8[Array, "height width 3"]:
        x = moving.physics.pipeline_state.x
        turn, about = x.rot[bones.link, :1], x.rot[bones.link, 1:]
        aside = jnp.cross(about, bones.place)
        points = x.pos[bones.link] + bones.place + 2 * (turn * aside + jnp.cross(about, aside))
        return skeleton_picture(points, bones.parents)

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


def bones_of(model: Any) -> Bones:
    """Return the bones of MuJoCo's model of the body. The places of links alone would lack feet."""
    capsules = np.flatnonzero(model.geom_type == CAPSULE)
    w, x, y, z = model.geom_quat[capsules].T
    upward = np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x**2 + y**2)], axis=1)
    half = model.geom_size[capsules, 1:2] * upward
    middle = model.geom_pos[capsules]
    ends = np.stack([middle - half, middle + half], axis=1).reshape(-1, 3)
    link = np.repeat(model.geom_bodyid[capsules] - 1, 2)  # body 0 is the ground
    parents = [parent for i in range(len(capsules)) for parent in (-1, 1 + 2 * i)]
    return Bones(np.append(0, link), np.concatenate([np.zeros((1, 3)), ends]), (-1, *parents))
