"""What a person wants of a grown predictor: what comes next, after what has come."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import DataError
from ontogeny.learners.sequential.tasks import normal
from ontogeny.nn.cores import CoreConfig, SequenceNetwork, sequence_network
from ontogeny.ops.bayes.predictives import Normal


@dataclass(frozen=True)
class Forecaster:
    """A predictor of symbols 0 … n_symbols - 1, or of numbers (n_symbols = 0) with features."""

    kind: ClassVar[str] = "sequence predictor"

    core: CoreConfig
    arrays: PyTree[Array]
    n_symbols: int
    n_features: int = 0

    @property
    def sizes(self) -> tuple[int, int]:
        """How many numbers the network reads at a step, and how many it says."""
        return (self.n_symbols, self.n_symbols) if self.n_symbols else (self.n_features + 1, 2)

    @property
    def network(self) -> SequenceNetwork:
        """How the arrays are applied."""
        return sequence_network(self.core, *self.sizes)

    def __call__(
        self, sequence: Int[Array | np.ndarray, " time"]
    ) -> Float[Array, "time_and_next symbol"]:
        """Return the probabilities of every symbol given those before it, and last those of the
        symbol that comes next: [time + 1, symbol]. Raises `DataError` for other symbols.
        """
        self._check(self.n_symbols > 0, "numbers; use `numbers`")
        sequence = jnp.asarray(sequence, jnp.int32)
        if sequence.size and not (0 <= int(sequence.min()) <= int(sequence.max()) < self.n_symbols):
            raise DataError(
                f"symbols from {int(sequence.min())} to {int(sequence.max())}",
                where="Forecaster",
                hint=f"use 0 to {self.n_symbols - 1}",
            )
        seen = jax.nn.one_hot(sequence, self.n_symbols)
        inputs = jnp.concatenate([jnp.zeros((1, self.n_symbols)), seen])
        return jax.nn.softmax(self._outputs(inputs))

    def numbers(
        self,
        features: Float[Array | np.ndarray, "time_and_next feature"],
        targets: Float[Array | np.ndarray, " time"],
    ) -> Normal:
        """Return the distribution of every target given its features and all pairs before it, and
        last that of the next, whose features are known. Raises `DataError` when they don't fit.
        """
        self._check(self.n_symbols == 0, "symbols; call it")
        if features.shape != (len(targets) + 1, self.n_features):
            raise DataError(
                f"features of shape {list(features.shape)} with {len(targets)} targets",
                where="Forecaster.numbers",
                hint=f"give {self.n_features} features for every target and for the next",
            )
        before = jnp.append(0.0, targets)[:, None]
        return normal(self._outputs(jnp.concatenate([features, before], axis=1)))

    def save(self, folder: Path) -> None:
        """Write the predictor as an archive. Raises `StoreError` when it can't be written."""
        about = {
            "kind": self.kind,
            "core": dataclasses.asdict(self.core),
            "n_symbols": self.n_symbols,
            "n_features": self.n_features,
        }
        write_archive(Path(folder), self.arrays, about)

    def _outputs(self, inputs: Float[Array, "time n_in"]) -> Float[Array, "time n_out"]:
        return _along(self.core, *self.sizes, self.arrays, inputs)

    def _check(self, fits: bool, other: str) -> None:
        if not fits:
            raise DataError(f"this predictor is one of {other}", where="Forecaster")


@partial(jax.jit, static_argnums=(0, 1, 2))
def _along(core: CoreConfig, n_in: int, n_out: int, arrays: PyTree[Array], inputs: Array) -> Array:
    return sequence_network(core, n_in, n_out).along(arrays, inputs)


def load_forecaster(folder: Path) -> Forecaster:
    """Return the predictor that `Forecaster.save` wrote.

    Raises `StoreError` when the folder holds something else or is damaged.
    """
    about: dict[str, Any] = read_about(Path(folder), Forecaster.kind)
    core = from_json(CoreConfig, about["core"])
    empty = Forecaster(core, None, about["n_symbols"], about["n_features"])
    like = jax.eval_shape(lambda: empty.network.init(jax.random.key(0)))
    arrays = jax.tree.map(jnp.asarray, read_archive(Path(folder), like))
    return dataclasses.replace(empty, arrays=arrays)
