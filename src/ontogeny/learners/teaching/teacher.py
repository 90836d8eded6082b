"""Who is learned from: anything that says, of an observation and a memory, what it would do.

A grown policy is one, with or without memory and with its own standardisation of observations; so
is a function of one's own, and what `teachers` makes of others. A teacher is never learned into:
its arrays are data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ontogeny.core import trees
from ontogeny.core.errors import DataError
from ontogeny.learners.agents.network import Outputs
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.agents.rollout import Trajectory
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.ops.distributions.mixture import Mixture
from ontogeny.worlds.spaces import ActionSpace
from ontogeny.worlds.world import World


class Teacher(NamedTuple):
    """Who says what of an observation, and which observations and actions it knows."""

    world: str
    observation_shape: tuple[int, ...]
    action_space: ActionSpace
    begin: Callable[[], Any]
    """The memory before an episode's first observation: `()` without one."""
    step: Callable[[Float[Array, "*shape"], Any], tuple[Outputs, Any]]
    """Of an observation and the memory before it: what is said, and the memory after it."""
    along: Callable[[Float[Array, "time *shape"], Bool[Array, " time"], Any], tuple[Outputs, Any]]
    """The same along a trajectory whose k-th observation begins an episode where `begins[k]`."""

    @property
    def has_memory(self) -> bool:
        """Whether what it says depends on what it saw before."""
        return remembers(self.begin)


class Answers(NamedTuple):
    """What a teacher says along one trajectory, and of what follows its ends."""

    along: Outputs  # leading axis: time
    last: Outputs | None = None  # of the observation after the last step
    cut: Outputs | None = None  # of those that time limits cut off


def teacher_of(policy: Policy) -> Teacher:
    """Return a grown policy as a teacher."""
    world = policy.world

    def step(observation: Array, memory: Any) -> tuple[Outputs, Any]:
        distribution, value, memory = policy.step(observation, memory)
        return Outputs(distribution, value), memory

    def along(observations: Array, begins: Array, memory: Any) -> tuple[Outputs, Any]:
        distribution, value, memory = policy.along(observations, begins, memory)
        return Outputs(distribution, value), memory

    space = world.action_space
    return Teacher(world.name, world.observation_shape, space, policy.begin, step, along)


def teacher_by(
    function: Callable[[Float[Array, "*shape"], Any], tuple[Distribution, Any, Any]],
    world: World,
    begin: Callable[[], Any] = tuple,
) -> Teacher:
    """Return a teacher of this world by a function of (observation, memory): the distribution of
    the actions, the value (0 where nobody knows one), and the memory after. Raises `DataError`
    where it returns other than that.
    """

    def step(observation: Array, memory: Any) -> tuple[Outputs, Any]:
        distribution, value, memory = function(observation, memory)
        if isinstance(distribution, Mixture):
            distribution = distribution.joint()
        return Outputs(distribution, jnp.asarray(value, jnp.float32)), memory

    seen = jnp.zeros(world.observation_shape)
    try:
        said, after = jax.eval_shape(step, seen, begin())
    except (TypeError, ValueError) as error:
        raise DataError(
            f"it can't be asked ({error!s:.200})",
            where="teaching.teacher_by",
            hint="give a function: (observation, memory) -> (distribution, value, memory)",
        ) from error
    same = jax.tree.structure(jax.eval_shape(begin)) == jax.tree.structure(after)
    if not (isinstance(said.distribution, Distribution) and said.value.shape == () and same):
        raise DataError(
            f"it says {type(said.distribution).__name__}, a value of shape "
            f"{list(said.value.shape)} and the memory {after!s:.200}",
            where="teaching.teacher_by",
            hint="return a distribution (ops.distributions), one number, and a memory of the "
            "structure that `begin` has",
        )
    space = world.action_space
    along = stepwise(begin, step)
    return Teacher(world.name, world.observation_shape, space, begin, step, along)


def stepwise(begin: Callable[[], Any], step: Callable[[Array, Any], Any]) -> Callable[..., Any]:
    """Return what a teacher says along a trajectory, made of what it says at a step."""

    def along(observations: Array, begins: Array, memory: Any) -> tuple[Outputs, Any]:
        if not remembers(begin):
            return jax.vmap(lambda o: step(o, memory)[0])(observations), memory
        said, memories = _stepped(begin, step, observations, begins, memory)
        return said, jax.tree.map(lambda x: x[-1], memories)

    return along


def remembers(begin: Callable[[], Any]) -> bool:
    """Return whether a memory holds anything, given how it begins."""
    return bool(jax.tree.leaves(jax.eval_shape(begin)))


def answers(
    teacher: Teacher, trajectory: Trajectory, memory: Any, ends: bool
) -> tuple[Answers, Any]:
    """Return what the teacher says of a student's trajectory, and its memory after it; with `ends`
    also what it says of the observations that follow the ends of the trajectory and of cut
    episodes. Its memory is advanced on what the student sees, and begun anew where an episode is.
    """
    begins = trajectory.begins
    if not ends:
        said, after = teacher.along(trajectory.observation, begins, memory)
        return Answers(said), _carried(teacher, trajectory, after)
    n_cut = trajectory.cut.shape[0]
    if teacher.has_memory:
        seen = trajectory.observation
        said, memories = _stepped(teacher.begin, teacher.step, seen, begins, memory)
        after = jax.tree.map(lambda x: x[-1], memories)
        cuts = jnp.nonzero(trajectory.truncated, size=n_cut, fill_value=0)[0]
        before_cut = jax.tree.map(lambda x: x[cuts], memories)
    else:
        said, after = teacher.along(trajectory.observation, begins, memory)
        before_cut = memory
    after = _carried(teacher, trajectory, after)
    last, _ = teacher.step(trajectory.last, after)
    cut, _ = jax.vmap(teacher.step)(trajectory.cut, before_cut)
    return Answers(said, last, cut), after


def _carried(teacher: Teacher, trajectory: Trajectory, memory: Any) -> Any:
    done = trajectory.terminated[-1] | trajectory.truncated[-1]
    return trees.where(done, teacher.begin(), memory)


def _stepped(
    begin: Callable[[], Any],
    step: Callable[[Array, Any], Any],
    observations: Array,
    begins: Array,
    memory: Any,
) -> tuple[Outputs, Any]:
    """Return what is said at each step, and the memory after it."""
    begun = begin()

    def one(memory: Any, now: tuple[Array, Array]) -> tuple[Any, Any]:
        said, after = step(now[0], trees.where(now[1], begun, memory))
        return after, (said, after)

    return jax.lax.scan(one, memory, (observations, begins))[1]
