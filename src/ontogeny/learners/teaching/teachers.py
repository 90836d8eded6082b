"""Teachers made of teachers: softer ones, ones of more actions, and several as one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ontogeny.core.errors import ConfigError
from ontogeny.learners.agents.network import Outputs
from ontogeny.learners.teaching.teacher import Teacher
from ontogeny.ops.distributions.categorical import (
    NEVER,
    AnyCategorical,
    Categorical,
    MaskedCategorical,
)
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.ops.distributions.factored import FactoredCategorical
from ontogeny.ops.distributions.tanh_normal import TanhNormal
from ontogeny.worlds.multi_task import task_of
from ontogeny.worlds.spaces import ActionSpace, Discrete, Factored
from ontogeny.worlds.world import World


def tempered(teacher: Teacher, temperature: float) -> Teacher:
    """Return the teacher with p^(1 / temperature), normalised: above 1 softer, below 1 surer. Of
    continuous actions, that of the normal before it is squashed.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise ConfigError(
            f"temperature is {temperature}", where="temperature", hint="use a number above 0"
        )

    def soft(said: Any) -> Distribution:
        if isinstance(said, TanhNormal):
            return said._replace(log_deviation=said.log_deviation + math.log(temperature) / 2)
        return _with_logits(said, said.logits / temperature)

    return teacher if temperature == 1 else _saying(teacher, soft)


def hesitant(teacher: Teacher, uniform: float) -> Teacher:
    """Return the teacher with a share of uniform choice, of each part where actions have several:
    it then does everything now and then. Raises `ConfigError` for a share outside of 0..1, and for
    actions that are numbers.
    """
    if not 0 <= uniform <= 1:
        raise ConfigError(f"the uniform share is {uniform}", where="uniform", hint="use 0 to 1")
    if uniform == 0:
        return teacher
    uniform_policy(teacher.action_space)  # which refuses numbers

    def mixed(log_p: Array, n: int) -> Array:
        return jnp.logaddexp(log_p + _log(1 - uniform), jnp.log(uniform / n))

    def hesitate(said: Any) -> Distribution:
        if not isinstance(said, FactoredCategorical):
            return Categorical(mixed(said.log_probabilities(), said.logits.shape[-1]))
        parts = jnp.split(said.logits, np.cumsum(said.sizes)[:-1])
        log_p = [mixed(jax.nn.log_softmax(part), len(part)) for part in parts]
        return FactoredCategorical(jnp.concatenate(log_p), said.sizes)

    return _saying(teacher, hesitate)


def embedded(teacher: Teacher, actions: Sequence[int], space: ActionSpace) -> Teacher:
    """Return a teacher of fewer actions as one of more: `actions[k]` is which of the student's its
    k-th is, and it never takes another. Raises `ConfigError` where that is no such list.
    """
    own = teacher.action_space
    if not (isinstance(own, Discrete) and isinstance(space, Discrete)):
        raise ConfigError(
            f"from {own} to {space}",
            where="actions",
            hint="only choices of one of a few can be embedded in more of them",
        )
    within = [a for a in actions if 0 <= a < space.n]
    if len(set(within)) < len(actions) or len(actions) != own.n:
        raise ConfigError(
            f"actions are {tuple(actions)}, for a teacher of {own.n} actions and a student of "
            f"{space.n}",
            where="actions",
            hint=f"say of each of the teacher's {own.n} which of 0..{space.n - 1} it is, none "
            "twice",
        )
    places = np.array(actions)
    allowed = jnp.zeros(space.n, bool).at[places].set(True)

    def embed(said: Any) -> Distribution:
        logits = jnp.zeros(space.n).at[places].set(said.log_probabilities())
        return MaskedCategorical(logits, allowed)

    return _saying(teacher, embed)._replace(action_space=space)


def average(teachers: Sequence[Teacher]) -> Teacher:
    """Return the mean of teachers of one space of choices: of their probabilities, and of their
    values. Raises `ConfigError` where they differ.
    """
    check_alike(teachers)
    if not isinstance(teachers[0].action_space, Discrete):
        raise ConfigError(
            f"the average of teachers of {teachers[0].action_space}",
            where="teacher",
            hint="it is taken of choices of one of a few; or have one teacher a task",
        )

    def mean(each: Sequence[Outputs]) -> Outputs:
        tables = jnp.stack([_choices(said).log_probabilities() for said, _ in each])
        logits = jax.nn.logsumexp(tables, axis=0)
        value = jnp.mean(jnp.stack([said.value for said in each]), axis=0)
        if all(isinstance(said.distribution, Categorical) for said in each):
            return Outputs(Categorical(logits), value)
        return Outputs(MaskedCategorical(logits, logits > NEVER / 2), value)

    return _together(teachers, lambda each, observation: mean(each))


