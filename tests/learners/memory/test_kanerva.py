"""The Kanerva machine: its updates are exact Bayes, its addresses least squares."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from drawn import drawn, drawn_bits
from ontogeny.learners.memory.coder import CoderConfig
from ontogeny.learners.memory.kanerva import (
    Belief,
    Kanerva,
    KanervaConfig,
    addressed,
    observed,
    solved,
)

RNG = np.random.default_rng(0)


def test_writing_one_after_another_is_the_posterior_of_all_at_once():
    rows, width, n, noise = 3, 4, 5, 0.3
    mean = RNG.normal(size=(rows, width))
    variance = np.array([0.5, 1.0, 2.0])
    weights, codes = RNG.normal(size=(n, rows)), RNG.normal(size=(n, width))
    belief = Belief(jnp.asarray(mean, jnp.float32), jnp.diag(jnp.asarray(variance, jnp.float32)))
    write = jax.jit(observed)
    for weight, code in zip(weights, codes, strict=True):
        belief = write(belief, jnp.asarray(weight), jnp.asarray(code), noise)
    precision = np.diag(1 / variance) + weights.T @ weights / noise
    covariance = np.linalg.inv(precision)
    right = np.diag(1 / variance) @ mean + weights.T @ codes / noise
    np.testing.assert_allclose(belief.covariance, covariance, atol=1e-5)
    np.testing.assert_allclose(belief.mean, covariance @ right, atol=1e-4)


def test_an_address_is_the_least_squares():
    mean, code = RNG.normal(size=(3, 5)), RNG.normal(size=5)
    stacked = np.concatenate([mean.T, np.sqrt(0.2) * np.eye(3)])
    expected = np.linalg.lstsq(stacked, np.concatenate([code, np.zeros(3)]), rcond=None)[0]
    found = jax.jit(addressed)(jnp.asarray(mean), jnp.asarray(code), 0.2)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    whole = np.eye(6) + 0.1 * np.ones((6, 6))
    found = jax.jit(solved)(jnp.asarray(whole, jnp.float32), jnp.arange(6.0))
    np.testing.assert_allclose(found @ whole, np.arange(6.0), atol=1e-5)


def test_a_pattern_that_was_written_without_noise_has_its_code_in_the_matrix():
    config = KanervaConfig(slots=3, width=2, coder=CoderConfig(features=5))
    network = drawn(lambda key: Kanerva(config, (4,), key=key))
    exact = jnp.float32(-20.0), jnp.float32(-12.0)
    network = eqx.tree_at(lambda net: (net.noise, net.penalty), network, exact)
    pattern = drawn_bits(1, 4)

    @jax.jit
    def again(pattern):
        belief = network.write(pattern)
        code = network.encode(network.coder.see_all(pattern))[0]
        return addressed(belief.mean, code, 1e-5) @ belief.mean, code

    np.testing.assert_allclose(*again(pattern), atol=1e-3)
