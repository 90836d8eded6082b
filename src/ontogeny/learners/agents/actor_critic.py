"""An actor-critic as a learner: act in a few environments side by side, then improve the policy and
the value.

One step of the learner is one rollout (`rollout`) and the updates that it pays for (`updates`), on
one of two losses (`losses`): IMPALA's V-trace or PPO's clipped surrogate. Actions are sampled; the
score is what the sampling policy earned.

Sources: Espeholt et al. 2018 (IMPALA, arXiv 1802.01561); Schulman et al. 2017 (PPO, arXiv
1707.06347).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import optax
from jaxtyping import Array, Float, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics
from ontogeny.learners.agents.config import ActorCriticConfig, settings
from ontogeny.learners.agents.network import network_of
from ontogeny.learners.agents.rollout import Decision, Trajectory, rollout, trajectory_axes
from ontogeny.learners.agents.updates import improve
from ontogeny.ops.adam import clipped_adam
from ontogeny.ops.distributions.categorical import log_probability
from ontogeny.ops.moments import Moments, merge, moments_of, no_moments, standardise
from ontogeny.worlds.episodes import Episodes, no_episodes, recent_length, recent_return, record
from ontogeny.worlds.world import World


class AgentState(NamedTuple):
    """All that an actor-critic carries from step to step. An heir takes it whole: weights, Adam's
    moments, and where its environments stand."""

    network: PyTree[Array]
    optimiser: optax.OptState
    moments: Moments | None  # of the observations, when they are standardised
    worlds: PyTree[Array]  # leading axis: environment
    observation: Float[Array, "env *shape"]
    episodes: Episodes


def actor_critic(world: World, config: ActorCriticConfig | None = None) -> Learner[AgentState]:
    """Return the learner. Its hypers are a dict with any of "learning_rate", "entropy_cost",
    "discount", "lambda" and "clip"; the config gives the others.

    The score is the mean return of the recent episodes, and before any has finished that of the
    running ones. Raises `ConfigError` when the torso does not fit the world, and for a hyper of
    another name.

    >>> from ontogeny.learners.agents.config import ActorCriticConfig
    >>> from ontogeny.worlds.bandits import bernoulli_bandit
    >>> world = bernoulli_bandit([(1, 1), (1, 1)], horizon=10).world  # two arms
    >>> learner = og.actor_critic(world, ActorCriticConfig(hidden=(8,), environments=4))
    >>> key, hypers = jax.random.key(0), {"learning_rate": jnp.float32(1e-3)}
    >>> state = jax.eval_shape(learner.init, key, hypers)
    >>> state.observation.shape
    (4, 3)
    """
    c = config or ActorCriticConfig()
    network = network_of(world.observation_shape, world.n_actions, c)

    def init(key: Array, hypers: Hypers) -> AgentState:
        settings(c, hypers)
        network_key, world_key = jax.random.split(key)
        arrays = network.init(network_key)
        worlds, observation = jax.vmap(world.reset)(jax.random.split(world_key, c.environments))
        return AgentState(
            network=arrays,
            optimiser=clipped_adam(c.max_gradient_norm).init(arrays),
            moments=no_moments(world.observation_shape) if c.normalise_observations else None,
            worlds=worlds,
            observation=observation,
            episodes=no_episodes(c.environments, c.window),
        )

    def step(key: Array, state: AgentState, hypers: Hypers) -> tuple[AgentState, Metrics]:
        h = settings(c, hypers)

        def see(observation: Array) -> Array:
            return (
                standardise(state.moments, observation)
                if state.moments is not None
                else observation
            )

        def policy(key: Array, observation: Array) -> Decision:
            logits, value = network.whole(state.network)(see(observation))
            action = jax.random.categorical(key, logits)
            return Decision(action, log_probability(logits, action), value)

        def act(key: Array, world_state: Any, observation: Array) -> tuple[Any, Array, Trajectory]:
            return rollout(world, policy, c.unroll, key, world_state, observation)

        worlds, observation, trajectory = jax.vmap(act, out_axes=(0, 0, trajectory_axes()))(
            jax.random.split(key, c.environments), state.worlds, state.observation
        )
        moments = state.moments
        if moments is not None:
            seen = trajectory.observation.reshape(-1, *world.observation_shape)
            moments = merge(moments, moments_of(seen))
        trajectory = trajectory._replace(
            observation=see(trajectory.observation),
            last=see(trajectory.last),
            cut=see(trajectory.cut),
        )
        arrays, adam, metrics = improve(c, network, state.network, state.optimiser, trajectory, h)
        done = trajectory.terminated | trajectory.truncated
        episodes = record(state.episodes, trajectory.reward, done)
        metrics |= {
            "episode_return": recent_return(episodes),
            "episode_length": recent_length(episodes),
        }
        return AgentState(arrays, adam, moments, worlds, observation, episodes), metrics

    def score(key: Array, state: AgentState, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return recent_return(state.episodes)

    return Learner(init, step, score)
