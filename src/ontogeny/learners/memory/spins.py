"""Bits as spins of -1 and 1, and asynchronous recall: one spin after another looks at its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Bool, Float

from ontogeny.core.errors import ConfigError, DataError, StructureError


def to_spins(patterns: Float[Array, "pattern ..."], where: str) -> Float[Array, "pattern number"]:
    """Return patterns of bits as spins, flat. Raises `DataError` for no pattern, and for numbers
    that are no bits, where numbers can be seen; inside a trace they can't, and what is above 1/2 is
    a 1.
    """
    if patterns.shape[0] < 1:
        raise DataError("there is no pattern to store", where=where)
    if not isinstance(patterns, Tracer):
        other = np.asarray(patterns)
        if (other := other[(other != 0) & (other != 1)]).size:
            raise DataError(
                f"{other.size} of the numbers are not 0 or 1 (the first: {other[0]:g})",
                where=where,
                hint="it stores bits: threshold the patterns (worlds.patterns.thresholded), "
                "or take a memory of real numbers (modern_hopfield)",
            )
    return 2 * (patterns > 0.5).astype(jnp.float32).reshape(patterns.shape[0], -1) - 1


def begun(
    query: Float[Array, "..."], known: Bool[Array, "..."], blank: bool
) -> tuple[Float[Array, " number"], Bool[Array, " number"]]:
    """Return where reading begins, as spins, and what is held. With `blank` the numbers that are
    not known begin at 0, which says nothing, if some are known.
    """
    spins, held = 2 * query.reshape(-1) - 1, known.reshape(-1)
    return jnp.where(held | ~(blank & jnp.any(held)), spins, 0.0), held


def recall(
    matrix: Float[Array, "row number"],
    force: Callable[[Any, Any, Any], Any],
    spins: Float[Array, " number"],
    held: Bool[Array, " number"],
    order: Any,
    sweeps: int,
) -> Float[Array, "read number"]:
    """Return the numbers [sweep + 1, number], in [0, 1], at first and after each sweep.

    In a sweep each spin that is not held, in `order`, takes the sign of `force(i, seen, spin)`,
    where `seen` is matrix @ spins, which follows every change; where the force is 0, it stays. Once
    a sweep changes nothing, none will, and none is made.
    """
    columns = matrix.T  # of which a row is read at once

    def update(carry: Any, i: Any) -> tuple[Any, None]:
        spins, seen = carry
        pull = force(i, seen, spins[i])
        change = jnp.where(held[i] | (pull == 0), 0.0, jnp.sign(pull) - spins[i])
        return (spins.at[i].add(change), seen + columns[i] * change), None

    def sweep(carry: Any) -> Any:
        n, before, _, iterates = carry
        (after, _), _ = jax.lax.scan(update, (before, matrix @ before), order)
        return n + 1, after, jnp.any(after != before), iterates.at[n + 1].set(after)

    def goes_on(carry: Any) -> Any:
        return (carry[0] < sweeps) & carry[2]

    iterates = jnp.zeros((sweeps + 1, spins.size)).at[0].set(spins)
    start = (jnp.zeros((), jnp.int32), spins, jnp.any(~held), iterates)
    n, *_, iterates = jax.lax.while_loop(goes_on, sweep, start)
    return (iterates[jnp.minimum(jnp.arange(sweeps + 1), n)] + 1) / 2


def order_of(n: int, seed: int | None) -> Array:
    """Return the order of a sweep over n spins: drawn once by the seed, or their places' own."""
    if seed is None:
        return jnp.arange(n)
    return jnp.asarray(np.random.default_rng(seed).permutation(n))


def check_reads(name: str, number: int, what: str) -> None:
    """Raise `ConfigError` for less than one sweep, or step, of a read."""
    if number < 1:
        raise ConfigError(f"{what} is {number}", where=name, hint="use 1 or more")


def check_query(name: str, shape: tuple[int, ...], query: Float[Array, "..."]) -> None:
    """Raise `StructureError` for a query that is not of the stored patterns' shape."""
    if query.shape != shape:
        raise StructureError(
            f"a query of shape {query.shape} is asked of patterns of shape {shape}",
            where=name,
            hint="ask with a pattern's shape, one query at a time",
        )
