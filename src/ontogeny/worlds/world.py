"""What a world is: pure functions that an agent acts through, and what is static about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Key, Num, UInt8

from ontogeny.worlds.spaces import ActionSpace, Discrete

NEVER = 2**31 - 1


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
    n_actions: int  # how many there are, or with `actions` the length of one
    reset: Callable[[Key[Array, ""]], tuple[Any, Float[Array, "*shape"]]]
    step: Callable[[Key[Array, ""], Any, Num[Array, "..."]], tuple[Any, Step]]
    # No episode is cut before this many steps (`NEVER`: none is). None: it may be at any, which
    # costs agents the room to keep an observation a step.
    time_limit: int | None = None
    render: Callable[[Any], UInt8[Array, "height width 3"]] | None = None
    actions: ActionSpace | None = None  # None: one of `n_actions`
    tokens: tuple[int, ...] | None = None  # a symbolic grid's: how many values each number has
    tasks: tuple[str, ...] = ()  # one-hot in the observation's last channels, named

    @property
    def action_space(self) -> ActionSpace:
        """What `step` takes."""
        return Discrete(self.n_actions) if self.actions is None else self.actions
