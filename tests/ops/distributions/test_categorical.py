"""The categorical distribution, against its definitions and a gradient by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import StructureError
from ontogeny.ops.distributions.categorical import (
    Categorical,
    MaskedCategorical,
    entropy,
    kl_divergence,
    log_probability,
)

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


def test_a_masked_one_is_the_plain_one_over_what_is_allowed():
    allowed = jnp.array([True, False, True])

    @jax.jit
    def ask(logits):
        masked = MaskedCategorical(logits, allowed)
        log_p = jax.vmap(masked.log_probability)(jnp.arange(3))
        few = Categorical(logits[jnp.array([0, 2])])
        drawn = jax.vmap(masked.sample)(jax.random.split(jax.random.key(0), 200))
        return log_p, masked.entropy(), few.entropy(), masked.mode(), jnp.mean(drawn == 1)

    log_p, entropy_, expected, mode, forbidden = ask(jnp.log(jnp.array(P)))
    np.testing.assert_allclose(log_p, [np.log(2 / 3), -np.inf, np.log(1 / 3)], rtol=1e-6)
    np.testing.assert_allclose(entropy_, expected, rtol=1e-6)
    assert mode == 0
    assert forbidden == 0


def test_fewer_actions_diverge_from_more_by_a_finite_amount_and_more_from_fewer_infinitely():
    few = MaskedCategorical(jnp.log(jnp.array(P)), jnp.array([True, False, True]))
    many = Categorical(jnp.log(jnp.array(Q)))
    p = np.array([2, 0, 1]) / 3
    expected = np.sum(p[[0, 2]] * np.log(p[[0, 2]] / Q[[0, 2]]))
    there, gradient = jax.jit(jax.value_and_grad(lambda logits: few.kl(Categorical(logits))))(
        many.logits
    )
    np.testing.assert_allclose(there, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, Q - p, atol=1e-6)  # all of it finite
    assert np.isposinf(many.kl(few))
    with pytest.raises(StructureError, match="embed the fewer"):
        many.kl(Categorical(jnp.zeros(4)))


def test_a_mask_that_forbids_everything_is_not_a_number():
    nothing = MaskedCategorical(jnp.zeros(3), jnp.zeros(3, bool))
    assert np.isnan(nothing.log_probability(jnp.int32(0)))
    assert np.isnan(nothing.entropy())
