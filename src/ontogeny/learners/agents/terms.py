"""Losses that plug in: what is added to an actor-critic's own loss and to its rewards.

A term is a small value. Once a rollout it may *note* something about the trajectory (a teacher's
answers, say) with a state of its own; then it adds to the rewards that advantages are made of, and
at every update to the loss. Without terms the learner is the plain actor-critic.

All functions take one environment's trajectory, time first.
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
    """`loss(outputs, trajectory, notes, hypers)` returns one number for the trajectory, which is
    added to the loss as it is, and metrics, whose names begin with the term's.

    `outputs` are the present network's distributions and values along the trajectory, `notes` what
    `note` said of it (None without one). Only `loss` is differentiated, by the outputs.
    """

    name: str
    loss: Callable[[Any, Any, Any, Mapping[str, Any]], tuple[Float[Array, ""], Metrics]]
    hypers: Mapping[str, Tunable] = NOTHING
    init: Callable[[Key[Array, ""]], Any] | None = None
    """The state of one environment's term, such as a teacher's memory."""
    note: Callable[[Any, Any, Mapping[str, Any]], tuple[Any, Any]] | None = None
    """Of (state, trajectory, hypers): the state after the rollout, and the notes, time first."""
    reward: Callable[[Any, Any, Mapping[str, Any]], Float[Array, " time"]] | None = None
    """Of (trajectory, notes, hypers): what is added to the rewards that advantages are made of."""


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
