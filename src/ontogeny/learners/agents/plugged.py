"""What terms do around a rollout: who acts in it, what is noted of it, what it pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
from jaxtyping import Array, Float

from ontogeny.core.learner import Metrics
from ontogeny.learners.agents.network import Student
from ontogeny.learners.agents.rollout import Decision, Trajectory, trajectory_axes
from ontogeny.learners.agents.terms import Term


def actors(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return the terms that act. Where there are any, a memory is the pair of the policy's and of
    theirs.
    """
    return tuple(term for term in terms if term.act is not None)


def begun(terms: Sequence[Term], own: Any) -> Any:
    """Return the memory before an episode's first observation, the policy's `own` being that."""
    begins = [term.begin for term in actors(terms)]
    return (own, tuple(() if begin is None else begin() for begin in begins)) if begins else own


def states(
    terms: Sequence[Term], key: Array, begin: Callable[[], Any], environments: int
) -> tuple[Any, ...]:
    """Return the terms' first states, leading axis: environment. `begin()` is the policy's
    memory before an episode.
    """

    def of(term: Term, key: Array) -> Any:
        keys, of_one = jax.random.split(key, environments), term.init
        return () if of_one is None else jax.vmap(lambda k: of_one(k, begin()))(keys)

    return tuple(of(term, jax.random.fold_in(key, i)) for i, term in enumerate(terms))


def acting(
    terms: Sequence[Term], student: Student, hypers: Mapping[str, Any]
) -> Callable[[Array, Array, Any], tuple[Decision, Any]]:
    """Return who acts in a rollout: the student, or what the terms make of it."""
    others, kept = actors(terms), any(term.reads_policy for term in terms)

    def policy(key: Array, observation: Array, memory: Any) -> tuple[Decision, Any]:
        own, theirs = memory if others else (memory, ())
        outputs, own = student.step(observation, own)
        behaviour, after = outputs.distribution, []
        for term, before in zip(others, theirs, strict=True):
            assert term.act is not None
            behaviour, now = term.act(before, observation, behaviour, hypers)
            after.append(now)
        action = behaviour.sample(key)
        said = behaviour.log_probability(action)
        decision = Decision(action, said, outputs.value, outputs.distribution if kept else ())
        return decision, (own, tuple(after)) if others else own

    return policy


def seen_by_student(terms: Sequence[Term], student: Student, trajectory: Trajectory) -> Trajectory:
    """Return the trajectories with the policy's memories alone, and with what it says of the ends
    where a term reads that.
    """
    if actors(terms):
        memories = {name: getattr(trajectory, name)[0] for name in MEMORIES}
        trajectory = trajectory._replace(**memories)
    if any(term.reads_policy for term in terms):
        ask = jax.vmap(lambda o, m: student.step(o, m)[0])
        last = ask(trajectory.last, trajectory.last_memory)
        cut = jax.vmap(ask)(trajectory.cut, trajectory.cut_memory)
        trajectory = trajectory._replace(last_policy=last, cut_policy=cut)
    return trajectory


MEMORIES = ("memory", "last_memory", "cut_memory")


def noted(
    terms: Sequence[Term],
    before: tuple[Any, ...],
    trajectory: Trajectory,
    rewards: Float[Array, "time env"],
    hypers: Mapping[str, Any],
) -> tuple[tuple[Any, ...], Float[Array, "time env"], tuple[Any, ...]]:
    """Return the terms' states after a rollout, the rewards to learn from, and what was noted."""
    after, notes = [], []
    for term, state in zip(terms, before, strict=True):
        said = None
        if term.note is not None:
            along = jax.vmap(
                lambda s, t, f=term.note: f(s, t, hypers), (0, trajectory_axes()), (0, 1)
            )
            state, said = along(state, trajectory)
        if term.reward is not None:
            pay = jax.vmap(
                lambda r, t, n, f=term.reward: f(r, t, n, hypers), (1, trajectory_axes(), 1), 1
            )
            rewards = pay(rewards, trajectory, said)
        after.append(state)
        notes.append(said)
    return tuple(after), rewards, tuple(notes)


def watched(
    terms: Sequence[Term],
    before: tuple[Any, ...],
    student: Student,
    key: Array,
    environments: int,
    hypers: Mapping[str, Any],
) -> tuple[tuple[Any, ...], Metrics]:
    """Return the terms' states once they have watched the student, and what they saw: means over
    the environments.
    """
    after, metrics = [], {}
    for index, (term, state) in enumerate(zip(terms, before, strict=True)):
        if term.watch is not None:
            # beyond those that the environments' own keys are
            keys = jax.random.split(jax.random.fold_in(key, environments + index), environments)
            look = jax.vmap(lambda k, s, f=term.watch: f(k, s, student, hypers))
            state, seen = look(keys, state)
            metrics |= {f"{term.name}_{name}": x.mean() for name, x in seen.items()}
        after.append(state)
    return tuple(after), metrics
