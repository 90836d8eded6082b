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
from ontogeny.worlds.random_mdps import random_mdp


def given():
    mdp = random_mdp(jax.random.key(0), 3, 2, ends=0.3)
    return lesson(mdp, jax.random.normal(jax.random.key(1), (3, 2)))


def test_a_table_is_a_learner():
    config = TabularConfig(episodes=2, longest=8, baseline=0.5)
    learner = tabular_student(RULES["expected-entropy+task"], given(), config)
    og.testing.check_learner(learner, og.Space({"learning_rate": og.Log(1e-2, 1.0)}))


def test_exact_imitation_ends_at_the_teacher():
    """Proposition 1: of a student whose probabilities are all above zero."""
    lessons = given()
    learner = tabular_student(RULES["on-policy"], lessons, TabularConfig(0, learning_rate=1.0))
    key, hypers = jax.random.key(0), {}

    def taught(state):
        return jax.lax.fori_loop(0, 400, lambda _, s: learner.step(key, s, hypers)[0], state)

    state = jax.jit(taught)(learner.init(key, hypers))
    policy, teacher = jax.nn.softmax(state.logits), jax.nn.softmax(lessons.teacher)
    np.testing.assert_allclose(policy, teacher, atol=1e-3)
    worth = lessons.mdp.start @ values(lessons.mdp, teacher)
    np.testing.assert_allclose(learner.score(key, state, hypers), worth, rtol=1e-2)


def test_an_episode_is_as_long_as_the_process_lets_it_be():
    onward = jnp.eye(3, k=1)[:, None].repeat(2, axis=1)
    line = MDP(onward, jnp.zeros((3, 2)), jnp.array([1.0, 0.0, 0.0]))
    episode = draw_episode(
        RULES["on-policy"], lesson(line, jnp.zeros((3, 2))), jnp.zeros((3, 2)), 5, jax.random.key(0)
    )
    assert episode.lived.tolist() == [True] * 3 + [False] * 2
    assert episode.state.tolist()[:3] == [0, 1, 2]


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"episodes": -1}, {"longest": 0}, {"learning_rate": 0.0}, {"baseline": 2.0}):
        with pytest.raises(ConfigError, match="TabularConfig"):
            TabularConfig(**wrong)
