"""What a person wants of a grown energy: a memory to write patterns into, and to ask.

memory = run.product().write(patterns)
memory.read(broken), memory.energy(query), memory.n_numbers
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree, Shaped

from ontogeny.core.archive import read_about, read_whole, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import DataError
from ontogeny.core.files import decoding
from ontogeny.core.trees import fitted
from ontogeny.learners.memory.config import EBMMConfig
from ontogeny.learners.memory.ebmm import EBMM, ebm_memory, written
from ontogeny.learners.memory.energies import energy_of
from ontogeny.learners.memory.memory import numbers_in

WHERE = "Memory"


@dataclass(frozen=True)
class Memory:
    """An energy that patterns can be written into. Nothing changes in place: `write`, `add` and
    `erase` return another memory.
    """

    kind: ClassVar[str] = "associative memory"

    config: EBMMConfig
    shape: tuple[int, ...]
    """Of a pattern, whose numbers lie in [0, 1]."""
    n: int
    """How many patterns it was grown to store."""
    params: EBMM
    """What was meta-learned."""
    weights: Mapping[str, float]
    """Of writing's terms."""
    stored: PyTree[Array] = None
    """What the patterns left behind; None where nothing was written."""
    count: int = 0
    """Patterns that were written and not erased."""

    def __call__(
        self,
        query: Shaped[Array | np.ndarray, "..."],
        known: Shaped[Array | np.ndarray, "..."] | None = None,
    ) -> Float[Array, "..."]:
        """Return the pattern that a query, or each of several, leads to."""
        return self.read(query, known)

    @property
    def n_numbers(self) -> int:
        """How many numbers patterns are stored in, however many they are."""
        return numbers_in(self.params.start)

    def write(self, patterns: Shaped[Array | np.ndarray, "pattern ..."]) -> Memory:
        """Return the memory that has these patterns and no others, written together.

        Warns where they are more than it was grown for, of what is to be expected. Raises
        `DataError` for patterns of another shape or range, for what is not finite and for none.
        """
        return self.emptied()._changed(self._several(patterns, "pattern"), 1.0)

    def emptied(self) -> Memory:
        """Return the memory with nothing written in it."""
        return dataclasses.replace(self, stored=None, count=0)

    def add(self, patterns: Shaped[Array | np.ndarray, "pattern ..."]) -> Memory:
        """Return the memory with these patterns written over what it has, together: what was there
        suffers. Warns and raises as `write` does.
        """
        return self._changed(self._several(patterns, "pattern"), 1.0)

    def erase(self, patterns: Shaped[Array | np.ndarray, "pattern ..."]) -> Memory:
        """Return the memory after writing these patterns with the sign turned: their energy rises,
        and what else is stored suffers. Raises as `write` does.
        """
        return self._changed(self._several(patterns, "pattern"), -1.0)

    def read(
        self,
        query: Shaped[Array | np.ndarray, "..."],
        known: Shaped[Array | np.ndarray, "..."] | None = None,
    ) -> Float[Array, "..."]:
        """Return the pattern that a query, or each of several, leads to. Where numbers are `known`
        to be right they are held. Raises `DataError` for a query that is no pattern.
        """
        return self.reads(query, known)[..., -1, *[slice(None)] * len(self.shape)]

    def reads(
        self,
        query: Shaped[Array | np.ndarray, "..."],
        known: Shaped[Array | np.ndarray, "..."] | None = None,
    ) -> Float[Array, "..."]:
        """Return every iterate of reading, the query first: [read + 1, *shape], of several queries
        [query, read + 1, *shape]. Raises as `read` does.
        """
        queries, single = self._asked(query)
        held = jnp.zeros(queries.shape, bool)
        if known is not None:
            given = jnp.asarray(known, bool)
            if given.shape != jnp.shape(query):
                raise DataError(
                    f"known is {list(given.shape)}, and the query {list(jnp.shape(query))}",
                    where=WHERE,
                    hint="say of each number whether it is right",
                )
            held = given.reshape(queries.shape)
        said = _read(self.config, self.shape, self.params, self._weights(), queries, held)
        return said[0] if single else said

    def energy(self, query: Shaped[Array | np.ndarray, "..."]) -> Float[Array, "..."]:
        """Return how strange a query is, or each of several: low for what is stored. Raises as
        `read` does.
        """
        queries, single = self._asked(query)
        said = _energy(self.config, self.shape, self.params, self._weights(), queries)
        return said[0] if single else said

    def save(self, folder: Path) -> None:
        """Write it as an archive. Raises `StoreError` when it can't be written."""
        write_archive(Path(folder), *self.as_archive())

    def as_archive(self) -> tuple[dict[str, PyTree[Array]], dict[str, Any]]:
        """Return the tree of an archive of it, and what is said beside the tree."""
        about = {
            "kind": self.kind,
            "config": dataclasses.asdict(self.config),
            "shape": list(self.shape),
            "n": self.n,
            "weights": dict(self.weights),
            "count": self.count,
            "written": self.stored is not None,
        }
        return {"params": self.params, "stored": self.stored}, about

    def _weights(self) -> PyTree[Array]:
        return self.params.start if self.stored is None else self.stored

    def _changed(self, patterns: Array, sign: float) -> Memory:
        weights = {name: jnp.float32(value) for name, value in self.weights.items()}
        given = (weights, self.params, self._weights(), patterns, jnp.float32(sign))
        stored = _write(self.config, self.shape, *given)
        if not all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(stored)):
            raise DataError(
                f"writing {len(patterns)} patterns diverged",
                where=WHERE,
                hint="write fewer at once, or grow the memory longer",
            )
        count = max(0, self.count + round(sign) * len(patterns))
        after = dataclasses.replace(self, stored=stored, count=count)
        if sign > 0 and count > self.n:
            error = float(jnp.mean(jnp.sum((after.read(patterns) - patterns) ** 2)) / len(patterns))
            warnings.warn(
                f"{count} patterns are stored, and the memory was grown for {self.n}: asked with "
                f"the very patterns that were written last, it answers with a squared error of "
                f"{error:.3g} each, and with more from broken ones",
                stacklevel=3,
            )
        return after

    def _asked(self, query: Any) -> tuple[Array, bool]:
        single = jnp.ndim(query) == len(self.shape)
        return self._several(query[None] if single else query, "query"), single

    def _several(self, patterns: Any, what: str) -> Float[Array, "pattern ..."]:
        """Return patterns as float32, checked."""
        given = np.asarray(patterns)
        hint = f"give numbers from 0 to 1, [{what}, {', '.join(map(str, self.shape))}]"
        if given.dtype.kind not in "fiub":
            raise DataError(f"{what} of type {given.dtype}", where=WHERE, hint=hint)
        if given.shape[1:] != self.shape or not len(given):
            raise DataError(f"{what} of shape {list(given.shape)}", where=WHERE, hint=hint)
        bad = ~np.isfinite(given).reshape(len(given), -1).all(axis=1)
        if bad.any():
            raise DataError(f"{what} {int(bad.argmax())} is not finite", where=WHERE, hint=hint)
        low, high = float(given.min()), float(given.max())
        if low < 0 or high > 1:
            bytes_ = given.dtype == np.uint8 or high > 2
            raise DataError(
                f"{what} with numbers from {low:g} to {high:g}",
                where=WHERE,
                hint=f"{hint}{'; divide pixels by 255' if bytes_ else ''}",
            )
        return jnp.asarray(given, jnp.float32)


