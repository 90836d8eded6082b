"""One environment under a policy for a fixed number of steps: what an agent learns from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from ontogeny.worlds.episodes import autoreset
from ontogeny.worlds.world import World


class Decision(NamedTuple):
    """What a policy decided, and what it thought of it."""

    action: Int[Array, ""]
    log_probability: Float[Array, ""]
    value: Float[Array, ""]


class Trajectory(NamedTuple):
    """What one environment gave. Episodes follow each other; `terminated` and `truncated` say where
    they end.
    """

    observation: Float[Array, "time *shape"]
    decision: Decision
    reward: Float[Array, " time"]
    terminated: Bool[Array, " time"]
    truncated: Bool[Array, " time"]
    last: Float[Array, "*shape"]  # the observation after the last step
    cut: Float[Array, "cut *shape"]  # the observations that time limits cut off, in order


def rollout(
    world: World,
    policy: Callable[[Key[Array, ""], Float[Array, "*shape"]], Decision],
    n_steps: int,
    key: Key[Array, ""],
    state: Any,
    observation: Float[Array, "*shape"],
) -> tuple[Any, Float[Array, "*shape"], Trajectory]:
    """Return the state and observation after `n_steps`, and the trajectory. A new episode begins
    where one ends.

    The observation at a truncation is kept because its value is what the cut episode is
    bootstrapped from. Where the world names its limit, there is room for as many as can happen:
    one, where limits are long. Where it names none, there is room for one a step.
    """
    step = autoreset(world)
    room = -(-n_steps // world.time_limit) if world.time_limit else n_steps

    def one(carry: tuple[Any, Array, Array, Array], key: Array) -> tuple[Any, Any]:
        state, observation, cut, n_cut = carry
        policy_key, world_key = jax.random.split(key)
        decision = policy(policy_key, observation)
        state, following, came = step(world_key, state, decision.action)
        here = came.truncated & (jnp.arange(room) == n_cut)
        cut = jnp.where(here.reshape(room, *[1] * observation.ndim), came.observation, cut)
        lived = observation, decision, came.reward, came.terminated, came.truncated
        return (state, following, cut, n_cut + came.truncated), lived

    cut = jnp.zeros((room, *world.observation_shape))
    begin = state, observation, cut, jnp.int32(0)
    (state, last, cut, _), lived = jax.lax.scan(one, begin, jax.random.split(key, n_steps))
    observations, decisions, reward, terminated, truncated = lived
    return (
        state,
        last,
        Trajectory(observations, decisions, reward, terminated, truncated, last, cut),
    )


def trajectory_axes() -> Any:
    """Return where the environment axis of each leaf is, in the trajectories of many: after time
    where there is time.

    Time first is how a scan makes them, and what makes [time, env] one plain batch of rows.
    """
    return Trajectory._make([1, Decision._make([1, 1, 1]), 1, 1, 1, 0, 0])
