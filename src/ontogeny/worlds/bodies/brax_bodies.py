"""Brax's half-cheetah and ant as bodies that move along a line.

Only its physics is used: what the body feels and how fast it moves. Its own reward and its own end
of an episode are not, so an ant that has fallen lies there until the episode is over.

Source: Freeman et al. 2021, Brax (arXiv 2106.13281).
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from typing import Any, Literal

import jax
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import MissingExtra, StructureError
from ontogeny.worlds.bodies.goals import Body

Backend = Literal["spring", "positional", "generalized"]
BodyName = Literal["halfcheetah", "ant"]
# Numbers that are observed, and numbers of an action.
SIZES: dict[BodyName, tuple[int, int]] = {"halfcheetah": (17, 6), "ant": (27, 8)}


def brax_body(name: BodyName, backend: Backend = "spring") -> Body:
    """Return the body. Its physics is read when it first moves, which raises `MissingExtra` without
    brax.

    The backends are brax's own engines. On a CPU core, 256 half-cheetahs abreast made 17,500 steps
    a second with `spring`, which compiled in half the time, and 7,000 with `positional`.
    """
    return body_of(name, *SIZES[name], lambda: physics(name, backend))


@cache  # it takes brax seconds
def brax_environment(name: str, backend: Backend) -> Any:
    """Return brax's environment. Raises `MissingExtra` without brax."""
    with warnings.catch_warnings(), jax.ensure_compile_time_eval():  # its arrays outlive a trace
        warnings.simplefilter("ignore")  # it says that it is no longer developed
        return _envs().get_environment(name, backend=backend)


def physics(name: BodyName, backend: Backend) -> Any:
    """Return the body's environment. Raises `MissingExtra` without brax, and `StructureError` where
    it isn't of the size that this project knows.
    """
    env = brax_environment(name, backend)
    found = int(env.observation_size), int(env.action_size)
    if found != SIZES[name]:
        raise StructureError(
            f"brax's {name} has {found[0]} observations and {found[1]} actions, and not "
            f"{SIZES[name][0]} and {SIZES[name][1]}",
            where="worlds.bodies.brax_bodies",
            hint="use the version of brax that ontogeny[brax] asks for",
        )
    return env


def body_of(name: str, n_observed: int, n_actions: int, read: Callable[[], Any]) -> Body:
    """Return the body of an environment with brax's interface, whose state's metrics have an
    `x_velocity`. `read()` returns the environment.
    """

    def reset(key: Key[Array, ""]) -> Any:
        return read().reset(key)

    def step(state: Any, action: Float[Array, " action"]) -> Any:
        return read().step(state, action)

    return Body(
        name,
        n_observed,
        n_actions,
        reset,
        step,
        lambda state: state.obs,
        lambda state: state.metrics["x_velocity"],
    )


def _envs() -> Any:
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()):  # it prints what it misses
            warnings.simplefilter("ignore")  # what brax pulls in is deprecated in part
            return importlib.import_module("brax.envs")
    except ImportError as error:
        raise MissingExtra(
            f"this body needs brax ({error})",
            where="worlds.bodies.brax_bodies",
            hint="pip install 'ontogeny[brax]'",
        ) from error
