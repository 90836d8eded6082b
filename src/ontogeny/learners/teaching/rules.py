"""The landscape: every rule of policy distillation that papers and libraries use, by name.

Written Hx(p || q) = -sum_a p log q, with pi the teacher and pi_s the student. A pseudo-reward that
stands for the loss of the next state makes a rule the gradient of an objective; the same reward an
action earlier, or none at all, does not.

Sources: Czarnecki et al. 2019 (arXiv 1902.02186), table 1 and theorems 1 and 2; Schmitt et al.
2018, Kickstarting (arXiv 1803.03835).
"""

from __future__ import annotations

import dataclasses

from jaxtyping import Array, Float

from ontogeny.core.errors import unknown
from ontogeny.learners.teaching.rule import TEACHER, Choice, Number, Rule, Step


def cross_entropy(step: Step) -> Float[Array, ""]:
    """Return Hx(pi || pi_s): least where the student *is* the teacher (it covers its mass)."""
    return step.teacher.kl(step.student) + step.teacher.entropy()


def reverse_cross_entropy(step: Step) -> Float[Array, ""]:
    """Return Hx(pi_s || pi): least where the student takes the teacher's mode for sure."""
    return step.student.kl(step.teacher) + step.student.entropy()


def reverse_kl(step: Step) -> Float[Array, ""]:
    """Return KL(pi_s || pi): least where the student is the teacher."""
    return step.student.kl(step.teacher)


def negative_entropy(step: Step) -> Float[Array, ""]:
    """Return -H(pi_s), of which 0.1 is a common weight."""
    return -0.1 * step.student.entropy()


def said_by_teacher(step: Step, action: Array) -> Float[Array, ""]:
    """Return log pi(a)."""
    return step.teacher.log_probability(action)


def _minus_cross_entropy(step: Step) -> Float[Array, ""]:
    return -cross_entropy(step)


def _minus_reverse_cross_entropy(step: Step) -> Float[Array, ""]:
    return -reverse_cross_entropy(step)


def _minus_reverse_kl(step: Step) -> Float[Array, ""]:
    return -reverse_kl(step)


def _teachers_value(step: Step) -> Number:
    return step.teacher_value


def _minus_teachers_value(step: Step, action: Array) -> Number:
    del action
    return -step.teacher_value


def teacher_expects_more(step: Step) -> Choice:
    """Return whether the teacher's value is above the student's."""
    return step.teacher_value > step.student_value


ON_POLICY = Rule("on-policy", loss=cross_entropy)
_PURE = (
    Rule("teacher", control=TEACHER, loss=cross_entropy),
    ON_POLICY,
    Rule("entropy-regularised", own=said_by_teacher),
    Rule("n-distill", loss=cross_entropy, following=_minus_cross_entropy),
    Rule(
        "expected-entropy",
        loss=reverse_cross_entropy,
        following=_minus_reverse_cross_entropy,
        following_sampled=said_by_teacher,
    ),
    Rule("v-gated", loss=cross_entropy, gate=teacher_expects_more),
    Rule("reverse-kl", loss=reverse_kl),
    Rule("reverse-kl-matched", loss=reverse_kl, following=_minus_reverse_kl),
    Rule("reverse-entropy", loss=reverse_cross_entropy),
    Rule("expected-entropy-twice", loss=reverse_cross_entropy, own=said_by_teacher),
)
_TASK = (
    Rule("teacher-value", own=_minus_teachers_value, following=_teachers_value, task=1.0),
    Rule("teacher-critic", following=_teachers_value, task=1.0, one_step=True),
    Rule("entropy-bonus", loss=negative_entropy, task=1.0),
)

WITH_TASK = "+task"
RULES: dict[str, Rule] = {
    **{rule.name: rule for rule in _PURE},
    **{
        f"{r.name}{WITH_TASK}": dataclasses.replace(r, name=f"{r.name}{WITH_TASK}", task=1.0)
        for r in _PURE
        if r.control != TEACHER
    },
    **{rule.name: rule for rule in _TASK},
}
"""By name; those that end with "+task" add the task's own rewards."""

ABOUT = {
    "teacher": "imitate on the teacher's own states",
    "on-policy": "imitate on the student's states (with the task: kickstarting)",
    "entropy-regularised": "log pi(a) as the only reward",
    "n-distill": "imitate on the student's states, and pay for where it leads",
    "expected-entropy": "Hx(pi_s || pi) now, and pay for where it leads",
    "v-gated": "imitate where the teacher's value is above the student's",
    "reverse-kl": "KL(pi_s || pi) now alone",
    "reverse-kl-matched": "KL(pi_s || pi) now, and pay for where it leads",
    "reverse-entropy": "Hx(pi_s || pi) now alone",
    "expected-entropy-twice": "Hx(pi_s || pi) now, and log pi(a) again at its own step",
    "teacher-value": "the task, shaped by the teacher's values",
    "teacher-critic": "the task, one step ahead by the teacher's values",
    "entropy-bonus": "the task, and entropy for its own sake: no teacher",
}


def rule_named(name: str) -> Rule:
    """Return the rule. Raises `ConfigError` for another name, suggesting the nearest."""
    if name not in RULES:
        raise unknown("rule", name, RULES, where="teaching")
    return RULES[name]
