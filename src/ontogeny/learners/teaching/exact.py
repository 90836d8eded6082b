"""The update of a rule, exact: every expectation is a sum over the states and actions of a small
decision process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.learners.teaching.rule import Rule, Step
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.mdp import MDP, action_values, occupancy, values


class Lesson(NamedTuple):
    """Where a student of a table is taught: the process, what the teacher does in each of its
    states, and what the teacher says that its states are worth.
    """

    mdp: MDP
    teacher: Float[Array, "state action"]  # logits
    teacher_value: Float[Array, " state"]


def lesson(
    mdp: MDP,
    teacher: Float[Array, "state action"],
    teacher_value: Float[Array, " state"] | None = None,
) -> Lesson:
    """Return the lesson of a teacher, given by its logits; its values are exact when not given."""
    value = _valued(mdp, teacher) if teacher_value is None else teacher_value
    return Lesson(mdp, teacher, value)


@jax.jit  # one program, not one an operation
def _valued(mdp: MDP, teacher: Float[Array, "state action"]) -> Float[Array, " state"]:
    return values(mdp, jax.nn.softmax(teacher))


def steps_of(lesson: Lesson, logits: Float[Array, "state action"], valued: bool = True) -> Step:
    """Return what there is to see in every state, stacked; where it is not `valued`, the student's
    value of a state, which takes the most time, counts as 0.
    """
    own = values(lesson.mdp, jax.nn.softmax(logits)) if valued else jnp.zeros(len(logits))
    return Step(Categorical(logits), Categorical(lesson.teacher), own, lesson.teacher_value)


def acting(
    rule: Rule, teacher: Float[Array, "*state action"], student: Float[Array, "*state action"]
) -> Float[Array, "*state action"]:
    """Return the probabilities of who samples, given both's logits."""
    mine, theirs = jax.nn.softmax(student), jax.nn.softmax(teacher)
    shares = rule.control
    return shares.student * mine + shares.teacher * theirs + shares.uniform / student.shape[-1]


def paid(rule: Rule, lesson: Lesson, steps: Step) -> Float[Array, "state action"]:
    """Return what each action is paid at its own step, in expectation: own and following
    pseudo-rewards, and the task's.
    """
    mdp = lesson.mdp
    total = rule.task * mdp.reward
    if rule.own is not None:
        own, actions = rule.own, jnp.arange(total.shape[1])
        total += rule.weight * jax.vmap(lambda s: jax.vmap(lambda a: own(s, a))(actions))(steps)
    if rule.following is not None:
        total += rule.weight * mdp.transition @ jax.vmap(rule.following)(steps)
    return total


def update(
    rule: Rule,
    lesson: Lesson,
    params: Float[Array, "..."],
    logits_of: Callable[[Array], Float[Array, "state action"]] = lambda logits: logits,
) -> Float[Array, "..."]:
    """Return g, which a student descends, by the parameters of its logits (the logits themselves
    when not said otherwise).

    >>> mdp = MDP(jnp.zeros((1, 2, 1)), jnp.zeros((1, 2)), jnp.ones(1))
    >>> rule = Rule("mine", loss=lambda step: step.teacher.kl(step.student))
    >>> update(rule, lesson(mdp, jnp.zeros((1, 2))), jnp.log(jnp.array([[0.8, 0.2]])))
    Array([[ 0.3, -0.3]], dtype=float32)
    """
    logits = logits_of(params)
    steps = steps_of(lesson, logits)
    q = acting(rule, lesson.teacher, logits)
    d = occupancy(lesson.mdp, q)
    earned = paid(rule, lesson, steps)
    if not rule.one_step:
        earned = action_values(lesson.mdp, values(lesson.mdp, q, earned), earned)

    def surrogate(params: Array) -> Float[Array, ""]:
        now = logits_of(params)
        loss = rule.weight * jax.vmap(rule.aligned)(steps._replace(student=Categorical(now)))
        if not rule.pays:
            return d @ loss
        return d @ (loss - jnp.sum(q * earned * jax.nn.log_softmax(now), axis=1))

    return jax.grad(surrogate)(params)
