"""A world of continuous actions, acted in by choices: a few values of every number.

`factored` chooses each number by itself, `flat` one of all combinations (3 values of 6 torques are
729), `single` moves one number at a time and leaves the others in the middle: few actions, which
all of the others hold.
"""

from __future__ import annotations

from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.core.errors import ConfigError
from ontogeny.ops.distributions.factored import joint_actions
from ontogeny.worlds.spaces import Box, Discrete, Factored
from ontogeny.worlds.world import Step, World

Choices = Literal["factored", "flat", "single"]


def discretised(world: World, values: int = 3, choices: Choices = "factored") -> World:
    """Return the world, its numbers chosen among `values` that lie evenly between their bounds.

    Raises `ConfigError` for a world whose actions are not a box, for fewer than 2 values, for an
    even number of them under `single`, and for more than 100,000 combinations under `flat`.
    """
    box = world.action_space
    if not isinstance(box, Box):
        raise ConfigError(
            f"{world.name}'s actions are {type(box).__name__}, and not numbers within bounds",
            where="worlds.discretised",
            hint="discretise a world of continuous actions, such as Pendulum-v1",
        )
    sizes = (values,) * len(box.low)
    n_flat = values ** len(sizes)
    if (
        values < 2
        or (choices == "single" and values % 2 == 0)
        or (choices == "flat" and n_flat > 100_000)
    ):
        raise ConfigError(
            f"{values} values of {len(sizes)} numbers, {choices}",
            where="worlds.discretised",
            hint="use 2 or more; an odd number under single; fewer, or factored, where there are "
            "too many combinations",
        )
    levels = jnp.float32(np.linspace(box.low, box.high, values))  # [value, number]
    table = _table(sizes, choices)
    numbers = jnp.arange(len(sizes))

    def step(key: Array, state: Any, action: Array) -> tuple[Any, Step]:
        chosen = action if table is None else jnp.asarray(table)[action]
        return world.step(key, state, levels[chosen, numbers])

    space = Factored(sizes) if table is None else Discrete(len(table))
    return world._replace(
        name=f"{world.name}/{choices}{values}",
        n_actions=len(sizes) if table is None else len(table),
        step=step,
        actions=space,
    )


def single_in_flat(n_numbers: int, values: int = 3) -> tuple[int, ...]:
    """Return which of the `flat` actions each of the `single` ones is: how few actions embed in
    many.
    """
    sizes = (values,) * n_numbers
    table = _table(sizes, "single")
    assert table is not None
    return tuple(int(np.ravel_multi_index(row, sizes)) for row in table)


def _table(sizes: tuple[int, ...], choices: Choices) -> np.ndarray | None:
    """Return which value of each number an action is, [action, number]; None where it says so."""
    if choices == "factored":
        return None
    if choices == "flat":
        return joint_actions(sizes)
    middle = np.array(sizes) // 2
    rows = [middle]
    for number, size in enumerate(sizes):
        for value in range(size):
            if value != middle[number]:
                row = middle.copy()
                row[number] = value
                rows.append(row)
    return np.array(rows, dtype=np.int32)
