"""Predictors: the contract, learning towards Bayes, and what a person gets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import with_drawn_start
from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.core.space import Log, Space
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.learners.sequential.forecaster import Forecaster, load_forecaster
from ontogeny.learners.sequential.predictor import excess_along, predictor
from ontogeny.learners.sequential.tasks import numbers, symbols
from ontogeny.nn.cores import CoreConfig
from ontogeny.testing import check_learner
from ontogeny.worlds.sources.sequences import coins
from ontogeny.worlds.sources.signals import gaussian_means, linear_regressions

SPACE = Space({"learning_rate": Log(1e-4, 1e-1)})


def small(kind="gru", **settings):
    settings = {"batch": 32, "updates": 150, "test_batch": 64} | settings
    return TrainingConfig(core=CoreConfig(kind, width=8, layers=1, heads=2), **settings)


def begun(task, training):
    """Return a state whose network has no number that is nought."""
    rng = np.random.default_rng(0)
    state = jax.eval_shape(predictor(task, training).init, jax.random.key(0), {})
    drawn = lambda leaf: jnp.asarray(0.1 + 0.3 * rng.normal(size=leaf.shape), leaf.dtype)  # noqa: E731
    return state._replace(network=jax.tree.map(drawn, state.network))


def test_a_predictor_keeps_the_contract_of_a_learner():
    check_learner(
        with_drawn_start(predictor(numbers(linear_regressions(4, 2)), small("gru"))), SPACE
    )


# a GRU learns numbers, below
@pytest.mark.parametrize("kind", ["lstm", "transformer", "state-space"])
def test_every_core_goes_most_of_the_way_to_bayes_on_a_short_coin(kind):
    # Uniform guessing loses 0.32 nats over Bayes on five tosses of a Beta(1, 1) coin.
    learner = predictor(symbols(coins(5)), small(kind, learning_rate=2e-2))

    @jax.jit
    def losses(key):  # each of fresh coins, so that nothing else needs to be asked
        keys = jax.random.split(key, 150)
        step = lambda state, key: learner.step(key, state, {})  # noqa: E731
        return jax.lax.scan(step, learner.init(key, {}), keys)[1]["log_loss"]

    loss, exact = np.asarray(losses(jax.random.key(0))), 3.09577
    assert loss[-20:].mean() - exact < 0.3 * (5 * np.log(2) - exact)
    assert loss[-20:].mean() < loss[:5].mean()


def test_numbers_are_learned_too():
    learner = predictor(numbers(gaussian_means(5)), small(learning_rate=2e-2))

    @jax.jit
    def scores(key):
        first = learner.init(key, {})
        keys = jax.random.split(key, 150)
        state, _ = jax.lax.scan(lambda s, key: learner.step(key, s, {}), first, keys)
        before_and_after = jax.tree.map(lambda *leaves: jnp.stack(leaves), first, state)
        return jax.lax.map(lambda s: learner.score(key, s, {}), before_and_after)

    before, after = scores(jax.random.key(0))
    assert -after < 0.35 * -before


def test_the_hyper_takes_the_place_of_the_settings_rate():
    task, key = symbols(coins(5)), jax.random.key(0)
    unset, training = (predictor(task, small(learning_rate=rate)) for rate in (1e-9, 2e-2))

    @jax.jit
    def updated():
        state = training.init(key, {})
        by_hyper = unset.step(key, state, {"learning_rate": jnp.float32(2e-2)})[0]
        return state.network, by_hyper.network, training.step(key, state, {})[0].network

    start, by_hyper, by_setting = jax.device_get(updated())
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-7), by_hyper, by_setting)
    assert np.abs(by_hyper.head.bias - start.head.bias).max() > 1e-2


def test_the_excess_of_a_predictor_that_says_nothing_is_that_of_uniform_guessing():
    task, core = symbols(coins(5)), CoreConfig("gru", width=4)
    state = jax.eval_shape(predictor(task, TrainingConfig(core=core)).init, jax.random.key(0), {})
    silent = jax.tree.map(lambda leaf: jnp.asarray(np.zeros(leaf.shape, leaf.dtype)), state.network)
    along = jax.jit(lambda arrays: excess_along(task, core, arrays, jax.random.key(1), 4000))
    excess = np.asarray(along(silent)).sum(axis=1)
    assert float(excess.mean()) == pytest.approx(5 * np.log(2) - 3.09577, abs=0.03)


def test_the_product_says_what_the_network_says_and_one_step_more():
    task, training = symbols(coins(5)), small()
    state = begun(task, training)
    product = Forecaster(training.core, state.network, 2)
    sequence = np.array([1, 0, 1, 1, 0])
    said = np.asarray(product(sequence))
    assert said.shape == (6, 2)
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(product(sequence[:3]), said[:4], rtol=1e-5)
    along = lambda x: jax.nn.softmax(product.network.along(state.network, task.inputs(x)))  # noqa: E731
    np.testing.assert_allclose(said[:5], jax.jit(along)(sequence), rtol=1e-5)


def test_the_product_comes_back_from_its_file(tmp_path):
    task, training = numbers(linear_regressions(4, 2)), small("state-space")
    state = begun(task, training)
    product = Forecaster(training.core, state.network, 0, 2)
    product.save(tmp_path / "it")
    signal = jax.jit(task.draw)(jax.random.key(5))
    features = jnp.asarray(np.concatenate([signal.inputs, np.ones((1, 2), np.float32)]))
    said = product.numbers(features, signal.targets)
    again = load_forecaster(tmp_path / "it").numbers(features, signal.targets)
    np.testing.assert_array_equal(said.mean, again.mean)
    np.testing.assert_array_equal(said.variance, again.variance)
    assert said.mean.shape == (5,)


def test_what_does_not_fit_is_refused(tmp_path):
    training = small()
    product = Forecaster(training.core, None, 2)
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
