"""A memory-augmented network: a controller that writes patterns into the least used rows of a
matrix.

For every pattern, with the controller's state h of the pattern and what was read before, and read
keys k, a vector a and a gate g from h:

    r = sum over rows of softmax(b cosine(k, M)) M             for each head; w_r its weights
    w = g mean w_r(before) + (1 - g) (the row least used)      where to write
    M <- M without its least used row + w a^T                  what
    use <- decay use + w_r + w

To read, the controller begins anew on the query and reads M: show([r, h]). So M is all that writing
leaves (slots x width numbers), as the accounts of Bartunov et al. 2020 (arXiv 1910.02720) have it;
the controller's state and the use of rows are left behind.

Source: Santoro et al. 2016, "One-shot learning with memory-augmented neural networks" (arXiv
1605.06065), with a written vector apart from the key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.config import at_least
from ontogeny.learners.memory.coder import Coder, CoderConfig, network_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.learners.memory.slots import matched
from ontogeny.nn.dense import Dense
from ontogeny.nn.recurrent import LSTM, CellAndOutput

DECAY = 0.95  # of the use of rows, as the source has it
Matrix = Float[Array, "slot width"]


@dataclass(frozen=True)
class MANNConfig:
    """The matrix, its controller, and what is before and behind."""

    slots: int = 8
    """Rows of the matrix."""
    width: int = 32
    """Numbers of a row."""
    heads: int = 2
    """That read it."""
    units: int = 64
    """Of the controller, an LSTM."""
    coder: CoderConfig = field(default_factory=CoderConfig)
    """Encoder and decoder."""

    def __post_init__(self) -> None:
        at_least(self, 1, "slots", "width", "heads", "units", where="mann.")


class Writing(NamedTuple):
    """What is carried from pattern to pattern."""

    matrix: Matrix
    use: Float[Array, " slot"]
    where: Float[Array, " slot"]  # the heads read last, their mean
    read: Float[Array, " head_width"]
    controller: CellAndOutput


class Controller(eqx.Module):
    """What is meta-learned."""

    coder: Coder
    lstm: LSTM
    keys: Dense
    vector: Dense
    gate: Dense
    sharpness: Float[Array, " head"]  # softplus multiplies the cosine
    shape: tuple[int, int] = eqx.field(static=True)

    def __init__(self, config: MANNConfig, shape: tuple[int, ...], *, key: Key[Array, ""]):
        keys = jax.random.split(key, 5)
        heads, width, units = config.heads, config.width, config.units
        self.coder = Coder(config.coder, shape, heads * width + units, key=keys[0])
        self.lstm = LSTM(config.coder.features + heads * width, units, key=keys[1])
        self.keys = Dense(units, heads * width, 1.0, key=keys[2])
        self.vector = Dense(units, width, 1.0, key=keys[3])
        gate = Dense(units, 1, 0.1, key=keys[4])
        self.gate = eqx.tree_at(lambda layer: layer.bias, gate, jnp.full(1, -2.0, jnp.float32))
        self.sharpness = jnp.full(heads, 8.0, jnp.float32)
        self.shape = (config.slots, width)

    def write(self, patterns: Float[Array, "pattern ..."]) -> Matrix:
        """Return the matrix after all patterns."""
        none, matrix = jnp.zeros(self.shape[0]), jnp.zeros(self.shape)
        read = jnp.zeros(self.keys.bias.shape)
        start = Writing(matrix, none, none, read, self.lstm.begin())

        def step(now: Writing, seen: Array) -> tuple[Writing, None]:
            controller, h = self.lstm.step(now.controller, jnp.concatenate([seen, now.read]))
            least = jax.nn.one_hot(jnp.argmin(now.use), len(now.use))
            gate = jax.nn.sigmoid(self.gate(h))
            weight = gate * now.where + (1 - gate) * least
            matrix = (1 - least)[:, None] * now.matrix + jnp.outer(weight, self.vector(h))
            where, read = self.look(matrix, h)
            use = DECAY * now.use + where + weight
            return Writing(matrix, use, where, read, controller), None

        return jax.lax.scan(step, start, self.coder.see_all(patterns))[0].matrix

    def look(self, matrix: Matrix, h: Array) -> tuple[Float[Array, " slot"], Array]:
        """Return where the heads read, their mean, and what they read."""
        keys = self.keys(h).reshape(-1, matrix.shape[1])
        where = jax.vmap(matched, in_axes=(0, None, 0))(keys, matrix, self.sharpness)
        return jnp.mean(where, axis=0), (where @ matrix).reshape(-1)

    def answer(
        self, matrix: Matrix, x: Float[Array, "..."], known: Bool[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return what a new controller makes of x and of what it reads."""
        seen = self.coder.see(x, known)
        blank = jnp.zeros(self.keys.bias.shape)
        h = self.lstm.step(self.lstm.begin(), jnp.concatenate([seen, blank]))[1]
        return self.coder.show(jnp.concatenate([self.look(matrix, h)[1], h]))


def mann_memory(config: MANNConfig, shape: tuple[int, ...]) -> AssociativeMemory:
    """Return the memory of patterns of a shape."""
    return network_memory(
        "memory-augmented network",
        lambda key: Controller(config, shape, key=key),
        config.coder.reads,
    )
