"""The categorical distribution, against its definitions and a gradient by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.ops.distributions import entropy, kl_divergence, log_probability

P, Q = np.array([0.5, 0.25, 0.25]), np.array([0.2, 0.2, 0.6])
P_LOGITS, Q_LOGITS = (
    jnp.log(jnp.array(P)) + 3.0,
    jnp.log(jnp.array(Q)) - 1.0,
)  # any shift is the same


def test_log_probability():
    for action in range(3):
        got = log_probability(P_LOGITS, jnp.int32(action))
        np.testing.assert_allclose(got, np.log(P[action]), rtol=1e-6)


def test_its_gradient_is_one_hot_less_the_probabilities():
    gradient = jax.grad(log_probability)(P_LOGITS, jnp.int32(1))
    np.testing.assert_allclose(gradient, np.eye(3)[1] - P, atol=1e-6)


def test_entropy_and_divergence():
    np.testing.assert_allclose(entropy(P_LOGITS), 1.5 * np.log(2), rtol=1e-6)
    np.testing.assert_allclose(entropy(jnp.zeros(8)), np.log(8), rtol=1e-6)
    expected = np.sum(P * np.log(P / Q))
    np.testing.assert_allclose(kl_divergence(P_LOGITS, Q_LOGITS), expected, rtol=1e-5)
    np.testing.assert_allclose(kl_divergence(P_LOGITS, P_LOGITS + 5.0), 0.0, atol=1e-6)
