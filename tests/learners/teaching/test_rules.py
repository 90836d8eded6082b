"""Rules, their exact updates beside what can be computed by hand, and what is refused."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.learners.teaching.exact import lesson, update
from ontogeny.learners.teaching.rule import TEACHER, UNIFORM, Control, Rule
from ontogeny.learners.teaching.rules import ABOUT, RULES, WITH_TASK, rule_named
from ontogeny.ops.mdp import MDP, occupancy

TEACHERS = np.array([[0.7, 0.3], [0.4, 0.6]])
STUDENTS = np.array([[0.5, 0.5], [0.9, 0.1]])
MDP2 = MDP(
    jnp.array([[[0.0, 0.5], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]]),
    jnp.array([[1.0, 0.0], [0.0, 2.0]]),
    jnp.array([1.0, 0.0]),
)


COMPARED = (
    *("on-policy", "teacher", "entropy-regularised", "entropy-regularised+task", "teacher-value"),
    *("teacher-critic", "n-distill", "v-gated", "expected-entropy+task"),
)


@pytest.fixture(scope="module")
def updated():
    """Return the exact update of each rule compared, of one on noise, and of one gated by values
    that are the teacher's last alone; and how often noise sees each state. All one program.
    """

    def all_of_them():
        teacher, student = (jnp.log(jnp.asarray(p, jnp.float32)) for p in (TEACHERS, STUDENTS))
        given = lesson(MDP2, teacher)
        noisy = dataclasses.replace(RULES["on-policy"], control=UNIFORM)
        policies = {"on-policy": STUDENTS, "teacher": TEACHERS, "uniform": np.full((2, 2), 0.5)}
        return {name: update(RULES[name], given, student) for name in COMPARED} | {
            "uniform": update(noisy, given, student),
            "gated": update(
                RULES["v-gated"], lesson(MDP2, teacher, jnp.array([0.0, 1.2])), student
            ),
            "seen": {name: occupancy(MDP2, jnp.asarray(p)) for name, p in policies.items()},
        }

    return jax.device_get(jax.jit(all_of_them)())


def test_imitation_pulls_each_state_by_how_often_it_is_seen(updated):
    apart = STUDENTS - TEACHERS
    for name, seen in updated["seen"].items():
        np.testing.assert_allclose(updated[name], seen[:, None] * apart, rtol=1e-5)


def test_rewards_are_paid_where_they_are_said_to_be(updated):
    """The last state's policy gradient is p (R - mean R): what each rule pays there."""
    p, teacher = STUDENTS[1], np.log(TEACHERS[1])
    seen = 0.75  # half the student's moves end half the time
    for name, paid in (
        ("entropy-regularised", teacher),
        ("entropy-regularised+task", teacher + np.array([0.0, 2.0])),
        ("teacher-value", np.array([0.0, 2.0])),
        ("teacher-critic", np.array([0.0, 2.0])),
    ):
        expected = -seen * p * (paid - p @ paid)
        np.testing.assert_allclose(updated[name][1], expected, rtol=1e-4, err_msg=name)


def test_the_state_that_follows_is_judged_and_an_end_is_not(updated):
    """In the first state, following pays the second's loss by how likely each action gets there;
    the action's own step has its loss already."""
    p, q = STUDENTS[0], STUDENTS[1]
    loss = -TEACHERS[1] @ np.log(q)
    paid = -loss * np.array([0.5, 1.0])
    expected = (STUDENTS - TEACHERS)[0] - p * (paid - p @ paid)
    np.testing.assert_allclose(updated["n-distill"][0], expected, rtol=1e-4)
    # the last state leads nowhere: there is its own loss alone
    np.testing.assert_allclose(updated["n-distill"][1], updated["on-policy"][1], rtol=1e-4)


def test_a_gate_is_shut_where_the_student_expects_more(updated):
    # the teacher is worth 0.7 + 0.65 * 1.2 = 1.48 and 1.2; the student 0.5 + 0.75 * 0.2 and 0.2
    np.testing.assert_allclose(updated["v-gated"], updated["on-policy"], rtol=1e-5)
    np.testing.assert_allclose(updated["gated"][0], 0.0)
    np.testing.assert_allclose(updated["gated"][1], updated["on-policy"][1], rtol=1e-5)


def test_every_rule_is_described_and_finite(updated):
    for name, rule in RULES.items():
        assert rule.name == name
        assert ABOUT[name.removesuffix(WITH_TASK)]
    assert np.isfinite(updated["expected-entropy+task"]).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"control": Control(student=0.5)}, "sum to 1"),
        ({"control": Control(student=1.5, teacher=-0.5)}, "sum to 1"),
        ({"weight": -1.0}, "Rule.weight"),
        ({"task": float("nan")}, "Rule.task"),
    ],
)
def test_a_wrong_rule_is_refused(wrong, said):
    with pytest.raises(ConfigError, match=said):
        Rule("mine", **wrong)


def test_an_unknown_rule_is_told_the_nearest():
    with pytest.raises(ConfigError, match="n-distill"):
        rule_named("n-distil")
    assert RULES["teacher"].control == TEACHER
