"""Tasks: what a network reads, what it loses, and that Bayes itself loses nothing over Bayes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.learners.sequential.tasks import normal, numbers, symbols
from ontogeny.worlds.sequences import coins, dice, markov_chains, switching_dice, variable_order
from ontogeny.worlds.signals import Signal, gaussian_means, linear_regressions

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
    sequence = task.draw(jax.random.key(1))
    exact = source.predictive(sequence)
    np.testing.assert_allclose(task.excess(jnp.log(exact), sequence), 0, atol=1e-5)
    chosen = jnp.take_along_axis(exact, sequence[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(task.loss(jnp.log(exact), sequence), -jnp.log(chosen), atol=1e-5)
    assert jnp.sum(task.excess(jnp.zeros((source.length, source.n_symbols)), sequence)) > 0.01


@pytest.mark.parametrize("source", SIGNALS, ids=lambda source: source.name)
def test_exact_normals_have_no_excess(source):
    task = numbers(source)
    signal = task.draw(jax.random.key(2))
    exact = source.predictive(signal)
    outputs = jnp.stack([exact.mean, jnp.log(exact.variance)], axis=1)
    np.testing.assert_allclose(task.excess(outputs, signal), 0, atol=1e-5)
    np.testing.assert_allclose(
        task.loss(outputs, signal), -exact.log_density(signal.targets), rtol=1e-4
    )
    assert jnp.all(task.excess(outputs + jnp.array([0.3, 0.0]), signal) > 0)


def test_a_normal_is_read_from_mean_and_log_variance():
    said = normal(jnp.array([[1.5, jnp.log(4.0)]]))
    assert float(said.mean[0]) == 1.5
    assert float(said.variance[0]) == pytest.approx(4.0)


def test_the_mean_excess_is_the_mean_difference_of_log_losses():
    """E KL(Bayes || q) = E ln Bayes - E ln q, for any q: here the uniform one."""
    source = coins(20)
    task = symbols(source)
    keys = jax.random.split(jax.random.key(3), 20_000)
    sequences = jax.jit(jax.vmap(task.draw))(keys)
    flat = jnp.zeros((20, 2))
    excess = jax.jit(jax.vmap(lambda s: task.excess(flat, s).sum()))(sequences)
    exact = 20 * np.log(2) - 11.14721  # the Bayes code length of the specification
    assert float(excess.mean()) == pytest.approx(exact, abs=5 * float(excess.std()) / 141)
