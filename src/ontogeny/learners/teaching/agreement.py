"""How far a student and its teacher agree: on the states where the rule learns, and on those where
the other would have led.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core import trees
from ontogeny.core.learner import Metrics
from ontogeny.learners.agents.network import Student
from ontogeny.learners.teaching.teacher import Teacher
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.ops.distributions.tanh_normal import TanhNormal
from ontogeny.worlds.episodes import autoreset
from ontogeny.worlds.world import World


def agreement(student: Distribution, teacher: Distribution) -> dict[str, Float[Array, ""]]:
    """Return means over steps (leading axis time): KL(teacher || student), and of choices how often
    both like the same best.
    """
    found = {"kl": jnp.mean(jax.vmap(lambda s, t: t.kl(s))(student, teacher))}
    if isinstance(student, TanhNormal):
        return found
    same = jax.vmap(lambda s, t: jnp.all(s.mode() == t.mode()))(student, teacher)
    return found | {"agreement": jnp.mean(same.astype(jnp.float32))}


class Watcher(NamedTuple):
    """A small rollout of its own beside each of the student's."""

    init: Callable[[Key[Array, ""], Any], Any]
    step: Callable[[Key[Array, ""], Any, Student], tuple[Any, Metrics]]


class Scene(NamedTuple):
    """Where one watched environment stands."""

    world: Any
    observation: Array
    teacher: Any  # its memory
    student: Any  # its memory


def watching(teacher: Teacher, world: World, n_steps: int, lived: str) -> Watcher:
    """Return who watches: `n_steps` after each rollout, in which the teacher acts, or the student
    where what is `lived` are the teacher's states, or each of them where it is neither's. Metrics
    are called after whose states they are about.
    """
    drivers = [who for who in ("student", "teacher") if who != lived]
    stepped = autoreset(world)

    def init(key: Array, student: Any) -> dict[str, Scene]:
        if not n_steps:
            return {}
        keys = jax.random.split(key, len(drivers))
        begun = {who: world.reset(k) for who, k in zip(drivers, keys, strict=True)}
        return {who: Scene(*state, teacher.begin(), student) for who, state in begun.items()}

    def step(key: Array, scenes: dict[str, Scene], student: Student) -> tuple[Any, Metrics]:
        metrics: Metrics = {}
        after = {}
        for who, scene in scenes.items():
            after[who], said = _lived(key, scene, student, who == "teacher")
            metrics |= {f"{what}/{who}": value for what, value in agreement(*said).items()}
        return after, metrics

    def _lived(key: Array, scene: Scene, student: Student, teaches: bool) -> Any:
        def one(scene: Scene, key: Array) -> tuple[Scene, Any]:
            state, observation, memory, own = scene
            act_key, world_key = jax.random.split(key)
            theirs, memory = teacher.step(observation, memory)
            outputs, own = student.step(observation, own)
            said = outputs.distribution, theirs.distribution
            action = said[teaches].sample(act_key)
            state, observation, came = stepped(world_key, state, action)
            begun = teacher.begin(), student.begin()
            ended = came.terminated | came.truncated
            memory, own = trees.where(ended, begun, (memory, own))
            return Scene(state, observation, memory, own), said

        return jax.lax.scan(one, scene, jax.random.split(key, n_steps))

    return Watcher(init, step)
