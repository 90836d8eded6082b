"""What a world is: pure functions that an agent acts through, and what is static about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, Key, UInt8


class Step(NamedTuple):
    """What came of one action."""

    observation: Float[Array, "*shape"]
    reward: Float[Array, ""]
    terminated: Bool[Array, ""]  # the episode is over: nothing follows
    truncated: Bool[Array, ""]  # a time limit cut it: something would have followed


class World(NamedTuple):
    """`reset(key)` returns a state and an observation; `step(key, state, action)` a state and a
    `Step`.

    One environment, no batch: the caller vmaps. A state is a pytree of arrays of fixed shapes and
    dtypes. A world does not reset itself: after a step that terminated or truncated, the caller
    resets (`worlds.episodes`).
    """

    name: str
    observation_shape: tuple[int, ...]
    n_actions: int
    reset: Callable[[Key[Array, ""]], tuple[Any, Float[Array, "*shape"]]]
    step: Callable[[Key[Array, ""], Any, Int[Array, ""]], tuple[Any, Step]]
    # No episode is cut before this many steps. None: it may be at any, which costs agents the room
    # to keep an observation a step.
    time_limit: int | None = None
    render: Callable[[Any], UInt8[Array, "height width 3"]] | None = None
