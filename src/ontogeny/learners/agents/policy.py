"""What a person wants of a grown actor-critic: a policy to act with, to film, and to keep in a
file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key, PyTree, UInt8

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.core.product import Exported, Film
from ontogeny.learners.agents.actor_critic import AgentState
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.exporting import write_onnx
from ontogeny.learners.agents.network import Outputs, PolicyNetwork, policy_network
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.ops.distributions.factored import FactoredCategorical
from ontogeny.ops.moments import Moments, no_moments, standardise
from ontogeny.worlds.by_name import world_named
from ontogeny.worlds.world import World


@dataclass(frozen=True)
class Policy:
    """A policy in its world. Call it with a key and an observation for a sampled action."""

    kind: ClassVar[str] = "actor-critic policy"

    world: World
    config: ActorCriticConfig
    network: PyTree[Array]
    moments: Moments | None = None

    @classmethod
    def of(cls, world: World, config: ActorCriticConfig, state: AgentState) -> Policy:
        """Return the policy of one member's state."""
        network, moments = jax.tree.map(jnp.asarray, (state.network, state.moments))
        return cls(world, config, network, moments)

    def __call__(self, key: Key[Array, ""], observation: Float[Array, "*shape"]) -> Array:
        """Return an action drawn from the policy. Raises `ConfigError` for a policy with memory."""
        return self._distribution(observation).sample(key)

    def greedy(self, observation: Float[Array, "*shape"]) -> Array:
        """Return the likeliest action. Raises `ConfigError` for a policy with memory."""
        return self._distribution(observation).mode()

    def logits(self, observation: Float[Array, "*shape"]) -> Float[Array, " action"]:
        """Return the unnormalised log-probabilities of the actions. Raises `ConfigError` for a
        policy with memory, and for one whose actions are not a few.
        """
        distribution = self._distribution(observation)
        if not isinstance(distribution, Categorical | FactoredCategorical):
            raise ConfigError(
                f"{self.world.name}'s actions are numbers, which have no logits",
                where="Policy.logits",
                hint="ask its distribution: policy.step(observation, policy.begin())",
            )
        return distribution.logits

    def value(self, observation: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Return the discounted return that is expected from here. Raises `ConfigError` for a
        policy with memory.
        """
        return self._outputs(observation).value

    def begin(self) -> PyTree[Array]:
        """Return the memory before an episode's first observation: `()` without one."""
        return self._net.begin(self.network)

    def step(
        self, observation: Float[Array, "*shape"], memory: PyTree[Array]
    ) -> tuple[Distribution, Float[Array, ""], PyTree[Array]]:
        """Return the distribution of the actions, the value, and the memory after the
        observation.
        """
        if self.moments is not None:
            observation = standardise(self.moments, observation)
        outputs, memory = self._net.step(self.network, observation, memory)
        return outputs.distribution, outputs.value, memory

    def along(
        self,
        observations: Float[Array, "time *shape"],
        begins: Bool[Array, " time"],
        memory: PyTree[Array],
    ) -> tuple[Distribution, Float[Array, " time"], PyTree[Array]]:
        """Return the same along a trajectory whose k-th observation begins an episode where
        `begins[k]`.
        """
        if self.moments is not None:
            observations = standardise(self.moments, observations)
        outputs, memory = self._net.along(self.network, observations, begins, memory)
        return outputs.distribution, outputs.value, memory

    @property
    def _net(self) -> PolicyNetwork:
        return policy_network(self.world, self.config)

    def _outputs(self, observation: Array) -> Outputs:
        if self._net.has_memory:
            raise ConfigError(
                "this policy has a memory, and what it says depends on it",
                where="Policy",
                hint="distribution, value, memory = policy.step(observation, memory), from "
                "memory = policy.begin()",
            )
        distribution, value, _ = self.step(observation, ())
        return Outputs(distribution, value)

    def _distribution(self, observation: Array) -> Distribution:
        return self._outputs(observation).distribution

    def save(self, folder: Path) -> None:
        """Write the policy as an archive. Raises `StoreError` when it can't be written."""
        about = {
            "kind": self.kind,
            "world": self.world.name,
            "config": dataclasses.asdict(self.config),
        }
        write_archive(Path(folder), (self.network, self.moments), about)

    def to_onnx(self, folder: Path) -> Exported:
        """Write the policy as an ONNX model that was held against it: `exporting.write_onnx`."""
        return write_onnx(self, Path(folder))

    def play(
        self, seed: int = 0, steps: int = 500, episodes: int = 1, greedy: bool = False
    ) -> Film:
        """Play some episodes, at most `steps` long, and return a film of the one in the middle.

        Of several, all are played in one compiled program first, and the filmed one again, drawn.
        Raises `ConfigError` when the world can't be drawn.
        """
        if self.world.render is None:
            raise ConfigError(
                f"the world {self.world.name!r} can't be drawn",
                where="Policy.play",
                hint="give the world a render function: state -> uint8 [height, width, 3]",
            )
        keys = jax.random.split(jax.random.key(seed), episodes)
        middle, returns = 0, np.zeros(0)
        if episodes > 1:
            blind = jax.jit(jax.vmap(partial(self._episode, steps, greedy, False)))
            returns = np.asarray(blind(keys).reward).sum(axis=1)
            middle = int(np.argsort(returns, kind="stable")[(episodes - 1) // 2])
        seen = jax.device_get(jax.jit(partial(self._episode, steps, greedy, True))(keys[middle]))
        if episodes == 1:
            returns = seen.reward.sum(keepdims=True)
        length = int(seen.alive.sum())
        return Film(seen.frames[:length], seen.reward[:length], bool(seen.ended), returns.tolist())

    def _episode(self, steps: int, greedy: bool, draw: bool, key: Array) -> _Episode:
        reset_key, play_key = jax.random.split(key)
        state, observation = self.world.reset(reset_key)

        def one(carry: tuple[Any, Array, Any, Array], key: Array) -> tuple[Any, Any]:
            state, observation, memory, alive = carry
            policy_key, world_key = jax.random.split(key)
            distribution, _, memory = self.step(observation, memory)
            action = distribution.mode() if greedy else distribution.sample(policy_key)
            frame = self.world.render(state) if draw and self.world.render else None
            state, came = self.world.step(world_key, state, action)
            still = alive & ~(came.terminated | came.truncated)
            after = state, came.observation, memory, still
            return after, (came.reward * alive, alive, frame)

        begin = state, observation, self.begin(), jnp.array(True)
        (*_, still), lived = jax.lax.scan(one, begin, jax.random.split(play_key, steps))
        return _Episode(*lived, ended=~still)


class _Episode(NamedTuple):
    """One episode, and after its end nothing: rewards of zero, and frames that don't count."""

    reward: Float[Array, "*batch time"]
    alive: Bool[Array, "*batch time"]
    frames: UInt8[Array, "*batch time height width 3"] | None
    ended: Bool[Array, "*batch"]


def load_policy(folder: Path, world: World | None = None) -> Policy:
    """Return the policy that `Policy.save` wrote. `world` is needed only where no name asks for
    it (`worlds.by_name`).

    Raises `StoreError` when the folder holds something else or is damaged, or its world can't be
    found by name; `StructureError` when the arrays don't fit the config.
    """
    folder = Path(folder)
    about = read_about(folder, Policy.kind)
    config = from_json(ActorCriticConfig, about["config"])
    world = world or world_of(about, folder, "learners.agents.policy.load_policy")
    network = policy_network(world, config)
    moments = no_moments(world.observation_shape) if config.normalise_observations else None
    like = jax.eval_shape(lambda: (network.init(jax.random.key(0)), moments))
    return Policy(world, config, *jax.tree.map(jnp.asarray, read_archive(folder, like)))


def world_of(about: dict[str, Any], folder: Path, loader: str) -> World:
    """Return the world that a stored policy acts in. Raises `StoreError` where no name asks for it,
    which says that the loader takes one.
    """
    try:
        return world_named(about["world"])
    except ConfigError as error:
        raise StoreError(
            f"it acts in {about['world']!r}, which is no world that a name asks for",
            where=str(folder),
            hint=f"give it its world: {loader}(folder, world)",
        ) from error
