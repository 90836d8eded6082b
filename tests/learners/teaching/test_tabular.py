"""A table that is taught: from episodes, and exactly."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError
from ontogeny.learners.teaching.exact import lesson
from ontogeny.learners.teaching.rules import RULES
from ontogeny.learners.teaching.sampled import draw_episode
from ontogeny.learners.teaching.tabular import TabularConfig, tabular_student
from ontogeny.ops.mdp import MDP, values
from ontogeny.worlds.solved.random_mdps import random_mdp


@pytest.fixture(scope="module")
def given():
    @jax.jit
    def drawn(key):
        mdp = random_mdp(key, 3, 2, ends=0.3)
        return lesson(mdp, jax.random.normal(jax.random.key(1), (3, 2)))

    return drawn(jax.random.key(0))


def test_a_table_is_a_learner(given):
    config = TabularConfig(episodes=2, longest=8, baseline=0.5)
    learner = tabular_student(RULES["expected-entropy+task"], given, config)
    og.testing.check_learner(learner, og.Space({"learning_rate": og.Log(1e-2, 1.0)}))


def test_exact_imitation_ends_at_the_teacher(given):
    """Proposition 1: of a student whose probabilities are all above zero."""
    learner = tabular_student(RULES["on-policy"], given, TabularConfig(0, learning_rate=1.0))

    @jax.jit
    def taught(key):
        step = lambda _, state: learner.step(key, state, {})[0]  # noqa: E731
        state = jax.lax.fori_loop(0, 400, step, learner.init(key, {}))
        policy, teacher = jax.nn.softmax(state.logits), jax.nn.softmax(given.teacher)
        worth = given.mdp.start @ values(given.mdp, teacher)
        return policy, teacher, worth, learner.score(key, state, {})

    policy, teacher, worth, score = taught(jax.random.key(0))
    np.testing.assert_allclose(policy, teacher, atol=1e-3)
    np.testing.assert_allclose(score, worth, rtol=1e-2)


def test_an_episode_is_as_long_as_the_process_lets_it_be():
    onward = np.eye(3, k=1, dtype=np.float32)[:, None].repeat(2, axis=1)
    line = MDP(jnp.asarray(onward), jnp.zeros((3, 2)), jnp.array([1.0, 0.0, 0.0]))

    @jax.jit
    def episode(key):
        even = jnp.zeros((3, 2))
        return draw_episode(RULES["on-policy"], lesson(line, even), even, 5, key)

    drawn = episode(jax.random.key(0))
    assert drawn.lived.tolist() == [True] * 3 + [False] * 2
    assert drawn.state.tolist()[:3] == [0, 1, 2]


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"episodes": -1}, {"longest": 0}, {"learning_rate": 0.0}, {"baseline": 2.0}):
        with pytest.raises(ConfigError, match="TabularConfig"):
            TabularConfig(**wrong)
