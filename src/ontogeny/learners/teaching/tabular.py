"""A student that is a table of logits, taught by a rule: exactly, or from episodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.config import at_least, positive
from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.teaching.exact import Lesson, update
from ontogeny.learners.teaching.rule import Rule
from ontogeny.learners.teaching.sampled import draw_episode, estimate
from ontogeny.ops.mdp import expected_return


@dataclass(frozen=True)
class TabularConfig:
    """How a table is taught."""

    episodes: int = 1
    """How many episodes an update is estimated from; 0: it is exact."""
    longest: int = 300
    """Where episodes are cut."""
    learning_rate: float = 0.2
    """Of plain gradient descent on the sum over an episode's steps."""

    def __post_init__(self) -> None:
        at_least(self, 0, "episodes", where="teaching.TabularConfig.")
        at_least(self, 1, "longest", where="teaching.TabularConfig.")
        positive(self, "learning_rate", where="teaching.TabularConfig.")


class TabularState(NamedTuple):
    """The student."""

    logits: Float[Array, "state action"]


def tabular_student(
    rule: Rule, lesson: Lesson, config: TabularConfig | None = None
) -> Learner[TabularState]:
    """Return the learner. It begins uniform; its hyper is "learning_rate", and its score is the
    exact expected return of the task.
    """
    c = config or TabularConfig()

    def init(key: Key[Array, ""], hypers: Hypers) -> TabularState:
        del key
        settled(hypers, learning_rate=c.learning_rate)
        return TabularState(jnp.zeros_like(lesson.teacher))

    def step(
        key: Key[Array, ""], state: TabularState, hypers: Hypers
    ) -> tuple[TabularState, Metrics]:
        rate = settled(hypers, learning_rate=c.learning_rate)
        if c.episodes:

            def one(key: Array) -> Array:
                episode = draw_episode(rule, lesson, state.logits, c.longest, key)
                return estimate(rule, lesson, state.logits, episode)

            moved = jnp.mean(jax.vmap(one)(jax.random.split(key, c.episodes)), axis=0)
        else:
            moved = update(rule, lesson, state.logits)
        logits = state.logits - rate["learning_rate"] * moved
        return TabularState(logits), {"update": jnp.linalg.norm(moved)}

    def score(key: Key[Array, ""], state: TabularState, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return expected_return(lesson.mdp, jax.nn.softmax(state.logits))

    return Learner(init, step, score)
