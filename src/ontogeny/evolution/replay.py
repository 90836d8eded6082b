"""Replay: every member lives the rounds of one given schedule of hypers. Nobody inherits.

It asks what a schedule that a population found is worth without the selection that found it. A
schedule of one round is a fixed setting. The first members must be spawned with the schedule's
first hypers (`first_of`).

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.4, which asks it of the final hypers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.population import Move, Population, own_slots
from ontogeny.evolution.strategy import Strategy


def replay(schedule: Hypers) -> Strategy[Int[Array, " pop"]]:
    """Return the strategy. `schedule` has a leading "time" axis of rounds; its last hypers stay
    when it ends.

    It remembers how many moves each slot has made, which is its place in the schedule. The dead
    begin anew, at the same place. Raises `ConfigError` when the schedule is empty or its leaves
    differ in length.
    """
    return _along(schedule, lambda place: trees.take(schedule, place))


def replay_each(schedules: Hypers) -> Strategy[Int[Array, " pop"]]:
    """Return the same with a schedule for every slot: the leading axes are "time pop"."""

    def due(place: Int[Array, " pop"]) -> Hypers:
        slots = jnp.arange(place.shape[0])
        return jax.tree.map(lambda x: x[place, slots], schedules)

    return _along(schedules, due)


def first_of(schedule: Hypers, size: int) -> Hypers:
    """Return the schedule's first hypers for `size` members ("pop" axis)."""
    return jax.tree.map(lambda x: jnp.broadcast_to(x[0], (size, *x.shape[1:])), schedule)


def _along(
    schedule: Hypers, due: Callable[[Int[Array, " pop"]], Hypers]
) -> Strategy[Int[Array, " pop"]]:
    """Return the strategy that gives every slot what is `due` at its place."""
    lengths = {int(x.shape[0]) if x.ndim else 0 for x in jax.tree.leaves(schedule)}
    if len(lengths) > 1 or 0 in lengths:
        raise ConfigError(
            f"a schedule of {sorted(lengths)} rounds",
            where="replay",
            hint="give every hyper the same number of rounds, one or more",
        )
    last = max(lengths, default=1) - 1

    def init(key: Array, population: Population[Any]) -> Array:
        del key
        return jnp.zeros(population.size, jnp.int32)

    def move(
        key: Array, state: Array, population: Population[Any], ready: Array
    ) -> tuple[Array, Move]:
        del key
        place = state + ready
        dead = ready & ~jnp.isfinite(population.score)
        hypers = trees.where(ready, due(jnp.minimum(place, last)), population.hypers)
        return place, Move(own_slots(population.size), inherit=~dead, hypers=hypers)

    return Strategy(init, move)
