"""How much a lesson weighs: fixed, tuned, falling over updates by hand, and of several tasks each
by a factor of its own.

    weight of a step = tuned × schedule(updates) × factor of the step's task

Source: Schmitt et al. 2018, Kickstarting (arXiv 1803.03835), section 3.2: the weight of task i is
alpha rho_i, so that a population may move all of them together or one alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.core.space import Dimension, Log
from ontogeny.learners.agents.terms import Tunable
from ontogeny.worlds.multi_task import task_of
from ontogeny.worlds.world import World

Schedule: TypeAlias = Callable[[Any], Any]  # a count to a number, as optax's schedules are
Decay: TypeAlias = Literal["none", "linear", "exponential", "steps"]
USUAL = Log(1e-4, 1e1)  # where a weight may be tuned when nothing else is said


@dataclass(frozen=True)
class Weight:
    """A number from 0, and how it changes."""

    value: float = 1.0
    """What it is when nobody tunes it."""
    tuned: Dimension | None = None
    """Where a population tunes it."""
    schedule: Schedule | None = None
    """Of the updates that are done: the factor from then on, such as optax's schedules are."""
    tasks: Dimension | None = None
    """Where a population tunes a factor of each task's own, which is 1 when nobody does."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0):
            raise ConfigError(
                f"the weight is {self.value}", where="weight", hint="a weight is a number from 0"
            )
        for name in ("tuned", "tasks"):
            dimension: Dimension | None = getattr(self, name)
            if dimension is not None and dimension.ends()[0] < 0:
                raise ConfigError(
                    f"the weight is tuned from {dimension.ends()[0]}",
                    where=f"weight, {name}",
                    hint="a weight is a number from 0",
                )

    @property
    def nothing(self) -> bool:
        """Whether it is 0 for ever."""
        return self.value == 0 and self.tuned is None

    @property
    def varies(self) -> bool:
        """Whether steps weigh other than the hyper says."""
        return self.schedule is not None or self.tasks is not None

    def hypers(self, name: str, world: World) -> dict[str, Tunable]:
        """Return the hypers of a lesson of this name: its weight, and each task's factor. Raises
        `ConfigError` for factors of a world that is one task.
        """
        own = {name: Tunable(float(self.value), self.tuned or USUAL)}
        if self.tasks is None:
            return own
        if not world.tasks:
            raise ConfigError(
                f"{world.name} is one task, which needs no weight beside the whole's",
                where="weight, tasks",
                hint='take a world of several tasks, "A + B"; or leave the tasks\' weights out',
            )
        factors = {of_task(name, task): Tunable(1.0, self.tasks) for task in world.tasks}
        if len(factors) < len(world.tasks):
            raise ConfigError(
                f"tasks whose weights would have one name: {', '.join(world.tasks)}",
                where="weight, tasks",
                hint="leave the tasks' weights out, or give the worlds other names",
            )
        return own | factors

    def along(
        self,
        name: str,
        world: World,
        updates: Int[Array, ""],
        observations: Float[Array, "time *shape"],
        hypers: Mapping[str, Any],
    ) -> Float[Array, " time"]:
        """Return what each step weighs, in units of the hyper of this name."""
        factor = 1.0 if self.schedule is None else jnp.asarray(self.schedule(updates), jnp.float32)
        if self.tasks is None:
            return jnp.full(len(observations), factor)
        each = jnp.stack([hypers[of_task(name, task)] for task in world.tasks])
        told = jax.vmap(lambda seen: task_of(seen, len(world.tasks)))(observations)
        return factor * (told @ each)


def of_task(name: str, task: str) -> str:
    """Return what the hyper of a task's own factor is called: a space takes no dot and no slash.

    >>> of_task("kickstarting", "Pendulum-v1/factored3")
    'kickstarting_Pendulum-v1-factored3'
    """
    return f"{name}_{task.replace('/', '-').replace('.', '-')}"


def falling(decay: str, updates: float) -> Schedule | None:
    """Return a weight's schedule by hand: `linear` is 0 after so many updates, `exponential` halves
    in so many, `steps` falls to a tenth after each so many; None for `none`.

    >>> [float(falling("linear", 100)(done)) for done in (0, 50, 200)]
    [1.0, 0.5, 0.0]
    >>> round(float(falling("steps", 100)(250)), 6)
    0.01
    """
    if not (math.isfinite(updates) and updates > 0):
        raise ConfigError(
            f"the weight falls over {updates} updates", where="decay", hint="use more than 0"
        )
    match decay:
        case "none":
            return None
        case "linear":
            return lambda done: jnp.maximum(0.0, 1.0 - done / updates)
        case "exponential":
            return lambda done: 0.5 ** (done / updates)
        case "steps":
            return lambda done: 0.1 ** jnp.floor(done / updates)
        case _:
            raise unknown("decay", decay, get_args(Decay), where="decay")
