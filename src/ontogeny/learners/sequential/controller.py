"""A controller with memory, trained by rewards over tasks that are drawn from a prior.

    maximise  E_task E sum_t r_t

Its optimum is the Bayes-adaptive policy: it explores exactly as far as the prior says that it pays,
V(h) = max_a sum_o P(o | h, a) (r + V(h a o)). Only the memory carries what an episode has taught.

It is an actor-critic on whole episodes. An advantage is the sum of the *expected* rewards to come
less the critic's value. The critic is used in training alone, so it may know the task, which the
agent may not: V(h_t, task, t) takes the luck of the draw out of the gradient and adds no bias, for
the action depends on h_t alone. It learns sooner so; a plain critic gets there as well. What it
can't do without is the entropy that falls slowly to nothing: with little from the start the policy
settles on what pays at once, and never sees what exploring would earn.

Source: Ortega et al. 2019, "Meta-learning of Sequential Strategies" (arXiv 1905.03030), the third
of its three templates; Mnih et al. 2016 (arXiv 1602.01783); a critic that knows more than the
actor: Pinto et al. 2017, "Asymmetric Actor Critic" (arXiv 1710.06542).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.sequential.acting import Episode, agent_in, length_of, play
from ontogeny.learners.sequential.config import ControlConfig
from ontogeny.nn.dense import Dense
from ontogeny.nn.mlp import MLP
from ontogeny.nn.parting import part
from ontogeny.ops.adam import clipped_adam, decayed, descend
from ontogeny.ops.distributions.categorical import entropy, log_probability
from ontogeny.worlds.solved.solved_world import Solved


class Critic(eqx.Module):
    """What is still to come, of features, the task (a plain critic sees none) and the time.

    The value is the remaining steps times what the network says, so that it begins near its scale.
    """

    hidden: MLP
    head: Dense

    def __init__(self, n_in: int, n_units: int, *, key: Key[Array, ""]):
        hidden_key, head_key = jax.random.split(key)
        self.hidden = MLP(n_in, (n_units,), key=hidden_key)
        self.head = Dense(n_units, 1, 0.01, key=head_key)

    def __call__(
        self, features: Float[Array, " unit"], remaining: Float[Array, ""], length: int
    ) -> Float[Array, ""]:
        seen = jnp.append(features, remaining / length)
        return remaining * self.head(self.hidden(seen))[0]


class ControllerState(NamedTuple):
    """The network and its critic, Adam's moments, and how many updates there were."""

    network: PyTree[Array]
    critic: PyTree[Array]
    optimiser: optax.OptState
    updates: Int[Array, ""]


def controller(solved: Solved, training: ControlConfig | None = None) -> Learner[ControllerState]:
    """Return the learner. Its hypers are a dict that may have "learning_rate", which decays, and
    "entropy_cost", which falls to zero.

    The score is the expected return of the likeliest actions on fresh tasks. Raises `ConfigError`
    when the world's episodes have no known length.
    """
    c = training or ControlConfig()
    agent, length = agent_in(c.core, solved), length_of(solved)
    n_task = _task_size(solved) if c.critic == "privileged" else 0
    n_units = jax.eval_shape(
        lambda key: agent.step(
            arrays := agent.init(key),
            agent.begin(arrays),
            jnp.zeros(solved.world.observation_shape),
        )[2],
        jax.random.key(0),
    ).shape[0]
    judge = part(lambda key: Critic(n_units + n_task + 1, c.critic_units, key=key))
    direction = clipped_adam(c.max_gradient_norm)
    remaining = length - jnp.arange(length, dtype=jnp.float32)

    def values(critic: PyTree[Array], episode: Episode) -> Float[Array, " time"]:
        # The critic reads the memory and leaves it alone: the memory serves the policy.
        known = jax.lax.stop_gradient(episode.features)
        if n_task:
            task = jnp.broadcast_to(episode.task, (length, n_task))
            known = jnp.concatenate([known, task], axis=1)
        whole = judge.whole(critic)
        return jax.vmap(lambda x, left: whole(x, left, length))(known, remaining)

    def losses(parts: tuple[Any, Any], key: Array, cost: Array) -> tuple[Array, Metrics]:
        network, critic = parts

        def one(key: Array) -> tuple[Array, ...]:
            episode = play(agent, network, solved, key)
            earned = episode.expected if c.rewards == "expected" else episode.paid
            error = reward_to_go(earned) - values(critic, episode)
            advantage = jax.lax.stop_gradient(error)
            said = jax.vmap(log_probability)(episode.logits, episode.action)
            spread = jax.vmap(entropy)(episode.logits)
            policy_loss = -jnp.mean(advantage * said + cost * spread)
            return policy_loss, jnp.mean(error**2), jnp.sum(earned), jnp.mean(spread)

        policy, value, earned, spread = jax.tree.map(
            jnp.mean, jax.vmap(one)(jax.random.split(key, c.batch))
        )
        metrics = {"return": earned, "entropy": spread, "value_loss": value}
        return policy + c.value_cost * value, metrics

    def init(key: Array, hypers: Hypers) -> ControllerState:
        del hypers
        network_key, critic_key = jax.random.split(key)
        network, critic = agent.init(network_key), judge.init(critic_key)
        return ControllerState(network, critic, direction.init((network, critic)), jnp.int32(0))

    def step(key: Array, state: ControllerState, hypers: Hypers) -> tuple[ControllerState, Metrics]:
        h = settled(hypers, learning_rate=c.learning_rate, entropy_cost=c.entropy_cost)
        done = state.updates / c.updates
        cost = h["entropy_cost"] * jnp.maximum(0, 1 - done / c.annealed)
        parts = state.network, state.critic
        (_, metrics), gradient = jax.value_and_grad(losses, has_aux=True)(parts, key, cost)
        rate = decayed(h["learning_rate"], c.final, done)
        (network, critic), moments = descend(direction, rate, parts, state.optimiser, gradient)
        metrics |= {"gradient_norm": optax.tree.norm(gradient)}
        return ControllerState(network, critic, moments, state.updates + 1), metrics

    def score(key: Array, state: ControllerState, hypers: Hypers) -> Float[Array, ""]:
        del hypers

        def one(key: Array) -> Array:
            return jnp.sum(play(agent, state.network, solved, key, actor="greedy").expected)

        return jnp.mean(jax.vmap(one)(jax.random.split(key, c.test_batch)))

    return Learner(init, step, score)


def reward_to_go(rewards: Float[Array, " time"]) -> Float[Array, " time"]:
    """Return sum_{k >= t} r_k at every step t."""
    return jnp.cumsum(rewards[::-1])[::-1]


def _task_size(solved: Solved) -> int:
    state = jax.eval_shape(lambda key: solved.world.reset(key)[0], jax.random.key(0))
    return jax.eval_shape(solved.task, state).shape[0]
