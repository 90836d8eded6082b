"""Tables that are taught, many at once: how the claims about tabular students are measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float

from ontogeny.core.compiling import quick_to_compile
from ontogeny.learners.teaching.exact import Lesson
from ontogeny.learners.teaching.rule import Rule
from ontogeny.learners.teaching.tabular import TabularConfig, TabularState, tabular_student


class Taught(NamedTuple):
    """How students went: NumPy arrays."""

    measured: np.ndarray  # [lesson, time]
    updates: np.ndarray  # [time], from 0

    def until(self, level: np.ndarray) -> np.ndarray:
        """Return after how many updates each first measured its level, [lesson]; infinite where it
        never did.
        """
        there = self.measured >= level[:, None]
        return np.where(there.any(axis=1), self.updates[there.argmax(axis=1)], np.inf)


Measure = Callable[[Lesson], Callable[[Float[Array, "state action"]], Float[Array, ""]]]


def taught(
    rule: Rule,
    lessons: Lesson,
    config: TabularConfig,
    at: Sequence[int],
    seed: int,
    measure: Measure | None = None,
    rates: Float[np.ndarray, " lesson"] | None = None,
) -> Taught:
    """Return how a student of each lesson (leading axis) went, measured before the first update and
    after so many as `at` says. What is measured is the student's exact return, or what `measure`
    makes of a lesson; `rates` are each student's own, when not the config's.
    """
    n_lessons = len(lessons.teacher)
    spread = n_lessons % len(jax.devices()) == 0
    program = _program(rule, config, tuple(at), measure, spread)
    keys = jax.random.split(jax.random.key(seed), n_lessons)
    own = np.full(n_lessons, config.learning_rate) if rates is None else rates
    measured = np.asarray(program(lessons, jnp.asarray(own, jnp.float32), keys))
    return Taught(measured, np.array([0, *at]))


@cache
def _program(
    rule: Rule, config: TabularConfig, at: tuple[int, ...], measure: Measure | None, spread: bool
) -> Callable[..., Any]:
    """Return what teaches many: of (lessons, rates, keys), what is measured [lesson, time]."""

    def one(lesson: Lesson, rate: Array, key: Array) -> Array:
        learner = tabular_student(rule, lesson, config)
        hypers = {"learning_rate": rate}
        of = None if measure is None else measure(lesson)

        def told(state: TabularState) -> Array:
            return learner.score(key, state, hypers) if of is None else of(state.logits)

        def update(number: Any, state: TabularState) -> TabularState:
            return learner.step(jax.random.fold_in(key, number), state, hypers)[0]

        def some(state: TabularState, span: tuple[Array, Array]) -> tuple[TabularState, Array]:
            state = jax.lax.fori_loop(*span, update, state)
            return state, told(state)

        begun = learner.init(key, hypers)
        _, measured = jax.lax.scan(some, begun, (jnp.array([0, *at[:-1]]), jnp.array(at)))
        return jnp.append(told(begun), measured)

    mapped = jax.vmap(one)
    if spread:  # every core takes its share
        mesh, along = Mesh(np.array(jax.devices()), ("lesson",)), PartitionSpec("lesson")
        mapped = jax.shard_map(mapped, mesh=mesh, in_specs=along, out_specs=along, check_vma=False)
    return jax.jit(mapped, compiler_options=quick_to_compile())
