"""Does a world keep what it says of itself? This is asked while what acts in it is traced: before
anything is compiled, and at no cost when it runs.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.core.trees import named_leaves
from ontogeny.worlds.world import Step, World

HINT = "testing.check_world(world) checks the whole contract"


def check_facts(world: World) -> None:
    """Raise `ConfigError` where what the world says of itself can't be."""
    shape, limit, n_tasks = world.observation_shape, world.time_limit, len(world.tasks)
    if min(shape, default=0) < 1:
        said, hint = f"observation_shape is {shape}", "give one axis or more: (1,) for one number"
    elif n_tasks >= shape[-1]:
        said = f"observations of shape {shape} tell {n_tasks} tasks apart"
        hint = "the tasks are one-hot in the last channels, after what is observed"
    elif limit is not None and limit < 1:
        said, hint = f"time_limit is {limit}", "give 1 or more, or None where nothing is cut"
    else:
        return
    raise ConfigError(said, where=f"world {world.name}", hint=hint)


def check_observation(world: World, shape: tuple[int, ...], where: str) -> None:
    """Raise `StructureError` where an observation has another shape than the world says."""
    if shape != world.observation_shape:
        raise StructureError(
            f"an observation is of shape {shape}, and observation_shape is "
            f"{world.observation_shape}",
            where=f"world {world.name}, {where}",
            hint=HINT,
        )


def check_step(world: World, before: Any, after: Any, came: Step) -> None:
    """Raise `StructureError` where a step's observation, reward or ends are not what they should
    be, or the state is of another kind than before.
    """
    check_observation(world, jnp.shape(came.observation), "step")
    where = f"world {world.name}, step"
    for name in ("reward", "terminated", "truncated"):
        shape, kind = jnp.shape(getattr(came, name)), jnp.result_type(getattr(came, name))
        if shape or (name != "reward" and jnp.issubdtype(kind, jnp.floating)):
            one = "number" if name == "reward" else "boolean"
            said = f"{name} is {kind}{list(shape)}, not one {one}"
            raise StructureError(said, where=where, hint=HINT)
    if jax.tree.structure(before) != jax.tree.structure(after):
        old, new = jax.tree.structure(before), jax.tree.structure(after)
        said = f"the state was {old!s:.200} and is {new!s:.200}"
        raise StructureError(said, where=where, hint=HINT)
    for (path, old), (_, new) in zip(named_leaves(before), named_leaves(after), strict=True):
        was, is_ = ((jnp.shape(leaf), jnp.result_type(leaf)) for leaf in (old, new))
        # A number of a lesser type becomes one of the state's where an episode begins.
        if was[0] != is_[0] or (was != is_ and jnp.result_type(old, new) != was[1]):
            raise StructureError(
                f"it is {is_[1]}{list(is_[0])} after a step, and was {was[1]}{list(was[0])}",
                where=f"{where}, state {path}",
                hint=HINT,
            )
