"""A whole trainer of one PPO agent as one jitted function.

The style is PureJaxRL's (Lu et al. 2022, "Discovered Policy Optimisation", arXiv 2210.05639):
environments under `vmap`, a `scan` over updates, inside it a scan over time and one over epochs of
shuffled minibatches; gymnax's own resetting `step` and its episode log. The algorithm is PPO's
(Schulman et al. 2017, arXiv 1707.06347) with generalised advantages (Schulman et al. 2016, arXiv
1506.02438). Written for this benchmark from the papers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnax
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.linen.initializers import orthogonal, zeros_init
from gymnax.wrappers.purerl import LogWrapper

from ontogeny.learners.agents.config import ActorCriticConfig


class ActorCritic(nn.Module):
    """The network of the recipe: a torso, and on it a policy and a value."""

    n_actions: int
    config: ActorCriticConfig

    @nn.compact
    def __call__(self, x: Any) -> tuple[Any, Any]:
        """Return logits and values of a batch of observations [batch, ...]."""
        return heads(self.n_actions, torso(self.config, x))


def torso(c: ActorCriticConfig, x: Any) -> Any:
    """Return the features of observations [batch, ...]; called by a module, whose layers these
    are.
    """
    gain = orthogonal(math.sqrt(2))
    activation = nn.tanh if c.activation == "tanh" and c.torso == "mlp" else nn.relu
    if c.torso == "conv":
        x = nn.relu(nn.Conv(c.filters, (3, 3), padding="VALID", kernel_init=gain)(x))
    x = x.reshape(x.shape[0], -1)
    for width in c.hidden:
        x = activation(nn.Dense(width, kernel_init=gain, bias_init=zeros_init())(x))
    return x


def heads(n_actions: int, x: Any) -> tuple[Any, Any]:
    """Return logits and values of features [..., feature]; called by a module."""
    logits = nn.Dense(n_actions, kernel_init=orthogonal(0.01))(x)
    value = nn.Dense(1, kernel_init=orthogonal(1.0))(x)
    return logits, value[..., 0]


class Transition(NamedTuple):
    """One step of every environment."""

    observation: Any
    action: Any
    log_probability: Any
    value: Any
    reward: Any
    done: Any
    over: Any  # an episode ended here, with
    earned: Any  # this return


def trainer(
    world: str, config: ActorCriticConfig, updates: int
) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    """Return `begin(key)`, a fresh agent in its environments, and `train(key, begun)`, which trains
    it for `updates` rollouts and returns it, the returns and whether an episode ended with them
    [update, time, env].
    """
    c = config
    env, params = gymnax.make(world)
    env = LogWrapper(env)
    network = ActorCritic(env.action_space(params).n, c)
    descent = adam(c)
    size = c.environments * c.unroll

    def act(carry: Any, key: Any) -> tuple[Any, Transition]:
        weights, worlds, seen = carry
        draw_key, step_key = jax.random.split(key)
        logits, value = network.apply(weights, seen)
        action = jax.random.categorical(draw_key, logits)
        chosen = log_probability(logits, action)
        after, worlds, reward, terminated, truncated, info = jax.vmap(
            env.step, in_axes=(0, 0, 0, None)
        )(jax.random.split(step_key, c.environments), worlds, action, params)
        lived = Transition(
            seen,
            action,
            chosen,
            value,
            reward,
            terminated | truncated,
            info["returned_episode"],
            info["returned_episode_returns"],
        )
        return (weights, worlds, after.astype(jnp.float32)), lived

    def loss(weights: Any, batch: Any) -> Any:
        lived, advantage, target = batch
        said = network.apply(weights, lived.observation)
        return surrogate(c, said, lived, advantage, target)

    def minibatch(carry: Any, batch: Any) -> tuple[Any, None]:
        weights, moments = carry
        gradient = jax.grad(loss)(weights, batch)
        change, moments = descent.update(gradient, moments)
        return (optax.apply_updates(weights, change), moments), None

    def update(carry: Any, key: Any) -> tuple[Any, Any]:
        weights, moments, worlds, seen = carry
        act_key, shuffle_key = jax.random.split(key)
        (_, worlds, seen), lived = jax.lax.scan(
            act, (weights, worlds, seen), jax.random.split(act_key, c.unroll)
        )
        _, last = network.apply(weights, seen)
        advantage = advantages(c, lived, last)
        whole = jax.tree.map(
            lambda x: x.reshape(size, *x.shape[2:]), (lived, advantage, advantage + lived.value)
        )

        def epoch(carry: Any, key: Any) -> tuple[Any, None]:
            order = jax.random.permutation(key, size)
            parts = jax.tree.map(lambda x: x[order].reshape(c.minibatches, -1, *x.shape[1:]), whole)
            return jax.lax.scan(minibatch, carry, parts)[0], None

        keys = jax.random.split(shuffle_key, c.epochs)
        weights, moments = jax.lax.scan(epoch, (weights, moments), keys)[0]
        return (weights, moments, worlds, seen), (lived.earned, lived.over)

    def begin(key: Any) -> Any:
        network_key, world_key = jax.random.split(key)
        keys = jax.random.split(world_key, c.environments)
        seen, worlds = jax.vmap(env.reset, in_axes=(0, None))(keys, params)
        seen = seen.astype(jnp.float32)
        weights = network.init(network_key, seen)
        return weights, descent.init(weights), worlds, seen

    def train(key: Any, begun: Any) -> Any:
        return jax.lax.scan(update, begun, jax.random.split(key, updates))

    return begin, train


def adam(c: ActorCriticConfig) -> optax.GradientTransformation:
    """Return Adam on clipped gradients."""
    return optax.chain(
        optax.clip_by_global_norm(c.max_gradient_norm), optax.adam(c.learning_rate, eps=1e-5)
    )


def advantages(c: ActorCriticConfig, lived: Transition, last: Any) -> Any:
    """Return generalised advantages [time, env], given the values [env] that follow the end."""

    def back(carry: Any, now: Transition) -> tuple[Any, Any]:
        later, next_value = carry
        goes_on = 1.0 - now.done
        error = now.reward + c.discount * next_value * goes_on - now.value
        advantage = error + c.discount * c.lambda_ * goes_on * later
        return (advantage, now.value), advantage

    begin = jnp.zeros_like(last), last
    return jax.lax.scan(back, begin, lived, reverse=True)[1]


def surrogate(c: ActorCriticConfig, said: Any, lived: Transition, advantage: Any, aim: Any) -> Any:
    """Return PPO's loss of a minibatch, where the network now says these logits and values."""
    logits, value = said
    ratio = jnp.exp(log_probability(logits, lived.action) - lived.log_probability)
    if c.normalise_advantages:
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    bounded = jnp.clip(ratio, 1 - c.clip, 1 + c.clip)
    policy_loss = -jnp.minimum(ratio * advantage, bounded * advantage).mean()
    log_pi = jax.nn.log_softmax(logits)
    entropy = -jnp.sum(jnp.exp(log_pi) * log_pi, axis=-1).mean()
    value_loss = 0.5 * jnp.square(value - aim).mean()
    return policy_loss + c.value_cost * value_loss - c.entropy_cost * entropy


def log_probability(logits: Any, action: Any) -> Any:
    """Return the log-probabilities [...] of actions [...] under logits [..., action]."""
    return jnp.take_along_axis(jax.nn.log_softmax(logits), action[..., None], axis=-1)[..., 0]
