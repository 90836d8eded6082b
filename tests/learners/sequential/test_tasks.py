"""Tasks: what a network reads, what it loses, and that Bayes itself loses nothing over Bayes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.learners.sequential.tasks import normal, numbers, symbols
from ontogeny.worlds.sources.sequences import (
    coins,
    dice,
    markov_chains,
    switching_dice,
    variable_order,
)
from ontogeny.worlds.sources.signals import Signal, gaussian_means, linear_regressions

SOURCES = [coins(12), dice(9), markov_chains(10), switching_dice(10), variable_order(10, 2)]
SIGNALS = [gaussian_means(8), linear_regressions(8, 3)]


def test_before_every_symbol_the_network_reads_the_last_and_at_first_nothing():
    task = symbols(dice(4))
    read = task.inputs(jnp.array([2, 0, 1, 1]))
    np.testing.assert_array_equal(read, [[0, 0, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]])


def test_before_every_number_the_network_reads_its_features_and_the_last_target():
    task = numbers(linear_regressions(3, 2))
    signal = Signal(jnp.arange(6.0).reshape(3, 2), jnp.array([7.0, 8.0, 9.0]))
    np.testing.assert_array_equal(task.inputs(signal), [[0, 1, 0], [2, 3, 7], [4, 5, 8]])


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_exact_bayes_has_no_excess_and_its_own_log_loss(source):
    task = symbols(source)

    @jax.jit
    def measured(key):
        sequence = task.draw(key)
        exact = source.predictive(sequence)
        even = jnp.zeros((source.length, source.n_symbols))
        excess = task.excess(jnp.log(exact), sequence), task.excess(even, sequence)
        return sequence, exact, *excess, task.loss(jnp.log(exact), sequence)

    sequence, exact, none, some, loss = jax.device_get(measured(jax.random.key(1)))
    np.testing.assert_allclose(none, 0, atol=1e-5)
    chosen = np.take_along_axis(exact, sequence[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(loss, -np.log(chosen), atol=1e-5)
    assert some.sum() > 0.01


@pytest.mark.parametrize("source", SIGNALS, ids=lambda source: source.name)
def test_exact_normals_have_no_excess(source):
    task = numbers(source)

    @jax.jit
    def measured(key):
        signal = task.draw(key)
        exact = source.predictive(signal)
        outputs = jnp.stack([exact.mean, jnp.log(exact.variance)], axis=1)
        shifted = outputs + jnp.array([0.3, 0.0])
        excess = task.excess(outputs, signal), task.excess(shifted, signal)
        return *excess, task.loss(outputs, signal), -exact.log_density(signal.targets)

    none, some, loss, expected = jax.device_get(measured(jax.random.key(2)))
    np.testing.assert_allclose(none, 0, atol=1e-5)
    np.testing.assert_allclose(loss, expected, rtol=1e-4)
    assert np.all(some > 0)


def test_a_normal_is_read_from_mean_and_log_variance():
    said = normal(jnp.array([[1.5, jnp.log(4.0)]]))
    assert float(said.mean[0]) == 1.5
    assert float(said.variance[0]) == pytest.approx(4.0)


def test_the_mean_excess_is_the_mean_difference_of_log_losses():
    """E KL(Bayes || q) = E ln Bayes - E ln q, for any q: here the uniform one."""
    source = coins(20)
    task = symbols(source)

    @jax.jit
    def excesses(key):
        keys = jax.random.split(key, 20_000)
        return jax.vmap(lambda key: task.excess(jnp.zeros((20, 2)), task.draw(key)).sum())(keys)

    excess = np.asarray(excesses(jax.random.key(3)))
    exact = 20 * np.log(2) - 11.14721  # the Bayes code length of the specification
    assert float(excess.mean()) == pytest.approx(exact, abs=5 * float(excess.std()) / 141)
