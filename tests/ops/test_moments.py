"""Running moments equal those of everything seen, in whatever portions it came."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.ops.distributions.categorical import entropy, kl_divergence, log_probability
from ontogeny.ops.moments import merge, moments_of, no_moments, standardise


def test_merging_portions_equals_the_whole():
    x = np.float32(1000 + 3 * np.random.default_rng(0).normal(size=(100, 2)))

    @jax.jit
    def merged(x):
        moments = no_moments((2,))
        for part in (x[:10], x[10:11], x[11:70], x[70:]):
            moments = merge(moments, moments_of(part))
        return moments, jax.vmap(lambda row: standardise(moments, row))(x)

    moments, z = jax.tree.map(np.asarray, merged(x))
    assert moments.n == 100
    np.testing.assert_allclose(moments.mean, x.mean(0), rtol=1e-6)
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(z.std(0), 1, atol=1e-3)


def test_standardising_stays_finite():
    same = merge(no_moments((2,)), moments_of(jnp.ones((5, 2))))
    assert np.isfinite(standardise(same, jnp.array([1.0, 1e9]))).all()
    assert np.isfinite(standardise(no_moments((2,)), jnp.ones(2))).all()


def test_categorical_by_hand():
    logits = jnp.log(jnp.array([0.5, 0.25, 0.25]))
    np.testing.assert_allclose(log_probability(logits + 7, jnp.int32(1)), np.log(0.25), rtol=1e-5)
    np.testing.assert_allclose(entropy(logits), 1.5 * np.log(2), rtol=1e-6)
    other = jnp.log(jnp.array([0.25, 0.5, 0.25]))
    np.testing.assert_allclose(kl_divergence(logits, other), 0.25 * np.log(2), rtol=1e-5)
    np.testing.assert_allclose(kl_divergence(logits, logits), 0, atol=1e-7)
