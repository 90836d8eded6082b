"""An agent with memory in a world of known prior: one episode as one scan.

At every step the agent reads the last observation (its own action and what came of it), says logits
of the actions, and one is taken. Logits and features may be differentiated along the whole episode:
a loss of them is a loss of the same scan, nothing is played twice.

What an agent did itself must be an intervention, do(a): it was drawn from what the agent knew, so
it says nothing of the task. An expert's action does, for the expert knew the task. So whoever
learns from an expert must act itself and only be told what the expert would have done; `actor`
says who acts, and "expert" is the mistake, kept as a control (self-delusion).

Source: Ortega et al. 2019, "Meta-learning of Sequential Strategies" (arXiv 1905.03030).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.core.errors import ConfigError
from ontogeny.nn.cores import CoreConfig, SequenceNetwork, sequence_network
from ontogeny.worlds.solved.solved_world import Solved

Actor: TypeAlias = Literal["sampled", "greedy", "expert"]
Expert: TypeAlias = Callable[[Any, Int[Array, ""]], Float[Array, " action"]]
"""Of a state and the time: the probabilities with which one who knows the task acts."""


class Episode(NamedTuple):
    """What was known, done and due at every step; `task` is one for all of them."""

    logits: Float[Array, "time action"]
    features: Float[Array, "time unit"]
    action: Int[Array, " time"]
    paid: Float[Array, " time"]
    """The reward that came of it."""
    rewards: Float[Array, "time action"]
    """Each action's expected reward under the task, in the place where the agent was."""
    expert: Float[Array, "time action"]
    """The expert's probabilities."""
    statistics: Int[Array, "time stat"] | None
    """What the machine of the world counts, before the action. None without a machine."""
    task: Float[Array, " feature"]

    @property
    def expected(self) -> Float[Array, " time"]:
        """The expected reward of what was done: less noisy than the reward that was paid."""
        return jnp.take_along_axis(self.rewards, self.action[:, None], axis=1)[:, 0]


def agent_in(config: CoreConfig, solved: Solved) -> SequenceNetwork:
    """Return the agent for a world. Raises `ConfigError` when its episodes have no known length, or
    when they are longer than what a Transformer looks back on.
    """
    world = solved.world
    steps = length_of(solved)
    if config.kind == "transformer" and steps > config.context:
        raise ConfigError(
            f"episodes have {steps} steps and the Transformer looks back on {config.context}",
            where="core.context",
            hint=f"use {steps} or more",
        )
    (n_in,) = world.observation_shape
    return sequence_network(config, n_in, world.n_actions)


def length_of(solved: Solved) -> int:
    """Return how many steps an episode has. Raises `ConfigError` when the world doesn't say."""
    steps = solved.world.time_limit
    if steps is None:
        raise ConfigError(
            f"the world {solved.world.name!r} has no time limit",
            where="learners.sequential.acting",
            hint="give it one: an episode is one scan",
        )
    return steps


def best_arm(solved: Solved) -> Expert:
    """Return the expert that takes the action of the highest expected reward, the first of them
    where several are: it is optimal where actions lead nowhere, as in a bandit.
    """

    def expert(state: Any, time: Array) -> Array:
        del time
        return jax.nn.one_hot(jnp.argmax(solved.rewards(state)), solved.world.n_actions)

    return expert


def play(
    agent: SequenceNetwork,
    arrays: PyTree[Array],
    solved: Solved,
    key: Key[Array, ""],
    *,
    actor: Actor = "sampled",
    expert: Expert | None = None,
) -> Episode:
    """Return one episode of a task drawn from the prior.

    `actor`: actions are "sampled" from the logits, the "greedy" ones, or drawn from the "expert",
    which the agent then only watches. Without an expert it is `best_arm`.
    """
    advise = expert or best_arm(solved)
    reset_key, play_key = jax.random.split(key)
    state, observation = solved.world.reset(reset_key)
    steps = length_of(solved)

    def one(carry: tuple[Any, Any, Array], now: tuple[Array, Array]) -> tuple[Any, Any]:
        memory, state, observation = carry
        time, key = now
        action_key, world_key = jax.random.split(key)
        memory, logits, features = agent.step(arrays, memory, observation)
        advice = advise(state, time)
        if actor == "greedy":
            action = jnp.argmax(logits)
        else:
            likely = logits if actor == "sampled" else jnp.log(advice)
            action = jax.random.categorical(action_key, jax.lax.stop_gradient(likely))
        statistics = None if solved.statistics is None else solved.statistics(state)
        known = solved.rewards(state), advice, statistics
        state, came = solved.world.step(world_key, state, action)
        return (memory, state, came.observation), (logits, features, action, came.reward, *known)

    times = jnp.arange(steps), jax.random.split(play_key, steps)
    begin = agent.begin(arrays), state, observation
    _, seen = jax.lax.scan(one, begin, times)
    return Episode(*seen, task=solved.task(state))
