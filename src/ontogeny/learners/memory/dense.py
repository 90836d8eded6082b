"""Memories that keep every pattern: what more numbers than a matrix has buy. Not compressive, so
upper bounds for the others, not their peers: n patterns of d numbers are n d numbers.

    dense associative memory   E(x) = -sum_p (x_p . x / d)^n over spins, read a spin at a time:
                               x_i <- the sign of what the energy loses when it is 1 and not -1.
                               With n = 2 it is Hebb's network without its diagonal.
    modern Hopfield            x <- X^T softmax(beta X x) over real numbers, all at once

Sources: Krotov and Hopfield 2016, "Dense associative memory for pattern recognition" (arXiv
1606.01164); Ramsauer et al. 2021, "Hopfield networks is all you need" (arXiv 2008.02217).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ontogeny.core.errors import ConfigError
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.learners.memory.spins import (
    begun,
    check_query,
    check_reads,
    order_of,
    recall,
    to_spins,
)


def dense_memory(
    power: int = 3, *, blank: bool = False, sweeps: int = 20, seed: int | None = 0
) -> AssociativeMemory:
    """Return the dense associative memory over bits, which reads [sweep + 1, *shape]; the settings
    are those of `hopfield`. Raises `ConfigError` for a power below 2, or no sweep.
    """
    name = f"dense memory, power {power}"
    if power < 2:
        raise ConfigError(f"a power of {power}", where="dense_memory", hint="use 2 or more")
    check_reads(name, sweeps, "sweeps")

    def write(params: tuple[()], patterns: Array) -> Array:
        to_spins(patterns, name)  # refuses what is no bits
        return patterns

    def read(params: tuple[()], stored: Array, query: Array, known: Array) -> Array:
        check_query(name, stored.shape[1:], query)
        patterns = to_spins(stored, name)
        spins, held = begun(query, known, blank)
        size = query.size

        def force(i: Array, overlaps: Array, spin: Array) -> Array:
            own = patterns[:, i]
            others = overlaps - own * spin
            return jnp.sum(((others + own) / size) ** power - ((others - own) / size) ** power)

        iterates = recall(patterns, force, spins, held, order_of(size, seed), sweeps)
        return iterates.reshape(-1, *query.shape)

    return AssociativeMemory(name, lambda key: (), write, read)


def modern_hopfield(beta: float = 1.0, *, blank: bool = False, steps: int = 3) -> AssociativeMemory:
    """Return the modern Hopfield network over numbers in [0, 1], which are taken as -1 to 1; it
    reads [step + 1, *shape].

    The greater beta is, the fewer patterns answer together. What is not known begins as the query
    has it, or at zero, which is 1/2 (`blank`). Raises `ConfigError` for a beta that is not
    positive, or no step.
    """
    name = "modern Hopfield"
    if not beta > 0:
        raise ConfigError(f"beta is {beta}", where="modern_hopfield", hint="use a number above 0")
    check_reads(name, steps, "steps")

    def read(params: tuple[()], stored: Array, query: Array, known: Array) -> Array:
        check_query(name, stored.shape[1:], query)
        patterns = 2 * stored.reshape(stored.shape[0], -1) - 1
        first, held = begun(query, known, blank)

        def step(x: Array, _: None) -> tuple[Array, Array]:
            x = jnp.where(held, first, jax.nn.softmax(beta * (patterns @ x)) @ patterns)
            return x, x

        after = jax.lax.scan(step, first, None, length=steps)[1]
        return ((jnp.concatenate([first[None], after]) + 1) / 2).reshape(-1, *query.shape)

    return AssociativeMemory(name, lambda key: (), lambda params, patterns: patterns, read)
