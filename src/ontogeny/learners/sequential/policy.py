"""What a person wants of a grown agent with memory: a policy that adapts as it goes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import DataError
from ontogeny.nn.cores import CoreConfig, SequenceNetwork, sequence_network


@dataclass(frozen=True)
class MemoryPolicy:
    """A policy of the history. Call it with a key, its memory and an observation for the memory
    after it and a sampled action; `begin()` is the memory of nothing.
    """

    kind: ClassVar[str] = "memory policy"

    core: CoreConfig
    network: PyTree[Array]
    n_in: int
    n_actions: int

    @property
    def agent(self) -> SequenceNetwork:
        """How the arrays are applied."""
        return sequence_network(self.core, self.n_in, self.n_actions)

    def begin(self) -> PyTree[Array]:
        """Return the memory before the first observation: forget the last episode with it."""
        return self.agent.begin(self.network)

    def __call__(
        self, key: Key[Array, ""], memory: PyTree[Array], observation: Float[Array, " n_in"]
    ) -> tuple[PyTree[Array], Int[Array, ""]]:
        """Return the memory after the observation, and an action drawn from the policy."""
        memory, logits = self.step(memory, observation)
        return memory, jax.random.categorical(key, logits)

    def step(
        self, memory: PyTree[Array], observation: Float[Array, " n_in"]
    ) -> tuple[PyTree[Array], Float[Array, " action"]]:
        """Return the memory after the observation, and the logits of the actions. Raises
        `DataError` for an observation of another size.
        """
        if observation.shape != (self.n_in,):
            raise DataError(
                f"an observation of shape {list(observation.shape)}",
                where="MemoryPolicy",
                hint=f"give {self.n_in} numbers, as the world that it was grown in does",
            )
        memory, logits, _ = self.agent.step(self.network, memory, observation)
        return memory, logits

    def probabilities(self, observations: Float[Array, "time n_in"]) -> Float[Array, "time action"]:
        """Return the actions' probabilities after each observation of a history, from its begin."""

        def one(memory: Any, observation: Array) -> tuple[Any, Array]:
            memory, logits = self.step(memory, observation)
            return memory, jax.nn.softmax(logits)

        return jax.lax.scan(one, self.begin(), observations)[1]

    def save(self, folder: Path) -> None:
        """Write the policy as an archive. Raises `StoreError` when it can't be written."""
        about = {
            "kind": self.kind,
            "core": dataclasses.asdict(self.core),
            "n_in": self.n_in,
            "n_actions": self.n_actions,
        }
        write_archive(Path(folder), self.network, about)


def load_memory_policy(folder: Path) -> MemoryPolicy:
    """Return the policy that `MemoryPolicy.save` wrote.

    Raises `StoreError` when the folder holds something else or is damaged, `StructureError` when
    the arrays don't fit.
    """
    folder = Path(folder)
    about: dict[str, Any] = read_about(folder, MemoryPolicy.kind)
    core = from_json(CoreConfig, about["core"])
    empty = MemoryPolicy(core, None, about["n_in"], about["n_actions"])
    like = jax.eval_shape(lambda: empty.agent.init(jax.random.key(0)))
    return dataclasses.replace(empty, network=jax.tree.map(jnp.asarray, read_archive(folder, like)))
