"""Does a world keep the contract of `worlds.world`?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.core import trees
from ontogeny.core.closures import traced_once
from ontogeny.core.errors import StructureError
from ontogeny.testing.comparison import check_equal, kinds
from ontogeny.worlds.episodes import autoreset
from ontogeny.worlds.spaces import random_action
from ontogeny.worlds.world import World


def check_world(world: World, *, steps: int = 64, environments: int = 8) -> None:
    """Check the contract of `worlds.world`, by random play.

    State and observation keep their shapes and dtypes, observations are finite float32 of the shape
    that the world names, reward is one float32 and the ends are booleans, never both; the same key
    gives the same episode; no episode is truncated before the time limit; and a picture, where
    there is one, is uint8 [height, width, 3].
    """
    world = world._replace(reset=_once(world.reset), step=_once(world.step))
    key, space = jax.random.key(0), world.action_space
    state, observation = jax.eval_shape(world.reset, key)
    after, came = jax.eval_shape(lambda s, k: world.step(k, s, random_action(space, k)), state, key)
    if kinds(after) != kinds(state):
        raise StructureError(
            "a step changes the state's shapes or dtypes", where=f"{world.name}, step"
        )
    wanted = {"reset": observation, "step": came.observation}
    for name, seen in wanted.items():
        if (seen.shape, seen.dtype) != (world.observation_shape, jnp.float32):
            raise StructureError(
                f"the observation is {seen.dtype}{list(seen.shape)}, "
                f"not float32{list(world.observation_shape)}",
                where=f"{world.name}, {name}",
            )
    scalars = {"reward": jnp.float32, "terminated": jnp.bool_, "truncated": jnp.bool_}
    for name, dtype in scalars.items():
        leaf = getattr(came, name)
        if (leaf.shape, leaf.dtype) != ((), dtype):
            raise StructureError(
                f"{name} is {leaf.dtype}{list(leaf.shape)}, not one {jnp.dtype(dtype).name}",
                where=f"{world.name}, step",
            )
    if world.render is not None:
        picture = jax.eval_shape(world.render, state)
        if picture.dtype != jnp.uint8 or len(picture.shape) != 3 or picture.shape[-1] != 3:
            raise StructureError(
                f"a picture is {picture.dtype}{list(picture.shape)}, not uint8 [height, width, 3]",
                where=f"{world.name}, render",
            )
    play = jax.jit(jax.vmap(lambda key: _random_play(world, steps, key)))
    keys = jax.random.split(key, environments)
    played = jax.device_get(play(keys))
    check_equal(f"{world.name}: the same key gave another episode", play(keys), played, 0.0)
    if not trees.is_finite((played.observation, played.reward)):
        raise StructureError(
            "an observation or a reward is not finite", where=f"{world.name}, step"
        )
    if (played.terminated & played.truncated).any():
        raise StructureError(
            "a step both terminated and truncated",
            where=f"{world.name}, step",
            hint="terminated wins: nothing follows, so nothing was cut off",
        )
    _check_limit(world, played.terminated | played.truncated, played.truncated)


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, traced once for arguments of a kind: some worlds take seconds."""
    traced = traced_once(function)
    return lambda *given: jax.tree.map(jnp.asarray, traced(*given))


def _check_limit(world: World, done: np.ndarray, truncated: np.ndarray) -> None:
    for ends, cuts in zip(done, truncated, strict=True):
        starts = np.concatenate([[0], np.flatnonzero(ends) + 1])
        for end in np.flatnonzero(cuts):
            length = int(end + 1 - starts[starts <= end].max())
            if world.time_limit is None or length < world.time_limit:
                raise StructureError(
                    f"cut after {length} steps, where time_limit is {world.time_limit}",
                    where=f"{world.name}, step",
                    hint="say in `time_limit` after how many steps an episode is cut",
                )


def _random_play(world: World, steps: int, key: Array) -> Any:
    """Return the steps of random play, a new episode where one ends."""
    reset_key, play_key = jax.random.split(key)

    def one(state: Any, key: Array) -> tuple[Any, Any]:
        action_key, step_key = jax.random.split(key)
        action = random_action(world.action_space, action_key)
        state, _, came = autoreset(world)(step_key, state, action)
        return state, came

    return jax.lax.scan(one, world.reset(reset_key)[0], jax.random.split(play_key, steps))[1]
