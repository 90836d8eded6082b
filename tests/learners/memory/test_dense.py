"""Memories that keep every pattern."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, StructureError
from ontogeny.learners.memory.dense import dense_memory, modern_hopfield
from ontogeny.learners.memory.hopfield import hopfield
from ontogeny.learners.memory.memory import n_numbers

RNG = np.random.default_rng(0)
BITS = jnp.asarray(RNG.integers(0, 2, (5, 12)), jnp.float32)


def read_all(memory, queries, known, bits=BITS):
    """Return every iterate of every query."""

    @jax.jit
    def read(bits, queries, known):
        stored = memory.write((), bits)
        return jax.vmap(lambda query, held: memory.read((), stored, query, held))(queries, known)

    return np.asarray(read(bits, queries, known))


def test_of_power_2_it_is_hebbs_network():
    queries = RNG.integers(0, 2, (24, 12)).astype(np.float32)
    known = RNG.integers(0, 2, (24, 12)).astype(bool)
    known[:8] = False
    dense = read_all(dense_memory(2, sweeps=3), queries, known)
    np.testing.assert_array_equal(dense, read_all(hopfield("hebb", sweeps=3), queries, known))


def test_of_a_higher_power_it_gives_back_more_than_a_matrix_does():
    """40 patterns of 32 bits are far more than Hebb's network holds (0.138 x 32 is 4)."""
    bits = np.random.default_rng(1).integers(0, 2, (40, 32)).astype(np.float32)
    known = np.ones((40, 32), bool)
    kept = read_all(dense_memory(5, sweeps=1), bits, ~known, bits)[:, -1]
    assert np.array_equal(kept, bits)
    assert not np.array_equal(read_all(hopfield("hebb", sweeps=1), bits, ~known, bits)[:, -1], bits)


def test_one_step_of_the_modern_network_by_hand():
    """Spins (1, 1) and (1, -1), asked with (0.5, 0.5): scores beta (1, 0), so the answer is
    (1, tanh(beta / 2)).
    """
    memory = modern_hopfield(2.0, steps=1)
    stored = memory.write((), jnp.array([[1.0, 1.0], [1.0, 0.0]]))
    query = jnp.array([0.75, 0.75])
    answer = memory.read((), stored, query, jnp.zeros(2, bool))
    np.testing.assert_allclose(2 * answer - 1, [[0.5, 0.5], [1, np.tanh(1)]], atol=1e-6)
    held = memory.read((), stored, query, jnp.array([True, False]))[-1]
    np.testing.assert_allclose(2 * held - 1, [0.5, np.tanh(1)], atol=1e-6)


def test_the_modern_network_gives_grey_pictures_back():
    pictures = np.random.default_rng(2).uniform(size=(6, 5, 5)).astype(np.float32)
    known = np.broadcast_to(np.arange(25).reshape(5, 5) < 15, (6, 5, 5))
    memory = modern_hopfield(20.0, blank=True)
    back = read_all(memory, np.where(known, pictures, np.float32(0.9)), known, pictures)
    assert back.shape == (6, 4, 5, 5)
    np.testing.assert_allclose(back[:, -1], pictures, atol=1e-3)
    assert n_numbers(memory, 6, (5, 5)) == 150


def test_what_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="a power of 1"):
        dense_memory(1)
    with pytest.raises(ConfigError, match="beta is nan"):
        modern_hopfield(float("nan"))
    with pytest.raises(ConfigError, match="steps is 0"):
        modern_hopfield(steps=0)
    with pytest.raises(DataError, match="not 0 or 1"):
        dense_memory().write((), jnp.full((1, 4), 0.5))
    for memory in (dense_memory(), modern_hopfield()):
        with pytest.raises(StructureError, match=r"shape \(5,\) is asked of patterns of shape"):
            memory.read((), BITS, jnp.zeros(5), jnp.zeros(5, bool))
