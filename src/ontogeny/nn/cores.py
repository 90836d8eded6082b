"""Which core with memory a sequential learner has, its head, and how both are applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key, PyTree

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError
from ontogeny.nn.attention import Transformer
from ontogeny.nn.dense import Dense
from ontogeny.nn.memory_core import MemoryCore
from ontogeny.nn.parting import part
from ontogeny.nn.recurrent import GRU, LSTM
from ontogeny.nn.state_space import StateSpace


@dataclass(frozen=True)
class CoreConfig:
    """A core with memory."""

    kind: Literal["gru", "lstm", "transformer", "state-space"] = "lstm"
    """Gated recurrence, causal attention, or a diagonal state-space model."""
    width: int = 32
    """Units of the memory, and features that come out."""
    layers: int = 2
    """Of a Transformer or a state-space model; recurrence has one."""
    heads: int = 4
    """Of a Transformer's attention."""
    context: int = 256
    """How many inputs a Transformer can look back on."""

    def __post_init__(self) -> None:
        at_least(self, 1, "width", "layers", "heads", "context", where="core.")
        if self.kind == "transformer" and self.width % self.heads:
            raise ConfigError(
                f"{self.heads} heads don't divide a width of {self.width}",
                where="core.heads",
                hint="choose a divisor of the width",
            )

    def build(self, n_in: int, *, key: Key[Array, ""]) -> MemoryCore:
        """Return the core for inputs of this size."""
        if self.kind == "gru":
            return GRU(n_in, self.width, key=key)
        if self.kind == "lstm":
            return LSTM(n_in, self.width, key=key)
        if self.kind == "state-space":
            return StateSpace(n_in, self.width, self.layers, key=key)
        return Transformer(n_in, self.width, self.layers, self.heads, self.context, key=key)


class HeadedCore(eqx.Module):
    """A core with memory and an affine head, which begins near zero."""

    core: MemoryCore
    head: Dense

    def __init__(self, config: CoreConfig, n_in: int, n_out: int, *, key: Key[Array, ""]):
        core_key, head_key = jax.random.split(key)
        self.core = config.build(n_in, key=core_key)
        self.head = Dense(self.core.n_out, n_out, 0.01, key=head_key)


class SequenceNetwork(NamedTuple):
    """How the network's arrays begin, and how they read: a whole sequence, or one input a time."""

    init: Callable[[Key[Array, ""]], PyTree[Array]]
    along: Callable[[PyTree[Array], Float[Array, "time n_in"]], Float[Array, "time n_out"]]
    begin: Callable[[PyTree[Array]], Any]
    step: Callable[
        [PyTree[Array], Any, Float[Array, " n_in"]],
        tuple[Any, Float[Array, " n_out"], Float[Array, " unit"]],
    ]
    """Returns the memory, the outputs, and the features that they are read from."""


def sequence_network(config: CoreConfig, n_in: int, n_out: int) -> SequenceNetwork:
    """Return the network for these sizes; its static half is closed over, once."""

    parted = part(lambda key: HeadedCore(config, n_in, n_out, key=key))

    def step(arrays: PyTree[Array], memory: Any, x: Array) -> tuple[Any, Array, Array]:
        network = parted.whole(arrays)
        memory, features = network.core.step(memory, x)
        return memory, network.head(features), features

    def along(arrays: PyTree[Array], xs: Array) -> Array:
        network = parted.whole(arrays)
        return network.head(network.core.along(xs))

    return SequenceNetwork(
        parted.init, along, lambda arrays: parted.whole(arrays).core.begin(), step
    )
