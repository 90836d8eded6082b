"""One environment under a policy for a fixed number of steps: what an agent learns from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key, Num

from ontogeny.core import trees
from ontogeny.worlds.episodes import autoreset
from ontogeny.worlds.world import World


class Decision(NamedTuple):
    """What a policy decided, and what it thought of it."""

    action: Num[Array, "..."]
    log_probability: Float[Array, ""]
    value: Float[Array, ""]
    policy: Any = ()  # its distribution, where a term reads it


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
    memory: Any = ()  # of the policy, before the first step
    last_memory: Any = ()  # before `last`
    cut_memory: Any = ()  # before each of `cut`
    last_policy: Any = ()  # what is said of `last`, where a term reads the policy
    cut_policy: Any = ()  # and of each of `cut`

    @property
    def begins(self) -> Bool[Array, " time"]:
        """Where an episode begins after the first step; at the first the memory is as it should
        be.
        """
        done = self.terminated | self.truncated
        return jnp.concatenate([jnp.zeros_like(done[:1]), done[:-1]])


def rollout(
    world: World,
    policy: Callable[[Key[Array, ""], Float[Array, "*shape"], Any], tuple[Decision, Any]],
    n_steps: int,
    key: Key[Array, ""],
    state: Any,
    observation: Float[Array, "*shape"],
    memory: Any,
    begin: Any,
) -> tuple[Any, Float[Array, "*shape"], Any, Trajectory]:
    """Return the state, the observation and the memory after `n_steps`, and the trajectory. A new
    episode begins where one ends, with the memory `begin`.

    The observation at a truncation is kept, and the memory before it, because its value is what the
    cut episode is bootstrapped from. Where the world names its limit, there is room for as many as
    can happen: one, where limits are long. Where it names none, there is room for one a step.
    """
    step = autoreset(world)
    room = -(-n_steps // world.time_limit) if world.time_limit else n_steps

    def one(carry: tuple[Any, Array, Any, Any, Array], key: Array) -> tuple[Any, Any]:
        state, observation, memory, cut, n_cut = carry
        policy_key, world_key = jax.random.split(key)
        decision, after = policy(policy_key, observation, memory)
        state, following, came = step(world_key, state, decision.action)
        here = came.truncated & (jnp.arange(room) == n_cut)
        cut = trees.where(here, repeated((came.observation, after), room), cut)
        kept = trees.where(came.terminated | came.truncated, begin, after)
        lived = observation, decision, came.reward, came.terminated, came.truncated
        return (state, following, kept, cut, n_cut + came.truncated), lived

    nothing = jnp.zeros(world.observation_shape), begin
    carry = state, observation, memory, repeated(nothing, room), jnp.int32(0)
    carry, lived = jax.lax.scan(one, carry, jax.random.split(key, n_steps))
    state, last, after, (cut, cut_memory), _ = carry
    trajectory = Trajectory._make((*lived, last, cut, memory, after, cut_memory, (), ()))
    return state, last, after, trajectory


def after(trajectory: Trajectory, n_steps: int) -> Trajectory:
    """Return the trajectory without its first steps. Its `memory` is no longer the one before the
    first.
    """
    if not n_steps:
        return trajectory
    observation, decision, reward, terminated, truncated = jax.tree.map(
        lambda leaf: leaf[n_steps:], tuple(trajectory[:5])
    )
    n_before = jnp.sum(trajectory.truncated[:n_steps])
    cut, cut_memory = jax.tree.map(
        lambda leaf: jnp.roll(leaf, -n_before, axis=0), (trajectory.cut, trajectory.cut_memory)
    )
    return trajectory._replace(
        observation=observation,
        decision=decision,
        reward=reward,
        terminated=terminated,
        truncated=truncated,
        cut=cut,
        cut_memory=cut_memory,
    )


def repeated(tree: Any, n: int) -> Any:
    """Return the tree with a leading axis along which it is the same `n` times."""
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (n, *leaf.shape)), tree)


def trajectory_axes() -> Any:
    """Return where the environment axis of each leaf is, in the trajectories of many: after time
    where there is time.

    Time first is how a scan makes them, and what makes [time, env] one plain batch of rows.
    """
    return Trajectory._make([1, Decision._make([1, 1, 1, 1]), 1, 1, 1, *[0] * 7])
