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
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, UInt8

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.core.product import Film
from ontogeny.learners.agents.actor_critic import AgentState
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import network_of
from ontogeny.ops.moments import Moments, no_moments, standardise
from ontogeny.worlds.gymnax_worlds import gymnax_world
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

    def __call__(self, key: Key[Array, ""], observation: Float[Array, "*shape"]) -> Int[Array, ""]:
        """Return an action drawn from the policy."""
        return jax.random.categorical(key, self.logits(observation))

    def greedy(self, observation: Float[Array, "*shape"]) -> Int[Array, ""]:
        """Return the likeliest action."""
        return jnp.argmax(self.logits(observation))

    def logits(self, observation: Float[Array, "*shape"]) -> Float[Array, " action"]:
        """Return the unnormalised log-probabilities of the actions."""
        return self._outputs(observation)[0]

    def value(self, observation: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Return the discounted return that is expected from here."""
        return self._outputs(observation)[1]

    def _outputs(self, observation: Array) -> tuple[Array, Array]:
        parted = network_of(self.world.observation_shape, self.world.n_actions, self.config)
        if self.moments is not None:
            observation = standardise(self.moments, observation)
        return parted.whole(self.network)(observation)

    def save(self, folder: Path) -> None:
        """Write the policy as an archive. Raises `StoreError` when it can't be written."""
        about = {
            "kind": self.kind,
            "world": self.world.name,
            "config": dataclasses.asdict(self.config),
        }
        write_archive(Path(folder), (self.network, self.moments), about)

    def play(
        self, seed: int = 0, steps: int = 500, episodes: int = 1, greedy: bool = False
    ) -> Film:
        """Play some episodes, at most `steps` long, and return a film of the one in the middle.

        All are played in one compiled program, and the filmed one is played again, drawn. Raises
        `ConfigError` when the world can't be drawn.
        """
        if self.world.render is None:
            raise ConfigError(
                f"the world {self.world.name!r} can't be drawn",
                where="Policy.play",
                hint="give the world a render function: state -> uint8 [height, width, 3]",
            )
        keys = jax.random.split(jax.random.key(seed), episodes)
        blind = jax.jit(jax.vmap(partial(self._episode, steps, greedy, False)))
        returns = np.asarray(blind(keys).reward).sum(axis=1)
        middle = int(np.argsort(returns, kind="stable")[(episodes - 1) // 2])
        seen = jax.device_get(jax.jit(partial(self._episode, steps, greedy, True))(keys[middle]))
        length = int(seen.alive.sum())
        return Film(seen.frames[:length], seen.reward[:length], bool(seen.ended), returns.tolist())

    def _episode(self, steps: int, greedy: bool, draw: bool, key: Array) -> _Episode:
        reset_key, play_key = jax.random.split(key)
        state, observation = self.world.reset(reset_key)

        def one(carry: tuple[Any, Array, Array], key: Array) -> tuple[Any, Any]:
            state, observation, alive = carry
            policy_key, world_key = jax.random.split(key)
            action = self.greedy(observation) if greedy else self(policy_key, observation)
            frame = self.world.render(state) if draw and self.world.render else None
            state, came = self.world.step(world_key, state, action)
            still = alive & ~(came.terminated | came.truncated)
            return (state, came.observation, still), (came.reward * alive, alive, frame)

        begin = state, observation, jnp.array(True)
        (_, _, still), lived = jax.lax.scan(one, begin, jax.random.split(play_key, steps))
        return _Episode(*lived, ended=~still)


class _Episode(NamedTuple):
    """One episode, and after its end nothing: rewards of zero, and frames that don't count."""

    reward: Float[Array, "*batch time"]
    alive: Bool[Array, "*batch time"]
    frames: UInt8[Array, "*batch time height width 3"] | None
    ended: Bool[Array, "*batch"]


def load_policy(folder: Path, world: World | None = None) -> Policy:
    """Return the policy that `Policy.save` wrote. `world` is needed only where it isn't one of
    gymnax's.

    Raises `StoreError` when the folder holds something else or is damaged, or its world can't be
    found by name; `StructureError` when the arrays don't fit the config.
    """
    folder = Path(folder)
    about = read_about(folder, Policy.kind)
    config = from_json(ActorCriticConfig, about["config"])
    if world is None:
        try:
            world = gymnax_world(about["world"])
        except ConfigError as error:
            raise StoreError(
                f"it acts in {about['world']!r}, which is no world of gymnax's",
                where=str(folder),
                hint="give it its world: learners.agents.policy.load_policy(folder, world)",
            ) from error
    network = network_of(world.observation_shape, world.n_actions, config)
    moments = no_moments(world.observation_shape) if config.normalise_observations else None
    like = jax.eval_shape(lambda: (network.init(jax.random.key(0)), moments))
    return Policy(world, config, *jax.tree.map(jnp.asarray, read_archive(folder, like)))
