"""The network of an actor-critic: a torso, a core with memory or none, and two heads.

All who act ask the same of it, (observation, memory) -> (distribution, value, memory): the learner,
a teacher, a mixture, a film.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key, PyTree

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.heads import head_for
from ontogeny.nn.conv import ConvTorso
from ontogeny.nn.dense import Dense
from ontogeny.nn.impala import LargeImpalaTorso, SmallImpalaTorso
from ontogeny.nn.mlp import MLP
from ontogeny.nn.parting import part
from ontogeny.nn.plain_cores import DenseCore, SummedCore
from ontogeny.nn.recurrent import GRU, LSTM
from ontogeny.nn.tokens import TokenTorso
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.worlds.fitting import check_facts
from ontogeny.worlds.world import World

Core = GRU | LSTM | DenseCore | SummedCore
Torso = MLP | ConvTorso | SmallImpalaTorso | LargeImpalaTorso | TokenTorso


class Outputs(NamedTuple):
    """What is said of an observation."""

    distribution: Distribution
    value: Float[Array, ""]


class PolicyNetwork(NamedTuple):
    """How a policy is made and applied. `memory` is `()` where it has none."""

    init: Callable[[Key[Array, ""]], PyTree[Array]]
    begin: Callable[[PyTree[Array]], Any]
    """The memory before an episode's first observation."""
    step: Callable[[PyTree[Array], Float[Array, "*shape"], Any], tuple[Outputs, Any]]
    """Of an observation and the memory before it: what is said, and the memory after it."""
    along: Callable[
        [PyTree[Array], Float[Array, "time *shape"], Bool[Array, " time"], Any],
        tuple[Outputs, Any],
    ]
    """The same along a trajectory whose k-th observation begins an episode where `begins[k]`."""
    has_memory: bool


class Student(NamedTuple):
    """A network with its arrays, as it acts: what the terms see of it."""

    begin: Callable[[], Any]
    """The memory before an episode's first observation."""
    step: Callable[[Float[Array, "*shape"], Any], tuple[Outputs, Any]]
    """Of an observation as the world gives it, and the memory before it."""


class Policies(NamedTuple):
    """A policy that goes by hypers and by what its terms know, such as a mixture: what an
    actor-critic may have in place of one network.
    """

    terms: tuple[Any, ...]
    """The learner's first terms (`terms.Term`)."""
    at: Callable[[Mapping[str, Any], tuple[Any, ...]], tuple[PolicyNetwork, dict[str, Any]]]
    """Of the hypers and the states of all terms (nothing before there are any): the network as it
    is now, and the hypers that the terms see."""
    score: Callable[[tuple[Any, ...]], Float[Array, ""]] | None = None
    """Of the states of all terms: the score, where it is not that of who acts."""
    world: World | None = None
    """The world that takes actions as the policy draws them, where the learner's own does not."""


class ActorCriticNetwork(eqx.Module):
    """One observation in; the policy's numbers and a value out.

    The policy's head begins near zero, so that a new policy is near uniform. The last `n_tasks`
    channels of an observation say the task: they go by the torso.
    """

    torso: Torso
    core: Core | None
    policy: Dense
    value: Dense
    n_tasks: int = eqx.field(static=True)

    def __init__(self, world: World, config: ActorCriticConfig, *, key: Key[Array, ""]):
        torso_key, policy_key, value_key = jax.random.split(key, 3)
        self.n_tasks = len(world.tasks)
        *around, channels = world.observation_shape
        shape = (*around, channels - self.n_tasks)
        self.torso = _torso(shape, world.tokens, config, torso_key)
        n_features = self.torso.n_out + self.n_tasks
        self.core = None
        if config.core != "none":
            self.core = _core(n_features, config, jax.random.fold_in(key, 1))
            n_features = self.core.n_out
        n_numbers = head_for(world.action_space).n_in
        self.policy = Dense(n_features, n_numbers, 0.01, key=policy_key)
        self.value = Dense(n_features, 1, 1.0, key=value_key)

    def features(self, observation: Float[Array, "*shape"]) -> Float[Array, " feature"]:
        """Return what the core reads, or without one the heads."""
        if not self.n_tasks:
            return self.torso(observation)
        seen, task = observation[..., : -self.n_tasks], observation[..., -self.n_tasks :]
        return jnp.append(self.torso(seen), task.reshape(-1, self.n_tasks)[0])

    def heads(
        self, features: Float[Array, " feature"]
    ) -> tuple[Float[Array, " number"], Float[Array, ""]]:
        """Return the policy's numbers and the value."""
        return self.policy(features), self.value(features)[0]


def policy_network(world: World, config: ActorCriticConfig) -> PolicyNetwork:
    """Return the network for a world. Raises `ConfigError` when the torso doesn't fit it, and for
    a world that can't be.
    """
    check_facts(world)
    parted = part(lambda key: ActorCriticNetwork(world, config, key=key))
    head = head_for(world.action_space)

    def said(network: ActorCriticNetwork, features: Array) -> Outputs:
        numbers, value = network.heads(features)
        return Outputs(head.distribution(numbers), value)

    def begin(arrays: PyTree[Array]) -> Any:
        core = parted.whole(arrays).core
        return () if core is None else core.begin()

    def step(arrays: PyTree[Array], observation: Array, memory: Any) -> tuple[Outputs, Any]:
        network = parted.whole(arrays)
        features = network.features(observation)
        if network.core is not None:
            memory, features = network.core.step(memory, features)
        return said(network, features), memory

    def along(
        arrays: PyTree[Array], observations: Array, begins: Array, memory: Any
    ) -> tuple[Outputs, Any]:
        network = parted.whole(arrays)
        features = jax.vmap(network.features)(observations)
        core = network.core
        if core is not None:
            begun = core.begin()

            def read(memory: Any, now: tuple[Array, Array]) -> tuple[Any, Array]:
                return core.step(trees.where(now[0], begun, memory), now[1])

            memory, features = jax.lax.scan(read, memory, (begins, features))
        return jax.vmap(lambda x: said(network, x))(features), memory

    return PolicyNetwork(parted.init, begin, step, along, config.remembers)


def _core(n_in: int, config: ActorCriticConfig, key: Key[Array, ""]) -> Core:
    kind, _, around = config.core.partition("+")
    if kind == "dense":
        return DenseCore(n_in, config.core_units, key=key)
    remembers = {"gru": GRU, "lstm": LSTM}[kind]
    if around:
        return SummedCore(remembers, n_in, config.core_units, key=key)
    return remembers(n_in, config.core_units, key=key)


def _torso(
    shape: tuple[int, ...],
    tokens: tuple[int, ...] | None,
    config: ActorCriticConfig,
    key: Key[Array, ""],
) -> Torso:
    if config.torso == "mlp":
        return MLP(math.prod(shape), config.hidden, config.activation, key=key)
    if config.torso == "conv":
        return ConvTorso(shape, config.filters, config.hidden, key=key)
    if config.torso == "tokens":
        if tokens is None:
            raise ConfigError(
                f"an observation of shape {shape} is no grid of tokens",
                where="agent.torso",
                hint='the world says no `tokens`: use torso="mlp" or torso="conv"',
            )
        return TokenTorso(shape, tokens, config.filters, config.hidden, key=key)
    kind = SmallImpalaTorso if config.torso == "impala-small" else LargeImpalaTorso
    return kind(shape, config.filters, config.hidden[-1], key=key)
