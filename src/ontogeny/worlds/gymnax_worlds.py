"""Every gymnax environment as a `World`.

gymnax (Lange 2022) holds CartPole, MinAtar, bsuite and more as JAX functions. Its own `step` resets
by itself; here the inner `step_env` and `is_truncated` are used, so that the final observation of a
truncated episode is not lost. gymnax is slow to import, so that happens when a world is asked for,
and without what it draws with.

It mixes 32 bits with JAX's default numbers, which agree where those have 32 bits: its functions are
traced so whatever `jax_enable_x64` says.
"""

from __future__ import annotations

import warnings
from typing import Any
from urllib.error import URLError

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from ontogeny.core.errors import DataError, MissingExtra, unknown
from ontogeny.core.late import imported_late
from ontogeny.worlds.pictures import bars_picture, cart_picture, grid_picture, rods_picture
from ontogeny.worlds.spaces import Box, Discrete
from ontogeny.worlds.world import NEVER, Step, World

DRAWN_WITH = ("seaborn", "matplotlib.pyplot")  # four fifths of its import, and not asked for here
DOWNLOADS = ("MNISTBandit-bsuite",)  # made from a data set that gymnax fetches when it is made


def list_worlds() -> list[str]:
    """Return the names that `gymnax_world` takes, without those that download a data set. Imports
    gymnax.
    """
    gymnax = _gymnax()
    return [name for name in gymnax.registered_envs if name not in DOWNLOADS]


@jax.enable_x64(False)
def gymnax_world(name: str) -> World:
    """Return the gymnax environment called `name`, with its default parameters.

    Observations are one float32 array: what is not (a whole number, a dict) is made one-hot or laid
    end to end. Continuous actions are a vector of numbers. Raises `ConfigError` for an unknown
    name, `MissingExtra` without gymnax, `DataError` when the environment's data can't be fetched.
    """
    gymnax = _gymnax()
    if name not in gymnax.registered_envs:
        known = gymnax.registered_envs
        raise unknown("environment of gymnax", name, known, "world", alike=0.4)
    try:
        env, params = gymnax.make(name)
    except (URLError, OSError) as error:
        raise DataError(
            f"the data that {name} is made from can't be fetched ({error})",
            where="world",
            hint="connect once, or choose a world that needs no data",
        ) from error
    actions = _actions(env, params)
    space = env.observation_space(params)

    def observe(raw: Any) -> Float[Array, "*shape"]:
        if type(space).__name__ == "Discrete":
            return jax.nn.one_hot(raw, int(space.n), dtype=jnp.float32)
        leaves = jax.tree.leaves(raw)
        if len(leaves) == 1:
            leaf = leaves[0].astype(jnp.float32)
            return leaf if leaf.ndim else leaf[None]
        return jnp.concatenate([leaf.astype(jnp.float32).reshape(-1) for leaf in leaves])

    @jax.enable_x64(False)
    def reset(key: Array) -> tuple[Any, Array]:
        raw, state = env.reset_env(key, params)
        return jax.tree.map(_strong, state), observe(raw)

    @jax.enable_x64(False)
    def step(key: Array, state: Any, action: Array) -> tuple[Any, Step]:
        taken = action.reshape(env.action_space(params).shape)  # one number may have no axis
        taken = taken.astype(jnp.int32 if isinstance(actions, Discrete) else jnp.float32)
        raw, after, reward, terminated, _ = env.step_env(key, state, taken, params)
        truncated = env.is_truncated(after, params) & ~terminated
        came = Step(observe(raw), jnp.asarray(reward).astype(jnp.float32), terminated, truncated)
        return jax.tree.map(_strong, after), came

    @jax.enable_x64(False)
    def render(state: Any) -> UInt8[Array, "height width 3"]:
        if name == "CartPole-v1":
            return cart_picture(state.x, state.theta)
        if name == "Pendulum-v1":
            return rods_picture(state.theta[None])
        if name == "Acrobot-v1":  # its angles are from downward, the second from the first rod
            first = jnp.pi + state.joint_angle1
            return rods_picture(jnp.stack([first, first + state.joint_angle2]))
        observation = observe(env.observe(jax.random.key(0), state, None, params))
        if observation.ndim == 3:
            return grid_picture(observation, scale=16 if observation.shape[0] <= 16 else 6)
        if observation.ndim == 2 and min(observation.shape) > 1:
            return grid_picture(observation[..., None])
        return bars_picture(observation)

    shapes = jax.eval_shape(lambda: reset(jax.random.key(0)))
    limit = getattr(params, "max_steps_in_episode", None)
    return World(
        name,
        shapes[1].shape,
        actions.n if isinstance(actions, Discrete) else len(actions.low),
        reset,
        step,
        time_limit=None if limit is None else int(min(limit, NEVER)),
        render=render,
        actions=actions,
    )


def _gymnax() -> Any:
    """Import gymnax, whose plotting imports warn on some machines. Raises `MissingExtra` without
    it.
    """
    try:
        with warnings.catch_warnings(), jax.enable_x64(False), imported_late(*DRAWN_WITH):
            warnings.simplefilter("ignore")
            import gymnax
    except ImportError as error:
        raise MissingExtra(
            f"worlds need gymnax ({error})", where="world", hint="pip install 'ontogeny[worlds]'"
        ) from error
    return gymnax


def _actions(env: Any, params: Any) -> Discrete | Box:
    """Return the space of its actions."""
    space = env.action_space(params)
    if type(space).__name__ == "Discrete":
        return Discrete(int(space.n))
    low, high = (
        np.broadcast_to(np.asarray(bound, np.float64), space.shape).reshape(-1).tolist()
        for bound in (space.low, space.high)
    )
    return Box(tuple(low), tuple(high))


def _strong(leaf: Any) -> Array:
    """Return the leaf as an array of a definite dtype: Python numbers in a state would promote
    weakly.
    """
    return jnp.asarray(leaf).astype(jnp.result_type(leaf))