def load_memory(folder: Path) -> Memory:
    """Return what `Memory.save` wrote, without what was kept beside it. Raises `StoreError` when
    the folder holds something else or is damaged.
    """
    read_about(Path(folder), Memory.kind)
    arrays, about = read_whole(Path(folder))
    own = {path: leaf for path, leaf in arrays.items() if path.startswith(("params.", "stored."))}
    with decoding(str(folder), "what it says of itself is not readable"):
        config, shape = from_json(EBMMConfig, about["config"]), tuple(about["shape"])
        told = {"n": about["n"], "weights": about["weights"], "count": about["count"]}
        is_written = about["written"]

    def like() -> Any:
        params = ebm_memory(config, shape, {}).init(jax.random.key(0))
        return {"params": params, "stored": params.start if is_written else None}

    read = jax.tree.map(jnp.asarray, fitted(own, jax.eval_shape(like), str(folder)))
    return Memory(config, shape, params=read["params"], stored=read["stored"], **told)


@partial(jax.jit, static_argnums=(0, 1))
def _write(
    config: EBMMConfig,
    shape: tuple[int, ...],
    weights: Mapping[str, Array],
    params: EBMM,
    start: PyTree[Array],
    patterns: Array,
    sign: Array,
) -> PyTree[Array]:
    return written(energy_of(config, shape), config, weights, params, start, patterns, sign)


@partial(jax.jit, static_argnums=(0, 1))
def _read(
    config: EBMMConfig,
    shape: tuple[int, ...],
    params: EBMM,
    stored: PyTree[Array],
    queries: Array,
    known: Array,
) -> Array:
    memory = ebm_memory(config, shape, {})
    return jax.vmap(lambda query, held: memory.read(params, stored, query, held))(queries, known)


@partial(jax.jit, static_argnums=(0, 1))
def _energy(
    config: EBMMConfig,
    shape: tuple[int, ...],
    params: EBMM,
    stored: PyTree[Array],
    queries: Array,
) -> Array:
    energy = energy_of(config, shape)
    return jax.vmap(lambda query: energy(params.fixed, stored, query))(queries)
