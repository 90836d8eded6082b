"""Brax's half-cheetah and ant as bodies that move along a line.

Only its physics is used: what the body feels and how fast it moves. Its own reward and its own end
of an episode are not, so an ant that has fallen lies there until the episode is over.

Source: Freeman et al. 2021, Brax (arXiv 2106.13281).
"""

from __future__ import annotations

import importlib
import warnings
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from typing import Any, Literal

from jaxtyping import Array, Float, Key

from ontogeny.core.errors import MissingExtra
from ontogeny.worlds.goals import Body

Backend = Literal["spring", "positional", "generalized"]


@cache  # brax takes seconds to read a body
def brax_body(name: Literal["halfcheetah", "ant"], backend: Backend = "spring") -> Body:
    """Return the body. Raises `MissingExtra` without brax.

    The backends are brax's own engines. On a CPU core, 256 half-cheetahs abreast made 17,500 steps
    a second with `spring`, which compiled in half the time, and 7,000 with `positional`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it is no longer developed
        return body_of(name, _envs().get_environment(name, backend=backend))


def body_of(name: str, env: Any) -> Body:
    """Return the body of an environment with brax's interface, whose state's metrics have an
    `x_velocity`.
    """

    def reset(key: Key[Array, ""]) -> Any:
        return env.reset(key)

    def step(state: Any, action: Float[Array, " action"]) -> Any:
        return env.step(state, action)

    return Body(
        name,
        int(env.observation_size),
        int(env.action_size),
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
            where="worlds.brax_bodies",
            hint="pip install 'ontogeny[brax]'",
        ) from error
