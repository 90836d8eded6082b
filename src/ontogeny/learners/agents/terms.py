"""Losses that plug in: what is added to an actor-critic's own loss, and to its rewards; and others
who act.

A term is a small value. While a rollout is lived it may *act*; once it is lived, it may *note*
something about the trajectory (a teacher's answers, say) with a state of its own, and say which
rewards advantages are made of; and at every update it adds to the loss. Without terms, or with
those that do nothing, the learner is the plain actor-critic, to the same program.

All functions take one environment's trajectory, time first. Those that are called after a rollout
see observations as the world gives them, and the loss as the network reads them (standardised,
where it asks for that).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from jaxtyping import Array, Float, Key

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Metrics
from ontogeny.core.space import Dimension

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Tunable(NamedTuple):
    """A hyper that a term brings: what it is when nobody tunes it, and where it may be tuned."""

    value: float
    dimension: Dimension


class Term(NamedTuple):
    """What is left out is not there; only `loss` is differentiated, by the outputs. The names of
    metrics begin with the term's.
    """

    name: str
    loss: Callable[[Any, Any, Any, Mapping[str, Any]], tuple[Float[Array, ""], Metrics]] | None = (
        None
    )
    """Of (outputs, trajectory, notes, hypers): one number for the trajectory, which is added to the
    loss as it is, and metrics. `outputs` are the present network's distributions and values along
    the trajectory, `notes` what `note` said of it (None without one)."""
    hypers: Mapping[str, Tunable] = NOTHING
    init: Callable[[Key[Array, ""], Any], Any] | None = None
    """Of (key, the policy's memory before an episode): the state of one environment's term, such as
    a teacher's memory."""
    note: Callable[[Any, Any, Mapping[str, Any]], tuple[Any, Any]] | None = None
    """Of (state, trajectory, hypers): the state after the rollout, and the notes, time first."""
    reward: Callable[[Array, Any, Any, Mapping[str, Any]], Float[Array, " time"]] | None = None
    """Of (rewards, trajectory, notes, hypers): the rewards that advantages are made of. Those given
    are the task's, clipped as the config says, or what the term before made of them."""
    begin: Callable[[], Any] | None = None
    """The memory of who acts, before an episode's first observation."""
    act: Callable[[Any, Array, Any, Mapping[str, Any]], tuple[Any, Any]] | None = None
    """Of (memory, observation, distribution, hypers): the distribution that is acted by, and the
    memory after. The one given is the policy's, or what the term before made of it. Losses correct
    for the difference as they do for any other behaviour."""
    watch: Callable[[Key[Array, ""], Any, Any, Mapping[str, Any]], tuple[Any, Metrics]] | None = (
        None
    )
    """Of (key, state, the student that acted, hypers), after each rollout: the state, and metrics.
    A student is a `network.Student`."""
    reads_policy: bool = False
    """Whether `note` or `reward` read the policy's distributions along the trajectory, which are
    not kept otherwise: `decision.policy`, `last_policy` and `cut_policy`."""
    by_reward: bool = True
    """Whether rewards, and the policy's entropy, move the policy: without, the critic alone learns
    from rewards."""
    one_step: bool = False
    """Whether an action is paid what it earns at its own step alone: the discount counts as 0 where
    advantages are made."""


def active(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return those that do anything."""
    return tuple(term for term in terms if term != Term(term.name))


def check_terms(terms: Sequence[Term], taken: Sequence[str]) -> None:
    """Raise `ConfigError` where two terms have one name, or bring a hyper that is there already."""
    names = [term.name for term in terms]
    hypers = [*taken, *(name for term in terms for name in term.hypers)]
    for what, each in (("term", names), ("hyper", hypers)):
        for name in each:
            if each.count(name) > 1:
                raise ConfigError(
                    f"there are two {what}s called {name!r}",
                    where="terms",
                    hint="give each a name of its own",
                )


def space_of(terms: Sequence[Term]) -> dict[str, Dimension]:
    """Return the dimensions of all hypers that the terms bring, for a space to grow by them."""
    return {name: tunable.dimension for term in terms for name, tunable in term.hypers.items()}
