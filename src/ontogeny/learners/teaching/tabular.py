"""A student that is a table of logits, taught by a rule: exactly, or from episodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.teaching.exact import Lesson, update
from ontogeny.learners.teaching.rule import Rule
from ontogeny.learners.teaching.sampled import draw_episode, earned_later, estimate
from ontogeny.ops.mdp import expected_return


@dataclass(frozen=True)
class TabularConfig:
    """How a table is taught."""

    episodes: int = 1
    """How many episodes an update is estimated from; 0: it is exact."""
    longest: int = 300
    """Where episodes are cut."""
    baseline: float = 0.0
    """How fast the running mean of what is earned from each state follows, which is taken from
    what actions earn; 0: nothing is."""
    learning_rate: float = 0.2
    """Of plain gradient descent on the sum over an episode's steps."""

    def __post_init__(self) -> None:
        at_least(self, 0, "episodes", where="teaching.TabularConfig.")
        at_least(self, 1, "longest", where="teaching.TabularConfig.")
        positive(self, "learning_rate", where="teaching.TabularConfig.")
        if not 0 <= self.baseline <= 1:
            raise ConfigError(
                f"baseline is {self.baseline}",
                where="teaching.TabularConfig.baseline",
                hint="use 0 (none) to 1 (the last episode's mean)",
            )


class TabularState(NamedTuple):
    """The student, and what it expects to earn from each state on."""

    logits: Float[Array, "state action"]
    expected: Float[Array, " state"]


def tabular_student(
    rule: Rule, lesson: Lesson, config: TabularConfig | None = None
) -> Learner[TabularState]:
    """Return the learner. It begins uniform; its hyper is "learning_rate", and its score is the
    exact expected return of the task.
    """
    c = config or TabularConfig()
    leads = jnp.cumsum(lesson.mdp.transition, axis=2)

    def init(key: Key[Array, ""], hypers: Hypers) -> TabularState:
        del key
        settled(hypers, learning_rate=c.learning_rate)
        return TabularState(jnp.zeros_like(lesson.teacher), jnp.zeros(len(lesson.teacher)))

    def step(
        key: Key[Array, ""], state: TabularState, hypers: Hypers
    ) -> tuple[TabularState, Metrics]:
        rate = settled(hypers, learning_rate=c.learning_rate)["learning_rate"]
        expected = state.expected
        if c.episodes:
            moved, counts, sums = jax.tree.map(
                lambda leaf: jnp.mean(leaf, axis=0),
                jax.vmap(lambda key: _episode(key, state))(jax.random.split(key, c.episodes)),
            )
            seen = sums / jnp.where(counts > 0, counts, 1.0)
            expected += c.baseline * jnp.where(counts > 0, seen - expected, 0.0)
        else:
            moved = update(rule, lesson, state.logits)
        return TabularState(state.logits - rate * moved, expected), {
            "update": jnp.linalg.norm(moved)
        }

    def _episode(key: Array, state: TabularState) -> tuple[Array, Array, Array]:
        """Return the update of one episode, how often it saw each state, and what it earned from
        there, summed.
        """
        episode = draw_episode(rule, lesson, state.logits, c.longest, key, leads)
        later = earned_later(rule, lesson, state.logits, episode)
        moved = estimate(rule, lesson, state.logits, episode, later - state.expected[episode.state])
        where = jax.nn.one_hot(episode.state, len(state.expected)) * episode.lived[:, None]
        return moved, jnp.sum(where, axis=0), later @ where

    def score(key: Key[Array, ""], state: TabularState, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return expected_return(lesson.mdp, jax.nn.softmax(state.logits))

    return Learner(init, step, score)
