"""An actor-critic as a learner: act in a few environments side by side, then improve the policy and
the value.

One step of the learner is one rollout (`rollout`) and the updates that it pays for (`updates`), on
one of two losses (`losses`): IMPALA's V-trace or PPO's clipped surrogate. Actions are sampled; the
score is what the sampling policy earned.

Sources: Espeholt et al. 2018 (IMPALA, arXiv 1802.01561); Schulman et al. 2017 (PPO, arXiv
1707.06347).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics
from ontogeny.learners.agents import plugged
from ontogeny.learners.agents.config import HYPERS, ActorCriticConfig, settings
from ontogeny.learners.agents.network import Policies, PolicyNetwork, Student, policy_network
from ontogeny.learners.agents.rollout import Trajectory, repeated, rollout, trajectory_axes
from ontogeny.learners.agents.terms import Term, active, check_terms
from ontogeny.learners.agents.updates import Lived, improve
from ontogeny.ops.adam import clipped_adam
from ontogeny.ops.moments import Moments, merge, moments_of, no_moments, standardise
from ontogeny.worlds.episodes import Episodes, no_episodes, recent_length, recent_return, record
from ontogeny.worlds.fitting import check_observation
from ontogeny.worlds.multi_task import optimistic, task_of
from ontogeny.worlds.world import World

CLIPS = {
    "none": lambda reward: reward,
    "unit": lambda reward: jnp.clip(reward, -1, 1),
    "optimistic": optimistic,
}


class AgentState(NamedTuple):
    """All that an actor-critic carries from step to step. An heir takes it whole: weights, Adam's
    moments, and where its environments stand."""

    network: PyTree[Array]
    optimiser: optax.OptState
    moments: Moments | None  # of the observations, when they are standardised
    worlds: PyTree[Array]  # leading axis: environment
    observation: Float[Array, "env *shape"]
    episodes: Episodes  # of each task a row, where there are several
    memory: PyTree[Array] = ()  # leading axis: environment; see `plugged.actors`
    terms: tuple[PyTree[Array], ...] = ()  # of each term, leading axis: environment
    behind: PyTree[Array] = ()  # the networks of the last `lag` steps, the oldest first


def actor_critic(
    world: World,
    config: ActorCriticConfig | None = None,
    terms: Sequence[Term] = (),
    policy: Callable[[World, ActorCriticConfig], Policies] | None = None,
) -> Learner[AgentState]:
    """Return the learner. Its hypers are a dict with any of "learning_rate", "entropy_cost",
    "discount", "lambda" and "clip", and of those that the terms bring; the config and the terms
    give the others. `policy` is what acts in place of the config's network, such as `og.mix` gives.

    The score is the mean return of the recent episodes, and before any has finished that of the
    running ones; of several tasks, the mean of theirs. Raises `ConfigError` when the torso does not
    fit the world, and for a hyper of another name; when it is traced, `StructureError` for a world
    that gives other than it says.

    >>> from ontogeny.learners.agents.config import ActorCriticConfig
    >>> from ontogeny.worlds.solved.bandits import bernoulli_bandit
    >>> world = bernoulli_bandit([(1, 1), (1, 1)], horizon=10).world  # two arms
    >>> learner = og.actor_critic(world, ActorCriticConfig(hidden=(8,), environments=4))
    >>> key, hypers = jax.random.key(0), {"learning_rate": jnp.float32(1e-3)}
    >>> state = jax.eval_shape(learner.init, key, hypers)
    >>> state.observation.shape
    (4, 3)
    """
    c = config or ActorCriticConfig()
    policies = _one(policy_network(world, c)) if policy is None else policy(world, c)
    terms = (*policies.terms, *active(terms))
    check_terms(terms, HYPERS)
    acts_in = policies.world or world

    def init(key: Array, hypers: Hypers) -> AgentState:
        network, _ = policies.at(settings(c, terms, hypers), ())
        network_key, world_key = jax.random.split(key)
        arrays = network.init(network_key)
        worlds, observation = jax.vmap(world.reset)(jax.random.split(world_key, c.environments))
        check_observation(world, observation.shape[1:], "reset")
        return AgentState(
            network=arrays,
            optimiser=clipped_adam(c.max_gradient_norm).init(arrays),
            moments=no_moments(world.observation_shape) if c.normalise_observations else None,
            worlds=worlds,
            observation=observation,
            episodes=_no_episodes(world, c),
            memory=repeated(plugged.begun(terms, network.begin(arrays)), c.environments),
            terms=plugged.states(terms, key, partial(network.begin, arrays), c.environments),
            behind=repeated(arrays, c.lag) if c.lag else (),
        )

    def step(key: Array, state: AgentState, hypers: Hypers) -> tuple[AgentState, Metrics]:
        network, h = policies.at(settings(c, terms, hypers), state.terms)
        acting = jax.tree.map(lambda leaf: leaf[0], state.behind) if c.lag else state.network

        def see(observation: Array) -> Array:
            return (
                standardise(state.moments, observation)
                if state.moments is not None
                else observation
            )

        student = Student(
            lambda: network.begin(acting),
            lambda seen, memory: network.step(acting, see(seen), memory),
        )
        acted = plugged.acting(terms, student, h)

        def act(key: Array, world_state: Any, observation: Array, memory: Any) -> Any:
            begin = plugged.begun(terms, student.begin())
            return rollout(acts_in, acted, c.unroll, key, world_state, observation, memory, begin)

        worlds, observation, memory, trajectory = jax.vmap(
            act, out_axes=(0, 0, 0, trajectory_axes())
        )(
            jax.random.split(key, c.environments),
            state.worlds,
            state.observation,
            state.memory,
        )
        trajectory = plugged.seen_by_student(terms, student, trajectory)
        rewards = CLIPS[c.clip_rewards](trajectory.reward)
        noted, rewards, notes = plugged.noted(terms, state.terms, trajectory, rewards, h)
        noted, watched = plugged.watched(terms, noted, student, key, c.environments, h)
        moments = state.moments
        if moments is not None:
            seen = trajectory.observation.reshape(-1, *world.observation_shape)
            moments = merge(moments, moments_of(seen))
        episodes = _record(world, state.episodes, trajectory)
        trajectory = trajectory._replace(
            observation=see(trajectory.observation),
            last=see(trajectory.last),
            cut=see(trajectory.cut),
            decision=trajectory.decision._replace(policy=()),
            last_policy=(),
            cut_policy=(),
        )
        lived = Lived(trajectory, rewards, notes)
        arrays, adam, metrics = improve(c, network, terms, state.network, state.optimiser, lived, h)
        metrics |= _told(world, episodes) | watched
        behind = state.behind
        if c.lag:
            behind = jax.tree.map(
                lambda old, new: jnp.concatenate([old[1:], new[None]]), behind, state.network
            )
        return AgentState(
            arrays, adam, moments, worlds, observation, episodes, memory, noted, behind
        ), metrics

    def score(key: Array, state: AgentState, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        if policies.score is not None:
            return policies.score(state.terms)
        if not world.tasks:
            return recent_return(state.episodes)
        return jnp.mean(jax.vmap(recent_return)(state.episodes))

    return Learner(init, step, score)


def _one(network: PolicyNetwork) -> Policies:
    return Policies((), lambda hypers, states: (network, dict(hypers)))


def _no_episodes(world: World, config: ActorCriticConfig) -> Episodes:
    one = no_episodes(config.environments, config.window)
    return repeated(one, len(world.tasks)) if world.tasks else one


def _record(world: World, episodes: Episodes, trajectory: Trajectory) -> Episodes:
    """Return the record after a rollout; of several tasks, each one's own episodes."""
    done = trajectory.terminated | trajectory.truncated
    if not world.tasks:
        return record(episodes, trajectory.reward, done)
    n_tasks = len(world.tasks)
    told = jax.vmap(jax.vmap(lambda seen: task_of(seen, n_tasks)))(trajectory.observation)

    def of_task(episodes: Episodes, mine: Array) -> Episodes:
        return record(episodes, trajectory.reward, done, mine > 0.5)

    return jax.vmap(of_task, in_axes=(0, 2))(episodes, told)


def _told(world: World, episodes: Episodes) -> Metrics:
    if not world.tasks:
        return {
            "episode_return": recent_return(episodes),
            "episode_length": recent_length(episodes),
        }
    each = {
        "episode_return": jax.vmap(recent_return)(episodes),
        "episode_length": jax.vmap(recent_length)(episodes),
    }
    return {name: jnp.mean(values) for name, values in each.items()} | {
        f"{name}/{task}": values[index]
        for name, values in each.items()
        for index, task in enumerate(world.tasks)
    }
