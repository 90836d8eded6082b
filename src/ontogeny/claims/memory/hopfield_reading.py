"""How many bits formulas give back wrong: random strings, half the bits of each replaced."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.learners.memory.dense import dense_memory, modern_hopfield
from ontogeny.learners.memory.hopfield import hopfield
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.worlds.corruptions import fresh_bits
from ontogeny.worlds.patterns import random_bits

BITS, BROKEN = 128, 64
RULES = ("hebb", "storkey", "pseudo-inverse")
KEEPERS = {"dense, power 3": dense_memory(3), "modern Hopfield": modern_hopfield(1.0)}


class Drawn(NamedTuple):
    """Patterns, queries, and which of their numbers may be wrong: [set, pattern, bit] each."""

    patterns: Any
    queries: Any
    changed: Any

    def first(self, n: int) -> Drawn:
        """Return the sets with their first n patterns."""
        return Drawn(*(part[:, :n] for part in self))


@partial(jax.jit, static_argnums=(1, 2))
def draw(seeds: Any, sets: int, most: int) -> Drawn:
    """Return so many sets for each seed, along one axis."""
    source, corrupt = random_bits(BITS), fresh_bits(BROKEN)

    def one(key: Any) -> Drawn:
        pattern_key, broken_key = jax.random.split(key)
        patterns = source.draw(pattern_key, most)
        broken = jax.vmap(corrupt)(jax.random.split(broken_key, most), patterns)
        return Drawn(patterns, *broken)

    keys = jax.vmap(lambda seed: jax.random.split(jax.random.key(seed), sets))(seeds)
    return jax.vmap(one)(keys.reshape(-1))


def wrong_bits(drawn: Drawn) -> list[np.ndarray]:
    """Return the mean wrong bits [told or not, set] of each rule, and of each that keeps all."""
    read = _reading(hopfield())  # one program, which reads what any of the rules wrote
    by_rule = [read(_written(hopfield(rule), drawn), drawn) for rule in RULES]
    kept = [_reading(memory)(drawn.patterns, drawn) for memory in KEEPERS.values()]
    return [np.asarray(wrong) for wrong in (*by_rule, *kept)]


def _written(memory: AssociativeMemory, drawn: Drawn) -> Any:
    return jax.jit(jax.vmap(partial(memory.write, ())))(drawn.patterns)


def _reading(memory: AssociativeMemory) -> Any:
    """Return the program that reads every query of every set, told which bits are broken and not,
    and counts the wrong bits.
    """

    def of_pattern(stored: Any, pattern: Any, query: Any, changed: Any) -> Any:
        def wrong(known: Any) -> Any:
            answer = memory.read((), stored, query, known)[-1]
            return jnp.sum(jnp.abs(jnp.round(answer) - pattern))

        return jax.vmap(wrong)(jnp.stack([~changed, jnp.zeros_like(changed)]))

    def of_set(stored: Any, one: Drawn) -> Any:
        return jnp.mean(jax.vmap(partial(of_pattern, stored))(*one), axis=0)

    # set by set: all at once would not fit into the processor's cache
    return jax.jit(lambda stored, drawn: jax.lax.map(lambda one: of_set(*one), (stored, drawn)).T)


def first_steps(n_spins: int, n_patterns: int, sets: int, seed: int) -> np.ndarray:
    """Return the share of bits that one step from a stored pattern turns over, of each memory.

    In whole numbers, for a field of 0 would else be a little on either side.
    """
    rng, shares = np.random.default_rng([seed, n_spins, n_patterns]), np.zeros(sets)
    for one in range(sets):
        spins = (2 * rng.integers(0, 2, (n_patterns, n_spins), np.int8) - 1).astype(np.float32)
        fields = (spins @ spins.T) @ spins - n_patterns * spins  # n W x, without the diagonal
        shares[one] = np.mean(fields * spins < 0)
    return shares


def pseudo_inverse_stays(drawn: Drawn) -> bool:
    """Return whether one sweep from every pattern, all bits free, changes none."""
    memory = hopfield("pseudo-inverse", sweeps=1)
    as_stored = Drawn(drawn.patterns, drawn.patterns, jnp.ones_like(drawn.changed))
    return not np.any(np.asarray(_reading(memory)(_written(memory, drawn), as_stored)))
