"""What a person wants of a grown actor-critic: a policy to act with, to film, and to keep in a
file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree, UInt8

from ontogeny.agents.actor_critic import AgentState
from ontogeny.agents.network import network_of
from ontogeny.agents.settings import ActorCriticConfig
from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.ops.moments import Moments, no_moments, standardise
from ontogeny.worlds.gymnax_worlds import gymnax_world
from ontogeny.worlds.world import World

KIND = "actor-critic policy"


class Film(NamedTuple):
    """One episode, cut where it ended, on the host."""

    frames: UInt8[np.ndarray, "time height width 3"]
    reward: Float[np.ndarray, " time"]
    ended: bool  # False: the steps ran out first

    @property
    def total(self) -> float:
        """The episode's return so far."""
        return float(self.reward.sum())


@dataclass(frozen=True)
class Policy:
    """A policy in its world. Call it with a key and an observation for a sampled action."""

    world: World
    config: ActorCriticConfig
    network: PyTree[Array]
    moments: Moments | None = None

    @classmethod
    def of(cls, world: World, config: ActorCriticConfig, state: AgentState) -> Policy:
        """Return the policy of one member's state."""
        return cls(world, config, state.network, state.moments)

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
        apply = network_of(self.world.observation_shape, self.world.n_actions, self.config).apply
        if self.moments is not None:
            observation = standardise(self.moments, observation)
        return apply(self.network, observation)

    def save(self, folder: Path) -> None:
        """Write the policy as an archive. Raises `StoreError` when it can't be written."""
        about = {"kind": KIND, "world": self.world.name, "config": dataclasses.asdict(self.config)}
        write_archive(Path(folder), (self.network, self.moments), about)

    def play(self, key: Key[Array, ""], steps: int, greedy: bool = False) -> Film:
        """Return a film of one episode, at most `steps` long. One compiled program plays and draws
        it.

        Raises `ConfigError` when the world can't be drawn.
        """
        if self.world.render is None:
            raise ConfigError(
                f"the world {self.world.name!r} can't be drawn",
                where="Policy.play",
                hint="give the world a render function: state -> uint8 [height, width, 3]",
            )
        arrays = (self.network, self.moments)
        frames, reward, alive = jax.device_get(_episode(self, arrays, steps, greedy, key))
        length = int(alive.sum())
        return Film(frames[:length], reward[:length], ended=length < steps or not bool(alive[-1]))


def load_policy(folder: Path, world: World | None = None) -> Policy:
    """Return the policy that `Policy.save` wrote. `world` is needed only where it isn't one of
    gymnax's.

    Raises `StoreError` when the folder holds something else or is damaged, `StructureError` when
    the arrays don't fit the config.
    """
    folder = Path(folder)
    about = read_about(folder)
    if about.get("kind") != KIND:
        raise StoreError(
            f"it holds {about.get('kind', 'something else')!r}, not {KIND!r}",
            where=str(folder),
            hint="load it with the function of its own module",
        )
    fields: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in about["config"].items()
    }
    config = ActorCriticConfig(**fields)
    world = world or gymnax_world(about["world"])
    network = network_of(world.observation_shape, world.n_actions, config)
    moments = no_moments(world.observation_shape) if config.normalise_observations else None
    like = jax.eval_shape(lambda: (network.init(jax.random.key(0)), moments))
    return Policy(world, config, *read_archive(folder, like))


def _episode(policy: Policy, arrays: Any, steps: int, greedy: bool, key: Key[Array, ""]) -> Any:
    """Return frames, rewards, and whether the episode was still on at each step."""

    @partial(jax.jit)
    def run(arrays: Any, key: Array) -> Any:
        player = dataclasses.replace(policy, network=arrays[0], moments=arrays[1])
        reset_key, play_key = jax.random.split(key)
        state, observation = policy.world.reset(reset_key)

        def one(carry: tuple[Any, Array, Array], key: Array) -> tuple[Any, Any]:
            state, observation, alive = carry
            policy_key, world_key = jax.random.split(key)
            action = player.greedy(observation) if greedy else player(policy_key, observation)
            frame = policy.world.render(state) if policy.world.render else None
            state, came = policy.world.step(world_key, state, action)
            still = alive & ~(came.terminated | came.truncated)
            return (state, came.observation, still), (frame, came.reward, alive)

        begin = state, observation, jnp.array(True)
        return jax.lax.scan(one, begin, jax.random.split(play_key, steps))[1]

    return run(arrays, key)
