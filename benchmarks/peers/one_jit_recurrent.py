"""A whole trainer of one PPO agent with memory as one jitted function.

`one_jit` with a GRU between torso and heads: its memory is reset where an episode begins, kept from
rollout to rollout, and read anew along each trajectory from what it was when the rollout began.
Minibatches are shuffled environments with all their steps. Written for this benchmark from the same
papers, in PureJaxRL's style: what can be is computed for all steps at once, and flax's cell is
scanned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from gymnax.wrappers.purerl import LogWrapper

from benchmarks.peers.one_jit import (
    Transition,
    adam,
    advantages,
    heads,
    log_probability,
    surrogate,
    torso,
)
from ontogeny.learners.agents.config import ActorCriticConfig


class Core(nn.Module):
    """One step of the GRU, which forgets all where an episode begins."""

    @nn.compact
    def __call__(self, memory: Any, now: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return memory and features [env, unit], given features and beginnings [env]."""
        x, begins = now
        memory = jnp.where(begins[:, None], 0.0, memory)
        return nn.GRUCell(memory.shape[-1])(memory, x)


class RecurrentActorCritic(nn.Module):
    """The network of our agent: a torso, a GRU, and on it a policy and a value."""

    n_actions: int
    config: ActorCriticConfig

    @nn.compact
    def __call__(self, memory: Any, seen: Any, begins: Any) -> tuple[Any, tuple[Any, Any]]:
        """Return the memory [env, unit] after observations [time, env, ...], and their logits and
        values.
        """
        x = torso(self.config, seen.reshape(-1, *seen.shape[2:])).reshape(*begins.shape, -1)
        along = nn.scan(Core, variable_broadcast="params", split_rngs={"params": False})
        memory, x = along()(memory, (x, begins))
        return memory, heads(self.n_actions, x)


def trainer(
    world: str, config: ActorCriticConfig, updates: int
) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    """Return `begin` and `train` as `one_jit.trainer` does."""
    c = config
    env, params = gymnax.make(world)
    env = LogWrapper(env)
    network = RecurrentActorCritic(env.action_space(params).n, c)
    descent = adam(c)

    def apply(weights: Any, memory: Any, seen: Any, begins: Any) -> tuple[Any, Any, Any]:
        """Return memory, logits and values at one time."""
        memory, said = network.apply(weights, memory, seen[None], begins[None])
        logits, value = said
        return memory, logits[0], value[0]

    def act(carry: Any, key: Any) -> tuple[Any, Any]:
        weights, worlds, seen, begins, memory = carry
        draw_key, step_key = jax.random.split(key)
        memory, logits, value = apply(weights, memory, seen, begins)
        action = jax.random.categorical(draw_key, logits)
        chosen = log_probability(logits, action)
        after, worlds, reward, terminated, truncated, info = jax.vmap(
            env.step, in_axes=(0, 0, 0, None)
        )(jax.random.split(step_key, c.environments), worlds, action, params)
        done = terminated | truncated
        over, earned = info["returned_episode"], info["returned_episode_returns"]
        lived = Transition(seen, action, chosen, value, reward, done, over, earned)
        return (weights, worlds, after.astype(jnp.float32), done, memory), (lived, begins)

    def loss(weights: Any, batch: Any) -> Any:
        memory, lived, begins, advantage, aim = batch
        _, said = network.apply(weights, memory[0], lived.observation, begins)
        return surrogate(c, said, lived, advantage, aim)

    def minibatch(carry: Any, batch: Any) -> tuple[Any, None]:
        weights, moments = carry
        gradient = jax.grad(loss)(weights, batch)
        change, moments = descent.update(gradient, moments)
        return (optax.apply_updates(weights, change), moments), None

    def update(carry: Any, key: Any) -> tuple[Any, Any]:
        weights, moments, *standing = carry
        act_key, shuffle_key = jax.random.split(key)
        begun = standing[-1][None]  # the memories, with an axis for time
        (_, *standing), (lived, begins) = jax.lax.scan(
            act, (weights, *standing), jax.random.split(act_key, c.unroll)
        )
        _, seen, over, memory = standing
        last = apply(weights, memory, seen, over)[2]
        advantage = advantages(c, lived, last)
        whole = begun, lived, begins, advantage, advantage + lived.value

        def epoch(carry: Any, key: Any) -> tuple[Any, None]:
            order = jax.random.permutation(key, c.environments)

            def parted(x: Any) -> Any:
                x = x[:, order].reshape(x.shape[0], c.minibatches, -1, *x.shape[2:])
                return jnp.swapaxes(x, 0, 1)

            return jax.lax.scan(minibatch, carry, jax.tree.map(parted, whole))[0], None

        keys = jax.random.split(shuffle_key, c.epochs)
        weights, moments = jax.lax.scan(epoch, (weights, moments), keys)[0]
        return (weights, moments, *standing), (lived.earned, lived.over)

    def begin(key: Any) -> Any:
        network_key, world_key = jax.random.split(key)
        keys = jax.random.split(world_key, c.environments)
        seen, worlds = jax.vmap(env.reset, in_axes=(0, None))(keys, params)
        seen = seen.astype(jnp.float32)
        begins = jnp.zeros(c.environments, bool)
        memory = jnp.zeros((c.environments, c.core_units))
        weights = network.init(network_key, memory, seen[None], begins[None])
        return weights, descent.init(weights), worlds, seen, begins, memory

    def train(key: Any, begun: Any) -> Any:
        return jax.lax.scan(update, begun, jax.random.split(key, updates))

    return begin, train
