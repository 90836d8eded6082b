"""A world drawn anew from a known prior at every reset, with what is exactly known about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array, Float, Int

from ontogeny.ops.bayes.machines import Machine
from ontogeny.worlds.world import World


class Solved(NamedTuple):
    """The world, what its state hides, and its exact limits.

    An observation is the last action (one-hot; zeros at first) and the last reward, after the place
    where there is one: a history of observations is all that Bayes conditions on. An episode has
    `world.time_limit` steps and ends by truncation.
    """

    world: World
    task: Callable[[Any], Float[Array, " feature"]]
    """Of a state: what the prior drew. For a privileged critic or an expert, not for the agent."""
    rewards: Callable[[Any], Float[Array, " action"]]
    """Of a state: each action's mean reward under the task, in the place where the agent is."""
    limits: Callable[[], dict[str, float]]
    """The expected return of an episode under "optimal", "oracle", "greedy", "thompson", "random".

    It is computed when asked for: by dynamic programming on the host, in float64.
    """
    statistics: Callable[[Any], Int[Array, " stat"]] | None = None
    """Of a state: the machine's sufficient statistics, to `locate` it. None without a machine."""
    machine: Callable[[], Machine] | None = None
    """The belief machine. None where beliefs are not finitely many."""
    thompson: Callable[[Machine], Any] | None = None
    """The exact Thompson policy on that machine, [state action] or [time state action]."""
