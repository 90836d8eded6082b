"""Episodes end to end: one begins where one ends, and the most recent returns are remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, Num

from ontogeny.core import trees
from ontogeny.worlds.fitting import check_step
from ontogeny.worlds.world import Step, World


class Episodes(NamedTuple):
    """The running episode of each environment, and a ring of the last that finished."""

    total: Float[Array, " env"]  # rewards so far
    length: Int[Array, " env"]  # steps so far
    returns: Float[Array, " window"]
    lengths: Float[Array, " window"]
    finished: Int[Array, ""]  # how many ever did


def autoreset(
    world: World,
) -> Callable[[Key[Array, ""], Any, Num[Array, "..."]], tuple[Any, Float[Array, "*shape"], Step]]:
    """Return a step function that begins a new episode where one ends.

    It returns the state and the observation to act on next, and the `Step`, whose observation is
    the one *before* any reset: what a truncated episode is bootstrapped from. It raises
    `StructureError`, when it is traced, for what is not a world's.
    """

    def step(key: Key[Array, ""], state: Any, action: Array) -> tuple[Any, Array, Step]:
        step_key, reset_key = jax.random.split(key)
        before = state
        state, came = world.step(step_key, before, action)
        check_step(world, before, state, came)
        begun = world.reset(reset_key)
        done = came.terminated | came.truncated
        state, observation = trees.where(done, begun, (state, came.observation))
        return state, observation, came

    return step


def no_episodes(n_environments: int, window: int) -> Episodes:
    """Return the record of environments that were just reset, with a ring of `window` returns."""
    nothing = jnp.zeros(n_environments)
    ring = jnp.zeros(window)
    return Episodes(nothing, nothing.astype(jnp.int32), ring, ring, jnp.int32(0))


def record(
    episodes: Episodes,
    reward: Float[Array, "time env"],
    done: Bool[Array, "time env"],
    counts: Bool[Array, "time env"] | None = None,
) -> Episodes:
    """Return the record after a rollout, episodes entered in the order in which they finished.

    Steps that don't count are another task's: they earn nothing, and their ends are not entered.
    """
    ends = done if counts is None else done & counts
    reward = reward if counts is None else jnp.where(counts, reward, 0.0)

    def one(running: tuple[Array, Array], now: tuple[Array, Array]) -> tuple[Any, Any]:
        total, length = running[0] + now[0], running[1] + 1
        return (jnp.where(now[1], 0.0, total), jnp.where(now[1], 0, length)), (total, length)

    running, (totals, lengths) = jax.lax.scan(
        one, (episodes.total, episodes.length), (reward, done)
    )
    window = episodes.returns.shape[0]
    over = ends.reshape(-1)
    place = jnp.cumsum(over) - 1  # time first, so this is the order of finishing
    n_over = jnp.sum(over)
    # Only the last `window` are written: two writes to one place would have no order.
    kept = over & (place >= n_over - window)
    slot = jnp.where(kept, (episodes.finished + place) % window, window)
    return Episodes(
        running[0],
        running[1],
        episodes.returns.at[slot].set(totals.reshape(-1), mode="drop"),
        episodes.lengths.at[slot].set(lengths.reshape(-1).astype(jnp.float32), mode="drop"),
        (episodes.finished + n_over).astype(jnp.int32),
    )


def recent_mean(
    episodes: Episodes, ring: Float[Array, " window"], running: Float[Array, " env"]
) -> Float[Array, ""]:
    """Return the mean over the ring's episodes; before any has finished, over the running ones so
    far.
    """
    n = jnp.minimum(episodes.finished, ring.shape[0])
    seen = jnp.arange(ring.shape[0]) < n
    return jnp.where(
        n > 0, jnp.sum(jnp.where(seen, ring, 0.0)) / jnp.maximum(n, 1), jnp.mean(running)
    )


def recent_return(episodes: Episodes) -> Float[Array, ""]:
    """Return the mean return of the recent episodes; see `recent_mean`."""
    return recent_mean(episodes, episodes.returns, episodes.total)


def recent_length(episodes: Episodes) -> Float[Array, ""]:
    """Return the mean length of the recent episodes in steps; see `recent_mean`."""
    return recent_mean(episodes, episodes.lengths, episodes.length.astype(jnp.float32))
