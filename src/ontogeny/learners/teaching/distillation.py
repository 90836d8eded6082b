"""Any rule of distillation as a loss that plugs into an actor-critic.

The teacher is asked once a rollout, for all its steps together. The rule's loss is the mean over
the steps, and its pseudo-rewards are what advantages are made of, beside the task's rewards or in
their place; the critic learns the value of what is paid. A rule that pays nothing leaves the
critic the task's rewards, and nothing but the loss moves the policy.

What the step t is paid for where it leads is the state's at t + 1, discounted: nothing where the
episode has ended, and that of the observation that was cut off where a time limit ended it.

Sources: Czarnecki et al. 2019 (arXiv 1902.02186); Schmitt et al. 2018, Kickstarting (arXiv
1803.03835).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.core.errors import ConfigError
from ontogeny.learners.agents.network import Outputs, Student
from ontogeny.learners.agents.rollout import Trajectory
from ontogeny.learners.agents.terms import Term
from ontogeny.learners.teaching.agreement import agreement, watching
from ontogeny.learners.teaching.rule import STUDENT, TEACHER, Rule, Step
from ontogeny.learners.teaching.rules import rule_named
from ontogeny.learners.teaching.teacher import Answers, Teacher, answers
from ontogeny.learners.teaching.teachers import uniform_policy
from ontogeny.learners.teaching.weight import Weight
from ontogeny.ops import returns
from ontogeny.ops.distributions.categorical import Categorical, MaskedCategorical
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.ops.distributions.mixture import Mixture
from ontogeny.worlds.spaces import Discrete
from ontogeny.worlds.world import World

NAME = "teaching"


class TeachingState(NamedTuple):
    """The teacher's memory of what the student saw, who is watched (`agreement.watching`), and how
    many updates are done, where the weight goes by them."""

    memory: Any
    watched: Any = ()
    updates: Any = ()


def distillation(
    rule: Rule | str,
    teacher: Teacher,
    world: World,
    weight: Weight | float | None = None,
    watch: int = 4,
    name: str = NAME,
) -> Term:
    """Return the rule as a term of agents in this world, with a hyper called after it: the weight
    of its loss and pseudo-rewards, the rule's own when None. A `Weight` says where it may be tuned,
    how it falls, and whether each of several tasks has a factor of its own.

    A fixed weight of 0 beside the task's rewards is plain reinforcement learning: a term that does
    nothing. `watch` are the steps that a second small rollout lives after each of the student's,
    where the other acts: agreement with the teacher is told on the student's states and on the
    teacher's.

    Raises `ConfigError` where the teacher does not fit the world, where the rule asks how likely
    the student's actions are to a teacher that never takes some, and for a weight below 0.

    >>> from ontogeny.learners.teaching.teacher import teacher_by
    >>> from ontogeny.ops.distributions.categorical import Categorical
    >>> from ontogeny.worlds.solved.bandits import bernoulli_bandit
    >>> world = bernoulli_bandit([(1, 1), (1, 1)], horizon=10).world
    >>> first = teacher_by(lambda seen, memory: (Categorical(jnp.array([3.0, 0])), 0, ()), world)
    >>> distillation("on-policy+task", first, world).hypers["teaching"].value
    1.0
    >>> from ontogeny.learners.agents.terms import active
    >>> active([distillation("on-policy+task", first, world, weight=0)])
    ()
    """
    rule = rule_named(rule) if isinstance(rule, str) else rule
    w = weight if isinstance(weight, Weight) else Weight(rule.weight if weight is None else weight)
    check_fit(teacher, world)
    check_support(rule, teacher)
    brought = w.hypers(name, world)
    if w.nothing:
        if rule.task == 1 and rule.control == STUDENT and not rule.one_step:
            return Term(name)
        if not rule.task:
            raise ConfigError(
                f"{rule.name} of weight 0, without the task's rewards",
                where="weight",
                hint="nothing would move the student: give a weight, or a rule that ends in +task",
            )
    lived = {STUDENT: "student", TEACHER: "teacher"}.get(rule.control, "mixture")
    watcher = watching(teacher, world, watch, lived)

    def note(state: TeachingState, trajectory: Trajectory, hypers: Any) -> Any:
        ends = rule.following is not None
        said, memory = answers(teacher, trajectory, state.memory, ends)
        extra = (
            pseudo_rewards(rule, trajectory, said, hypers["discount"])
            if rule.has_pseudo_rewards
            else ()
        )
        share = updates = ()
        if w.varies:
            share = w.along(name, world, state.updates, trajectory.observation, hypers)
            updates = state.updates + 1
        return state._replace(memory=memory, updates=updates), Noted(said.along, extra, share)

    def reward(rewards: Array, trajectory: Trajectory, noted: Noted, hypers: Any) -> Array:
        del trajectory
        paid = rule.task * rewards
        if not rule.has_pseudo_rewards:
            return paid
        return paid + hypers[name] * (noted.share * noted.extra if w.varies else noted.extra)

    def loss(outputs: Outputs, trajectory: Trajectory, noted: Noted, hypers: Any) -> Any:
        del trajectory
        said = noted.said
        steps = Step(outputs.distribution, said.distribution, _still(outputs.value), said.value)
        metrics = {
            f"{what}/{lived}": value
            for what, value in agreement(_still(outputs.distribution), said.distribution).items()
        }
        if w.varies:
            metrics["weight"] = hypers[name] * jnp.mean(noted.share)
        if rule.loss is None:
            return jnp.float32(0), metrics
        aligned = jax.vmap(rule.aligned)(steps)
        return hypers[name] * jnp.mean(noted.share * aligned if w.varies else aligned), metrics

    def watch_on(key: Array, state: TeachingState, student: Student, hypers: Any) -> Any:
        del hypers
        watched, metrics = watcher.step(key, state.watched, student)
        return state._replace(watched=watched), metrics

    acts = rule.control != STUDENT
    return Term(
        name,
        loss,
        brought,
        init=lambda key, begin: TeachingState(
            teacher.begin(), watcher.init(key, begin), jnp.int32(0) if w.varies else ()
        ),
        note=note,
        reward=reward if rule.has_pseudo_rewards or (rule.pays and rule.task != 1) else None,
        begin=teacher.begin if acts else None,
        act=_acting(rule, teacher, world) if acts else None,
        watch=watch_on if watch else None,
        reads_policy=rule.has_pseudo_rewards,
        by_reward=rule.pays,
        one_step=rule.one_step,
    )


class Noted(NamedTuple):
    """What is kept of a rollout: the teacher's answers, what its steps earn by them, and what each
    weighs."""

    said: Outputs
    extra: Any  # [time], or nothing where the rule has no pseudo-rewards
    share: Any = ()  # [time], in units of the hyper, or nothing where all weigh alike


def pseudo_rewards(
    rule: Rule, trajectory: Trajectory, said: Answers, discount: Float[Array, ""] | float
) -> Float[Array, " time"]:
    """Return what each step earns: by its action, and by the state that it leads to."""
    decision = trajectory.decision
    along = Step(decision.policy, said.along.distribution, decision.value, said.along.value)
    extra = jnp.zeros_like(trajectory.reward)
    if rule.own is not None:
        extra += jax.vmap(rule.own)(along, decision.action)
    if rule.following is not None:
        assert said.last is not None
        assert said.cut is not None
        last, cut = (
            Step(policy.distribution, answer.distribution, policy.value, answer.value)
            for policy, answer in (
                (trajectory.last_policy, said.last),
                (trajectory.cut_policy, said.cut),
            )
        )
        each: Any = jax.vmap(rule.following)
        at_last = jnp.asarray(rule.following(last))
        follows = returns.following_values(each(along), at_last, each(cut), trajectory.truncated)
        extra += discount * (1.0 - trajectory.terminated) * follows
    return extra


def _still(tree: Any) -> Any:
    return jax.lax.stop_gradient(tree)


def _acting(rule: Rule, teacher: Teacher, world: World) -> Any:
    """Return who acts by the rule's shares, drawn anew at every step."""
    shares = rule.control

    def act(memory: Any, observation: Array, student: Distribution, hypers: Any) -> Any:
        del hypers
        said, memory = teacher.step(observation, memory)
        parts = {
            "student": lambda: student,
            "teacher": lambda: said.distribution,
            "uniform": lambda: uniform_policy(world.action_space),
        }
        who = {name: share for name, share in shares._asdict().items() if share}
        if len(who) == 1:
            return parts[next(iter(who))](), memory
        weights = jnp.array(list(who.values()))
        return Mixture(weights, tuple(parts[name]() for name in who)), memory

    if shares.uniform:
        uniform_policy(world.action_space)  # which refuses numbers, before anything is traced
    return act


