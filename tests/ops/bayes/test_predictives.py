from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.ops.bayes.predictives import (
    Normal,
    categorical_predictive,
    gaussian_predictive,
    kt_predictive,
    markov_predictive,
    regression_predictive,
)

LENGTH = 12
categorical = jax.jit(categorical_predictive)
markov = jax.jit(markov_predictive)
symbols = st.lists(st.integers(0, 2), min_size=LENGTH, max_size=LENGTH)


def test_the_predictive_counts():
    found = categorical(jnp.array([0, 0, 1, 2]), jnp.array([1.0, 1.0, 2.0]))
    expected = np.array([[1, 1, 2], [2, 1, 2], [3, 1, 2], [3, 2, 2]]) / [[4], [5], [6], [7]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_kt_adds_a_half():
    found = kt_predictive(jnp.array([1, 1, 0]), 2)
    np.testing.assert_allclose(found[:, 1], [1 / 2, 3 / 4, 5 / 6], rtol=1e-6)


def test_each_row_of_a_chain_counts_what_followed_its_symbol():
    # From 0: 1. From 1: 1, then 0. From 0 again: 0.
    found = markov(jnp.array([1, 1, 0, 0]), jnp.array([[1.0, 1.0], [1.0, 3.0]]))
    np.testing.assert_allclose(found[:, 0], [1 / 2, 1 / 4, 1 / 5, 1 / 3], rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(symbols, st.permutations(range(LENGTH)))
def test_a_die_forgets_the_order(sequence, order):
    prior = jnp.array([0.5, 1.0, 2.0])
    x = np.array(sequence)

    def log_p(x):
        predictive = categorical(jnp.array(x), prior)
        np.testing.assert_allclose(predictive.sum(axis=-1), 1.0, rtol=1e-5)
        return np.log(predictive[np.arange(LENGTH), x]).sum()

    assert log_p(x) == pytest.approx(log_p(x[np.array(order)]), abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(symbols)
def test_a_chain_predicts_a_distribution(sequence):
    found = markov(jnp.array(sequence), jnp.full((3, 3), 0.5))
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, rtol=1e-5)
    assert (np.asarray(found) > 0).all()


def test_a_gaussian_is_conditioned_exactly():
    """Against the joint normal of the sequence: covariance v + noise × identity."""
    x = np.array([0.3, -1.2, 2.0, 0.7])
    m, v, noise = 0.5, 2.0, 0.7
    found = gaussian_predictive(jnp.array(x, jnp.float32), m, v, noise)
    joint = v + noise * np.eye(4)
    for t in range(4):
        gain = np.linalg.solve(joint[:t, :t], joint[:t, t])
        assert float(found.mean[t]) == pytest.approx(m + gain @ (x[:t] - m), abs=1e-5)
        assert float(found.variance[t]) == pytest.approx(
            joint[t, t] - gain @ joint[:t, t], abs=1e-5
        )


def test_a_regression_is_conditioned_exactly():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=7)
    v, noise = 1.5, 0.3
    found = regression_predictive(jnp.array(x, jnp.float32), jnp.array(y, jnp.float32), v, noise)
    joint = v * x @ x.T + noise * np.eye(7)
    for t in range(7):
        gain = np.linalg.solve(joint[:t, :t], joint[:t, t])
        assert float(found.mean[t]) == pytest.approx(gain @ y[:t], abs=1e-4)
        assert float(found.variance[t]) == pytest.approx(
            joint[t, t] - gain @ joint[:t, t], abs=1e-4
        )


def test_a_regression_on_one_is_a_gaussian_mean():
    y = jnp.array([0.4, -0.6, 1.0])
    line = regression_predictive(jnp.ones((3, 1)), y, 2.0, 0.5)
    mean = gaussian_predictive(y, 0.0, 2.0, 0.5)
    np.testing.assert_allclose(line.mean, mean.mean, atol=1e-6)
    np.testing.assert_allclose(line.variance, mean.variance, atol=1e-6)


def test_a_normal_has_its_density():
    normal = Normal(jnp.array([0.0, 1.0]), jnp.array([1.0, 4.0]))
    expected = [-0.5 * np.log(2 * np.pi), -0.5 * np.log(8 * np.pi) - 0.5]
    np.testing.assert_allclose(normal.log_density(jnp.array([0.0, 3.0])), expected, rtol=1e-6)