def one_a_task(teachers: Sequence[Teacher], world: World) -> Teacher:
    """Return who answers as the k-th teacher in the k-th task of the world, which observations
    tell. A teacher that knows them without the tasks' channels is shown them so. Raises
    `ConfigError` where there are not as many teachers as tasks.
    """
    n_tasks = len(world.tasks)
    if len(teachers) != n_tasks or n_tasks < 1:
        raise ConfigError(
            f"{len(teachers)} teachers for {n_tasks} tasks of {world.name}",
            where="teacher",
            hint="give one teacher a task, in the order of the world's tasks",
        )
    told = world.observation_shape
    shown = [t if t.observation_shape == told else _blind(t, n_tasks) for t in teachers]
    check_alike(shown)

    def chosen(each: Sequence[Outputs], observation: Array) -> Outputs:
        which = jnp.argmax(task_of(observation, n_tasks))
        return jax.tree.map(lambda *answers: jnp.stack(answers)[which], *each)

    return _together(shown, chosen)


def check_alike(teachers: Sequence[Teacher]) -> None:
    """Raise `ConfigError` where teachers see or do what others don't."""
    for teacher in teachers[1:]:
        for what in ("observation_shape", "action_space"):
            one, other = getattr(teachers[0], what), getattr(teacher, what)
            if one != other:
                raise ConfigError(
                    f"one teacher has {what} {one}, and another {other}",
                    where="teacher",
                    hint="several teachers see and do the same",
                )


def uniform_policy(space: ActionSpace) -> Categorical | FactoredCategorical:
    """Return the policy that does everything alike often. Raises `ConfigError` for actions that are
    numbers.
    """
    if isinstance(space, Discrete):
        return Categorical(jnp.zeros(space.n))
    if isinstance(space, Factored):
        return FactoredCategorical(jnp.zeros(sum(space.sizes)), space.sizes)
    raise ConfigError(
        "actions that are numbers have no uniform policy here",
        where="uniform",
        hint='choose among a few values of each: a world such as "Pendulum-v1/factored3"',
    )


def _choices(said: Outputs | Distribution) -> AnyCategorical:
    chosen: Any = said
    return chosen


def _with_logits(said: Any, logits: Float[Array, " action"]) -> Distribution:
    if isinstance(said, FactoredCategorical):
        return FactoredCategorical(logits, said.sizes)
    return said._replace(logits=logits)


def _log(share: float) -> float:
    return math.log(share) if share > 0 else NEVER


def _saying(teacher: Teacher, change: Callable[[Any], Distribution]) -> Teacher:
    """Return the teacher with what it says changed."""

    def step(observation: Array, memory: Any) -> tuple[Outputs, Any]:
        said, memory = teacher.step(observation, memory)
        return Outputs(change(said.distribution), said.value), memory

    def along(observations: Array, begins: Array, memory: Any) -> tuple[Outputs, Any]:
        said, memory = teacher.along(observations, begins, memory)
        return Outputs(jax.vmap(change)(said.distribution), said.value), memory

    return teacher._replace(step=step, along=along)


def _blind(teacher: Teacher, n_tasks: int) -> Teacher:
    """Return the teacher as one who sees the task's channels and does not look at them."""
    *around, channels = teacher.observation_shape
    return teacher._replace(
        observation_shape=(*around, channels + n_tasks),
        step=lambda o, memory: teacher.step(o[..., :-n_tasks], memory),
        along=lambda o, begins, memory: teacher.along(o[..., :-n_tasks], begins, memory),
    )


def _together(
    teachers: Sequence[Teacher], one: Callable[[Sequence[Outputs], Array], Outputs]
) -> Teacher:
    """Return who says `one` of what all say, given the observation."""

    def step(observation: Array, memory: Any) -> tuple[Outputs, Any]:
        each, after = _each([t.step(observation, m) for t, m in zip(teachers, memory, strict=True)])
        return one(each, observation), after

    def along(observations: Array, begins: Array, memory: Any) -> tuple[Outputs, Any]:
        each, after = _each(
            [t.along(observations, begins, m) for t, m in zip(teachers, memory, strict=True)]
        )
        return jax.vmap(one)(each, observations), after

    return teachers[0]._replace(
        world=" + ".join(teacher.world for teacher in teachers),
        begin=lambda: tuple(teacher.begin() for teacher in teachers),
        step=step,
        along=along,
    )


def _each(pairs: Sequence[tuple[Outputs, Any]]) -> tuple[tuple[Outputs, ...], tuple[Any, ...]]:
    return tuple(said for said, _ in pairs), tuple(memory for _, memory in pairs)
