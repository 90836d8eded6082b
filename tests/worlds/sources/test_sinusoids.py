"""Curves: their examples, and the ideal learners against exact facts and a brute posterior."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.sources.sinusoids import Curve, Examples, sinusoids, sinusoids_and_lines

N = 4000


def drawn(source):
    return jax.jit(jax.vmap(source.draw))(jax.random.split(jax.random.key(0), N))


@pytest.fixture(scope="module")
def waves():
    source = sinusoids(shots=5, queries=7)
    return source, *drawn(source)


def curve(is_line, amplitude=0.0, phase=0.0, slope=0.0, intercept=0.0):
    return Curve(jnp.bool_(is_line), *map(jnp.float32, (amplitude, phase, slope, intercept)))


def test_a_curve_by_hand():
    x = jnp.array([0.0, jnp.pi / 2])
    np.testing.assert_allclose(curve(False, 2.0, jnp.pi / 2).value(x), [-2, 0], atol=1e-6)
    np.testing.assert_allclose(curve(True, slope=3.0, intercept=1.0).value(x)[0], 1.0)


def test_what_is_drawn_is_what_is_said(waves):
    _, curves, split = waves
    assert split.support.inputs.shape == (N, 5, 1)
    assert split.query.targets.shape == (N, 7, 1)
    for values, low, high in (
        (curves.amplitude, 0.1, 5.0),
        (curves.phase, 0.0, np.pi),
        (split.query.inputs, -5.0, 5.0),
    ):
        assert low <= float(values.min()) < float(values.max()) <= high
        np.testing.assert_allclose(float(values.mean()), (low + high) / 2, atol=0.1)
    assert not bool(curves.is_line.any())
    expected = curves.amplitude[:, None, None] * jnp.sin(
        split.query.inputs - curves.phase[:, None, None]
    )
    np.testing.assert_allclose(split.query.targets, expected, atol=1e-5)


def test_more_queries_leave_the_support_as_it_was(waves):
    key = jax.random.split(jax.random.key(0), N)[0]
    support = jax.jit(sinusoids(shots=5, queries=2).draw)(key)[1].support
    np.testing.assert_allclose(support.targets, waves[2].support.targets[0], rtol=1e-5)


def test_least_squares_with_the_known_form_makes_no_error(waves):
    source, _, split = waves
    said = jax.jit(jax.vmap(source.ideal))(split.support, split.query.inputs)
    assert float(jnp.mean((said - split.query.targets) ** 2)) < 1e-5


def test_before_any_example_the_error_is_the_prior_s_variance(waves):
    # E[A²]/2 - (E[A] 2/π)² E[cos² x], with E[A²] = (5³ - 0.1³) / (3 · 4.9) and
    # E[cos² x] = 1/2 + sin(10)/20 on U[-5, 5].
    source, _, split = waves
    error = float(
        jnp.mean((jax.vmap(source.innate)(split.query.inputs) - split.query.targets) ** 2)
    )
    exact = (125 - 0.001) / 14.7 / 2 - (2.55 * 2 / np.pi) ** 2 * (0.5 + np.sin(10) / 20)
    assert exact == pytest.approx(3.006, abs=2e-3)
    assert error == pytest.approx(exact, rel=0.05)


def test_the_posterior_mean_is_that_of_a_brute_sum():
    """A million curves from the prior, each weighted by how likely it makes the support."""
    source = sinusoids_and_lines(shots=5, noise=0.3)
    _, split = jax.jit(source.draw)(jax.random.key(5))
    x = jnp.linspace(-5, 5, 9)[:, None]
    rng = np.random.default_rng(0)
    a, p = rng.uniform(0.1, 5, 500_000), rng.uniform(0, np.pi, 500_000)
    s, i = rng.uniform(-3, 3, (2, 500_000))

    def values(x):
        return np.concatenate([a * np.sin(x[:, None] - p), s * x[:, None] + i], axis=1)

    known, targets = np.asarray(split.support.inputs[:, 0]), np.asarray(split.support.targets)
    log_weight = -np.sum((targets - values(known)) ** 2, axis=0) / (2 * 0.09)
    weight = np.exp(log_weight - log_weight.max())
    brute = values(np.asarray(x[:, 0])) @ weight / weight.sum()
    ideal = jax.jit(source.ideal)(split.support, x)
    np.testing.assert_allclose(ideal[:, 0], brute, atol=0.05)


def test_a_mixture_is_told_apart_by_its_support():
    source = sinusoids_and_lines(shots=10)
    ideal = jax.jit(source.ideal)
    x = jnp.linspace(-4, 4, 10)[:, None]
    for one in (curve(True, slope=1.5, intercept=0.5), curve(False, 3.0, 1.0)):
        said = ideal(Examples(x, one.value(x)), jnp.array([[4.8], [-0.3]]))
        np.testing.assert_allclose(said, one.value(jnp.array([[4.8], [-0.3]])), atol=0.3)


def test_half_of_a_mixture_is_lines():
    curves, split = drawn(sinusoids_and_lines())
    assert float(curves.is_line.mean()) == pytest.approx(0.5, abs=0.03)
    residual = split.query.targets[..., 0] - jax.vmap(Curve.value)(
        curves, split.query.inputs[..., 0]
    )
    assert float(residual.std()) == pytest.approx(0.3, rel=0.03)


@pytest.mark.parametrize(
    "make",
    [
        lambda: sinusoids(shots=1),
        lambda: sinusoids(queries=0),
        lambda: sinusoids(noise=0.01),
        lambda: sinusoids_and_lines(noise=0.0),
        lambda: sinusoids_and_lines(lines=1.5),
    ],
)
def test_what_can_not_be_drawn_or_solved_is_refused(make):
    with pytest.raises(ConfigError):
        make()