def check_fit(teacher: Teacher, world: World) -> None:
    """Raise `ConfigError` where the teacher sees or does other than who acts in the world."""
    if teacher.observation_shape != world.observation_shape:
        raise ConfigError(
            f"the teacher sees observations of shape {teacher.observation_shape}, and "
            f"{world.name} gives {world.observation_shape}",
            where="teacher",
            hint="a teacher is asked of what the student sees: take one of the same observations",
        )
    own, theirs = world.action_space, teacher.action_space
    if own == theirs:
        return
    hint = "a student needs all that the teacher does: take a teacher of the same actions, or fewer"
    if isinstance(own, Discrete) and isinstance(theirs, Discrete) and theirs.n < own.n:
        hint = f"say which of the student's {own.n} each of the teacher's {theirs.n} is: "
        hint += "--actions, or teachers.embedded"
    raise ConfigError(
        f"the teacher's actions are {theirs}, and those of {world.name} {own}",
        where="actions",
        hint=hint,
    )


def check_support(rule: Rule, teacher: Teacher) -> None:
    """Raise `ConfigError` where the rule asks a teacher that never takes some actions how likely
    they are, which is found out on two actions of which one is never taken.
    """
    seen = jax.eval_shape(lambda: jnp.zeros(teacher.observation_shape))
    said, _ = jax.eval_shape(lambda o: teacher.step(o, teacher.begin()), seen)
    if not isinstance(said.distribution, MaskedCategorical):
        return
    teaching = MaskedCategorical(jnp.zeros(2), jnp.array([True, False]))
    probe = Step(Categorical(jnp.zeros(2)), teaching, 0.0, 0.0)
    asked = [
        rule.loss and rule.loss(probe),
        rule.own and rule.own(probe, jnp.int32(1)),
        rule.following and rule.following(probe),
    ]
    if not all(bool(jnp.isfinite(x)) for x in asked if x is not None):
        raise ConfigError(
            f"{rule.name} asks how likely the student's actions are to the teacher, who never "
            "takes some",
            where="rule",
            hint="give the teacher a uniform share, as 0.02; or take a rule that asks how likely "
            "the teacher's are to the student, as on-policy",
        )
