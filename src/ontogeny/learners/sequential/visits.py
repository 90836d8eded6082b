"""What an agent with memory does in every state of belief: its value without the noise of play.

A policy of the history has the same value as the policy of beliefs that it is on average, in each
state weighted by how it comes there: what follows depends on the state and the action alone. So
the agent plays some episodes, its action probabilities are averaged by state and time, and that
table is evaluated exactly on the belief machine. Tosses of the coins and draws of the task, which
make most of a return's variance, are then averaged out by the machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.core.errors import ConfigError
from ontogeny.learners.sequential.acting import Actor, agent_in, play
from ontogeny.nn.cores import CoreConfig
from ontogeny.ops.bayes.machines import Machine, locate
from ontogeny.worlds.solved.solved_world import Solved

ABREAST = 2048  # episodes that are played side by side


class Visits(NamedTuple):
    """Some episodes as they met the machine."""

    state: Int[np.ndarray, "episode time"]
    probability: Float[np.ndarray, "episode time action"]
    """The agent's; of the greedy one, 1 for its action."""


class Played(NamedTuple):
    """The expected rewards of some episodes, on the average, and those of the best actions."""

    earned: Float[Array, " time"]
    best: Float[Array, " time"]


def visits(
    solved: Solved,
    core: CoreConfig,
    networks: PyTree[Array],
    key: Key[Array, ""],
    count: int,
    actor: Actor = "sampled",
) -> list[Visits]:
    """Return, for each of the networks (leading axis), at least `count` episodes that it played.

    Raises `ConfigError` for a world without a machine.
    """
    if solved.machine is None or solved.statistics is None:
        raise ConfigError(
            f"the world {solved.world.name!r} has no belief machine",
            where="visits",
            hint="use `played`, whose answer is an average over episodes",
        )
    machine, agent = solved.machine(), agent_in(core, solved)

    def one(network: PyTree[Array], key: Array) -> tuple[Any, Array]:
        episode = play(agent, network, solved, key, actor=actor)
        said = jax.nn.softmax(episode.logits)
        if actor == "greedy":
            said = jax.nn.one_hot(episode.action, solved.world.n_actions)
        return episode.statistics, said

    found = jax.device_get(_each(one, networks, key, count))
    return [_located(machine, *part) for part in zip(*found, strict=True)]


def belief_policy(machine: Machine, found: Visits) -> Float[np.ndarray, "time state action"]:
    """Return the average action probabilities in each state at each time; even ones where the
    visits never came.
    """
    n_states, n_actions, _ = machine.probability.shape
    length = machine.reached.shape[0]
    place = (np.arange(length) * n_states + found.state).ravel()
    size = length * n_states
    n_visits = np.bincount(place, minlength=size)[:, None]
    sums = np.stack(
        [
            np.bincount(place, weights=found.probability[..., action].ravel(), minlength=size)
            for action in range(n_actions)
        ],
        axis=1,
    )
    table = np.where(n_visits > 0, sums / np.maximum(n_visits, 1), 1 / n_actions)
    return table.reshape(length, n_states, n_actions)


def played(
    solved: Solved,
    core: CoreConfig,
    networks: PyTree[Array],
    key: Key[Array, ""],
    count: int,
    actor: Actor = "sampled",
) -> Played:
    """Return the averages of each of the networks over at least `count` episodes, [network time].

    In a bandit the best arm's average is known exactly, so `earned - best` plus that is the less
    noisy of two unbiased answers.
    """
    agent = agent_in(core, solved)

    def one(network: PyTree[Array], key: Array) -> Played:
        episode = play(agent, network, solved, key, actor=actor)
        return Played(episode.expected, jnp.max(episode.rewards, axis=1))

    return jax.tree.map(lambda x: jnp.mean(x, axis=1), _each(one, networks, key, count))


def _each(one: Any, networks: PyTree[Array], key: Array, count: int) -> Any:
    """Return one(network, key) for all networks and keys, [network episode …]."""
    rows = -(-count // ABREAST)
    keys = jax.random.split(key, (rows, ABREAST))

    def all_keys(network: PyTree[Array]) -> Any:
        lots = jax.lax.map(lambda row: jax.vmap(lambda k: one(network, k))(row), keys)
        return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), lots)

    return jax.jit(lambda networks: jax.lax.map(all_keys, networks))(networks)


def _located(machine: Machine, statistics: np.ndarray, probability: np.ndarray) -> Visits:
    n_episodes, length, n_stats = statistics.shape
    # One number a row: to find the few distinct rows among millions is then a sort of integers.
    rows = statistics.reshape(-1, n_stats).astype(np.int64)
    radix = rows.max(axis=0) + 1
    code = rows @ np.concatenate([[1], np.cumprod(radix[:-1])])
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    states = locate(machine, rows[first])
    return Visits(states[which].reshape(n_episodes, length), np.asarray(probability, np.float64))
