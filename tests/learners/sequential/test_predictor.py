"""Predictors: the contract, learning towards Bayes, and what a person gets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.core.space import Log, Space
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.learners.sequential.forecaster import Forecaster, load_forecaster
from ontogeny.learners.sequential.predictor import excess_along, predictor
from ontogeny.learners.sequential.tasks import numbers, symbols
from ontogeny.nn.cores import CoreConfig
from ontogeny.testing import check_learner
from ontogeny.worlds.sequences import coins
from ontogeny.worlds.signals import gaussian_means, linear_regressions

SPACE = Space({"learning_rate": Log(1e-4, 1e-1)})
KINDS = ("gru", "lstm", "transformer", "state-space")


def small(kind="gru", **settings):
    settings = {"batch": 32, "updates": 150, "test_batch": 64} | settings
    return TrainingConfig(core=CoreConfig(kind, width=8, layers=1, heads=2), **settings)


def learned(task, training, updates, rate=None):
    learner = predictor(task, training)
    hypers = {} if rate is None else {"learning_rate": jnp.float32(rate)}

    @jax.jit
    def grow(key):
        def step(state, key):
            return learner.step(key, state, hypers)

        keys = jax.random.split(key, updates)
        state, metrics = jax.lax.scan(step, learner.init(key, hypers), keys)
        return state, metrics, learner.score(key, state, hypers)

    return grow(jax.random.key(0))


def begun(task, training):
    """Return a state whose network has no number that is nought."""
    state = jax.jit(predictor(task, training).init)(jax.random.key(0), {})
    return state._replace(network=jax.tree.map(lambda leaf: leaf + 0.1, state.network))


@pytest.mark.parametrize("kind", KINDS)
def test_a_predictor_keeps_the_contract_of_a_learner(kind):
    check_learner(predictor(symbols(coins(5)), small(kind)), SPACE)


def test_a_predictor_of_numbers_keeps_the_contract_too():
    check_learner(predictor(numbers(linear_regressions(4, 2)), small()), SPACE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_core_goes_most_of_the_way_to_bayes_on_a_short_coin(kind):
    # Uniform guessing loses 0.32 nats over Bayes on five tosses of a Beta(1, 1) coin.
    _, metrics, score = learned(symbols(coins(5)), small(kind, learning_rate=2e-2), 150)
    exact = 5 * np.log(2) - 3.09577
    assert -score < 0.3 * exact
    assert metrics["log_loss"][-20:].mean() < metrics["log_loss"][:5].mean()


def test_numbers_are_learned_too():
    task, training = numbers(gaussian_means(5)), small(learning_rate=2e-2)
    learner, key = predictor(task, training), jax.random.key(0)
    before = jax.jit(lambda key: learner.score(key, learner.init(key, {}), {}))(key)
    after = learned(task, training, 150)[2]
    assert -after < 0.35 * -before


def test_the_hyper_takes_the_place_of_the_settings_rate():
    task = symbols(coins(5))
    by_hyper = learned(task, small(learning_rate=1e-9), 30, rate=2e-2)[0].network
    by_setting = learned(task, small(learning_rate=2e-2), 30)[0].network
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), by_hyper, by_setting)


def test_the_excess_of_a_predictor_that_says_nothing_is_that_of_uniform_guessing():
    task, core = symbols(coins(5)), CoreConfig("gru", width=4)
    state = predictor(task, TrainingConfig(core=core)).init(jax.random.key(0), {})
    silent = jax.tree.map(jnp.zeros_like, state.network)
    excess = excess_along(task, core, silent, jax.random.key(1), 4000).sum(axis=1)
    assert float(excess.mean()) == pytest.approx(5 * np.log(2) - 3.09577, abs=0.03)


def test_the_product_says_what_the_network_says_and_one_step_more():
    task, training = symbols(coins(5)), small()
    state = begun(task, training)
    product = Forecaster(training.core, state.network, 2)
    sequence = jnp.array([1, 0, 1, 1, 0])
    said = product(sequence)
    assert said.shape == (6, 2)
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(product(sequence[:3]), said[:4], rtol=1e-5)
    logits = product.network.along(state.network, task.inputs(sequence))
    np.testing.assert_allclose(said[:5], jax.nn.softmax(logits), rtol=1e-5)


def test_the_product_comes_back_from_its_file(tmp_path):
    task, training = numbers(linear_regressions(4, 2)), small("state-space")
    state = begun(task, training)
    product = Forecaster(training.core, state.network, 0, 2)
    product.save(tmp_path / "it")
    signal = task.draw(jax.random.key(5))
    features = jnp.concatenate([signal.inputs, jnp.ones((1, 2))])
    said = product.numbers(features, signal.targets)
    again = load_forecaster(tmp_path / "it").numbers(features, signal.targets)
    np.testing.assert_array_equal(said.mean, again.mean)
    np.testing.assert_array_equal(said.variance, again.variance)
    assert said.mean.shape == (5,)


def test_what_does_not_fit_is_refused(tmp_path):
    training = small()
    state = predictor(symbols(coins(5)), training).init(jax.random.key(0), {})
    product = Forecaster(training.core, state.network, 2)
    with pytest.raises(DataError, match="symbols from 0 to 2"):
        product(jnp.array([0, 1, 2]))
    with pytest.raises(DataError, match="one of symbols"):
        product.numbers(jnp.zeros((1, 0)), jnp.zeros(0))
    with pytest.raises(StoreError):
        load_forecaster(tmp_path)
    with pytest.raises(ConfigError, match="batch is 0"):
        TrainingConfig(batch=0)
    with pytest.raises(ConfigError, match="don't divide"):
        CoreConfig("transformer", width=10, heads=4)
