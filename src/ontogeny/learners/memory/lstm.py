"""An LSTM that reads the patterns one after another: all it keeps is its state.

    write:  (c, h) <- LSTM((c, h), see(x_i))      for every pattern
    read:   (c', h') = LSTM((c, h), ask(see(x))),   x <- show(h')

Stored are c and h: 2 x units numbers.

Source: Hochreiter and Schmidhuber 1997; as a baseline, Bartunov et al. 2020 (arXiv 1910.02720).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.config import at_least
from ontogeny.learners.memory.coder import Coder, CoderConfig, network_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.nn.dense import Dense
from ontogeny.nn.recurrent import LSTM, CellAndOutput


@dataclass(frozen=True)
class LSTMConfig:
    """Units, and what is before and behind them."""

    units: int = 128
    """Of the LSTM."""
    coder: CoderConfig = field(default_factory=CoderConfig)
    """Encoder and decoder."""

    def __post_init__(self) -> None:
        at_least(self, 1, "units", where="lstm.")


class Reader(eqx.Module):
    """What is meta-learned."""

    coder: Coder
    ask: Dense
    lstm: LSTM

    def __init__(self, config: LSTMConfig, shape: tuple[int, ...], *, key: Key[Array, ""]):
        keys = jax.random.split(key, 3)
        features = config.coder.features
        self.coder = Coder(config.coder, shape, config.units, key=keys[0])
        self.ask = Dense(features, features, 1.0, key=keys[1])
        self.lstm = LSTM(features, config.units, key=keys[2])

    def write(self, patterns: Float[Array, "pattern ..."]) -> CellAndOutput:
        """Return the state after the patterns."""
        seen = self.coder.see_all(patterns)
        return jax.lax.scan(lambda s, x: self.lstm.step(s, x), self.lstm.begin(), seen)[0]

    def answer(
        self, state: CellAndOutput, x: Float[Array, "..."], known: Bool[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return what the state makes of x."""
        return self.coder.show(self.lstm.step(state, self.ask(self.coder.see(x, known)))[1])


def lstm_memory(config: LSTMConfig, shape: tuple[int, ...]) -> AssociativeMemory:
    """Return the memory of patterns of a shape."""
    return network_memory("LSTM", lambda key: Reader(config, shape, key=key), config.coder.reads)
