from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.ops.bayes.predictives import Normal
from ontogeny.ops.bayes.regret import (
    bandit_regret,
    bernoulli_divergence,
    excess_log_density,
    excess_log_loss,
    lai_robbins_rate,
)


def test_excess_log_loss_by_hand():
    exact = jnp.array([[0.5, 0.5], [1.0, 0.0]])
    found = excess_log_loss(exact, jnp.log(jnp.array([[0.25, 0.75], [0.5, 0.5]])))
    expected = [0.5 * np.log(2) + 0.5 * np.log(2 / 3), np.log(2)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(excess_log_loss(exact[:1], jnp.log(exact[:1])), 0.0, atol=1e-7)


def test_a_sure_exact_zero_adds_nothing():
    log_q = jnp.array([[0.0, -jnp.inf]])
    np.testing.assert_allclose(excess_log_loss(jnp.array([[1.0, 0.0]]), log_q), [0.0], atol=1e-7)


def test_excess_density_against_numerical_integration():
    exact = Normal(jnp.array([0.3]), jnp.array([1.5]))
    other = Normal(jnp.array([-0.4]), jnp.array([0.6]))
    x = np.linspace(-15, 15, 20_001)
    grid = jnp.array(x, jnp.float32)
    p = np.asarray(exact.log_density(grid), np.float64)
    q = np.asarray(other.log_density(grid), np.float64)
    integral = np.sum(np.exp(p) * (p - q)) * (x[1] - x[0])
    assert float(excess_log_density(exact, other)[0]) == pytest.approx(integral, abs=1e-4)
    assert float(excess_log_density(exact, exact)[0]) == pytest.approx(0.0, abs=1e-6)


def test_regret_is_what_the_best_arm_would_have_added():
    policy = jnp.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    found = bandit_regret(jnp.array([0.2, 0.6]), policy)
    np.testing.assert_allclose(found, [0.4, 0.2, 0.0], atol=1e-7)


def test_lai_robbins_by_hand():
    kl = 0.2 * np.log(0.2 / 0.6) + 0.8 * np.log(0.8 / 0.4)
    assert float(bernoulli_divergence(jnp.array(0.2), jnp.array(0.6))) == pytest.approx(
        kl, abs=1e-6
    )
    means = jnp.array([0.2, 0.6, 0.6])
    assert float(lai_robbins_rate(means)) == pytest.approx(0.4 / kl, rel=1e-5)
