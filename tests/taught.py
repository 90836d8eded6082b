"""A world, teachers and a trajectory that are small enough to be reckoned by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.learners.agents.network import Outputs
from ontogeny.learners.agents.rollout import Decision, Trajectory
from ontogeny.learners.teaching.teacher import Teacher, teacher_by
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.worlds.world import Step, World


def walk(n_actions: int = 3, tasks: tuple[str, ...] = ()) -> World:
    """Return a world of episodes of four steps, cut there, in which action 0 earns 1."""

    def seen(time):
        told = jnp.zeros(len(tasks)).at[time % 2].set(1.0) if tasks else jnp.zeros(0)
        return jnp.concatenate([jnp.array([time, 1.0]), told])

    def reset(key):
        return jnp.int32(0), seen(jnp.int32(0))

    def step(key, time, action):
        earned = (action == 0).astype(jnp.float32)
        return time + 1, Step(seen(time + 1), earned, jnp.array(False), time == 3)

    return World("walk", (2 + len(tasks),), n_actions, reset, step, time_limit=4, tasks=tasks)


def sure(action: int = 2, world: World | None = None) -> Teacher:
    """Return a teacher that mostly takes one action, and values a state by its time."""
    world = world or walk()
    logits = jnp.asarray(2 * np.eye(world.n_actions, dtype=np.float32)[action])
    return teacher_by(lambda seen, memory: (Categorical(logits), seen[0], ()), world)


def counting() -> Teacher:
    """Return a teacher with a memory: what it says and its value are how many observations it has
    seen of the episode.
    """

    def said(seen, count):
        return Categorical(count * jnp.array([0.0, 0.0, 1.0])), count + 1, count + 1

    return teacher_by(said, walk(), lambda: jnp.float32(0))


def lived(n_actions: int = 3) -> Trajectory:
    """Return a trajectory of six steps, with a termination after the second and a cut after the
    fifth. Observations are their number; that which was cut off is 50, and the last 60.
    """
    number, one = np.arange(6), np.ones(6)

    def said(*shape):
        return Categorical(real(np.zeros((*shape, n_actions))))

    return Trajectory(
        real(np.stack([number, one], axis=1)),
        Decision(jnp.asarray(np.int32(number % 3)), real(0 * one), real(-number), said(6)),
        real(one),
        terminated=jnp.asarray(number == 1),
        truncated=jnp.asarray(number == 4),
        last=real([60, 1]),
        cut=real([[50, 1]]),
        last_policy=Outputs(said(), real(0)),
        cut_policy=Outputs(said(1), real([0])),
    )


def real(numbers) -> jax.Array:
    """Return an array, of which nothing is compiled."""
    return jnp.asarray(np.asarray(numbers, np.float32))
