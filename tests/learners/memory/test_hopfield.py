"""Hopfield networks against tables computed by hand, and against theory."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, StructureError
from ontogeny.learners.memory.hopfield import hopfield, matrix_of
from ontogeny.learners.memory.memory import n_numbers
from ontogeny.learners.memory.spins import begun

BITS = np.random.default_rng(0).integers(0, 2, (5, 12)).astype(np.float32)
NONE = jnp.zeros(12, bool)


def written(rule, bits=BITS, **settings):
    """Return W as its three loops say."""
    spins, size = 2 * bits.astype(np.float64) - 1, bits.shape[1]
    weights = np.zeros((size, size))
    for x in spins:
        old = weights.copy()
        for i in range(size):
            for j in range(size):
                weights[i, j] += x[i] * x[j] / size
                if rule == "storkey":
                    there = [k for k in range(size) if k not in (i, j)]
                    ij = sum(old[i, k] * x[k] for k in there)
                    ji = sum(old[j, k] * x[k] for k in there)
                    weights[i, j] -= (x[i] * ji + ij * x[j]) / size
    return weights


@pytest.mark.parametrize("rule", ["hebb", "storkey"])
@pytest.mark.parametrize("keep_diagonal", [False, True])
def test_the_matrix_is_the_rules(rule, keep_diagonal):
    stored = hopfield(rule, keep_diagonal=keep_diagonal).write((), jnp.asarray(BITS))
    wanted = written(rule)
    if not keep_diagonal:
        np.fill_diagonal(wanted, 0)
    np.testing.assert_allclose(matrix_of(stored, 12, keep_diagonal), wanted, atol=1e-6)


def test_the_pseudo_inverse_holds_what_is_independent_and_shrinks_the_rest():
    """It projects: its trace is the rank, and every stored pattern is left as it is."""
    memory = hopfield("pseudo-inverse", keep_diagonal=True)
    twice = np.concatenate([BITS, BITS[:2]])  # no more independent than before
    weights = matrix_of(memory.write((), jnp.asarray(twice)), 12, True)
    np.testing.assert_allclose(weights @ (2 * BITS.T - 1), 2 * BITS.T - 1, atol=1e-4)
    assert float(jnp.trace(weights)) == pytest.approx(5, abs=1e-4)


def test_what_is_stored_is_counted():
    assert n_numbers(hopfield("hebb"), 8, (24,)) == 276
    assert n_numbers(hopfield("storkey", keep_diagonal=True), 8, (4, 6)) == 300
    assert n_numbers(hopfield("pseudo-inverse"), 96, (128,)) == 8128


def test_a_read_by_hand():
    """One pattern: W_ij = x_i x_j / 4. From (1, 1, 1, 0) the pattern is one flip away; its negative
    is as stable, and is where a query goes that is nearer to it.
    """
    memory = hopfield("hebb", sweeps=2, seed=None)
    stored = memory.write((), jnp.array([[1.0, 1, 0, 0]]))
    read = jax.jit(lambda query, known: memory.read((), stored, query, known))
    free = jnp.zeros(4, bool)
    assert read(jnp.array([1.0, 1, 1, 0]), free).tolist() == [
        [1, 1, 1, 0],
        [1, 1, 0, 0],
        [1, 1, 0, 0],
    ]
    assert read(jnp.array([0.0, 1, 1, 1]), free)[-1].tolist() == [0, 0, 1, 1]
    # what is known is held, right or wrong, and the rest follows it
    held = jnp.array([True, False, True, True])
    assert read(jnp.array([0.0, 1, 1, 1]), held)[-1].tolist() == [0, 0, 1, 1]
    assert read(jnp.array([1.0, 0, 0, 0]), held)[-1].tolist() == [1, 1, 0, 0]
    # a number of 1/2 is a spin of 0 and gives way to any field
    assert read(jnp.array([1.0, 0.5, 0.5, 0.5]), free)[-1].tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("rule", ["hebb", "pseudo-inverse"])
def test_energy_never_rises_and_patterns_stay(rule):
    memory = hopfield(rule, sweeps=6)
    stored = memory.write((), jnp.asarray(BITS))
    weights = np.asarray(matrix_of(stored, 12))
    queries = np.random.default_rng(1).integers(0, 2, (16, 12)).astype(np.float32)
    read = jax.jit(jax.vmap(lambda query: memory.read((), stored, query, NONE)))
    spins = 2 * np.asarray(read(jnp.asarray(np.concatenate([queries, BITS])))) - 1
    energy = -0.5 * np.einsum("qri,ij,qrj->qr", spins, weights, spins)
    assert (np.diff(energy) <= 1e-5).all()
    assert np.array_equal(spins[:, -1], spins[:, -2])  # converged
    if rule == "pseudo-inverse":
        assert np.array_equal(spins[16:, -1], 2 * BITS - 1)


def test_pictures_keep_their_shape_and_a_blank_start_is_nothing():
    memory = hopfield("hebb", blank=True, sweeps=1)
    pattern = jnp.array([[1.0, 0, 1], [0, 0, 1]])
    stored = memory.write((), pattern[None])
    known = jnp.array([[True, False, False], [True, True, False]])
    read = jax.eval_shape(lambda query: memory.read((), stored, query, known), pattern)
    assert read.shape == (2, 2, 3)
    spins, held = begun(1 - pattern, known, True)
    assert spins.tolist() == [-1, 0, 0, 1, 1, 0]
    assert held.sum() == 3
    assert begun(pattern, jnp.zeros((2, 3), bool), True)[0].tolist() == [1, -1, 1, -1, -1, 1]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'storkey'"):
        hopfield("storky")
    with pytest.raises(ConfigError, match="sweeps is 0"):
        hopfield(sweeps=0)
    memory = hopfield("hebb")
    with pytest.raises(DataError, match=r"1 of the numbers are not 0 or 1 \(the first: 0.25\)"):
        memory.write((), jnp.array([[0.0, 1, 0.25]]))
    with pytest.raises(DataError, match="not 0 or 1"):
        memory.write((), jnp.array([[0.0, 1, jnp.nan]]))
    with pytest.raises(DataError, match="no pattern"):
        memory.write((), jnp.zeros((0, 3)))
    stored = memory.write((), jnp.array([[0.0, 1, 1]]))
    with pytest.raises(StructureError, match="3 numbers are stored; of patterns of 4 they would"):
        memory.read((), stored, jnp.zeros(4), jnp.zeros(4, bool))
