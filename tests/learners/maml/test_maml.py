"""MAML's family: derivatives against closed forms, the contract, learning, and the product."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import with_drawn_start
from ontogeny.core.archive import read_about, write_archive
from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.core.learner import check_shapes
from ontogeny.core.space import Log, Space
from ontogeny.learners.maml.adapter import Adapter, headed, load_adapter
from ontogeny.learners.maml.config import METHODS, MAMLConfig, NetworkConfig, configured
from ontogeny.learners.maml.maml import Start, adapt, initial, losses_by_step, maml
from ontogeny.learners.maml.problems import Problem, regression, squared_error
from ontogeny.nn.parting import Parted
from ontogeny.testing import check_learner
from ontogeny.worlds.sources.sinusoids import Examples, Split, sinusoids

SPACE = Space({"learning_rate": Log(1e-4, 1e-2), "inner_rate": Log(1e-3, 1e-1)})
CURVES = regression(sinusoids(5, 5))
SMALL = NetworkConfig((8,))
NETWORK = headed(SMALL, (1,), 1)


class Slope(NamedTuple):
    """y = head · x, with a bias that ANIL does not touch."""

    head: jax.Array
    bias: jax.Array

    def __call__(self, x):
        return self.head * x + self.bias


SCALAR = Parted(lambda key: Slope(jnp.array([2.0]), jnp.array([0.0])), lambda arrays: arrays)


def one_task():
    """y = 3 x at x = 1 and, to be tested on, at x = 2: no other task is drawn."""

    def at(x):
        return Examples(jnp.array([[x]]), jnp.array([[3 * x]]))

    split = Split(at(1.0), at(2.0))
    return Problem("one", (1,), 1, lambda key: split, lambda key: split, squared_error)


def meta_gradient(config):
    """Return d loss after one step of rate 0.1 / d (head, bias), at head 2 and bias 0."""
    task = one_task().draw(jax.random.key(0))

    def loss(arrays):
        end = adapt(squared_error, SCALAR, config, Start(arrays, None), 0.1, task.support).end
        return squared_error(jax.vmap(end)(task.query.inputs), task.query.targets)

    gradient = jax.jit(jax.grad(loss))(SCALAR.init(jax.random.key(0)))
    return float(gradient.head[0]), float(gradient.bias[0])


def test_the_meta_gradient_by_hand():
    # With e = h + b - 3 on the support, one step leads to h' = h - 0.2 e, b' = b - 0.2 e, and on
    # the query the error is 2 h' + b' - 6 = -1.4, its derivative 2 × -1.4 × (2 dh' + db').
    second = (-2.8 * (2 * 0.8 - 0.2), -2.8 * (-2 * 0.2 + 0.8))
    np.testing.assert_allclose(meta_gradient(MAMLConfig()), second, rtol=1e-5)
    np.testing.assert_allclose(meta_gradient(MAMLConfig(order=1)), (-5.6, -2.8), rtol=1e-5)
    # The head alone moves: h' = h - 0.2 e and the error is 2 h' + b - 6 = -1.6.
    head = (-3.2 * 2 * 0.8, -3.2 * (1 - 0.4))
    np.testing.assert_allclose(meta_gradient(MAMLConfig(adapts="head")), head, rtol=1e-5)


def test_an_implicit_meta_gradient_by_hand():
    # At the minimum of e² + p/2 ((h' - h)² + (b' - b)²) with e = h' + b' - 3, both have moved by
    # m = -2 (h + b - 3) / (4 + p): here 1/3, and m falls by 1/3 for each of h and b.
    found = meta_gradient(MAMLConfig(pull=2.0, inner_steps=300))
    error = 2 * (2 + 1 / 3) + 1 / 3 - 6
    wanted = (2 * error * (2 * (1 - 1 / 3) - 1 / 3), 2 * error * (-2 / 3 + (1 - 1 / 3)))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_reptile_moves_the_start_towards_where_all_examples_lead():
    problem = one_task()
    config = MAMLConfig(outer="reptile", batch=2, learning_rate=0.5, test_batch=2)
    learner = maml(problem, SCALAR, config)
    key = jax.random.key(0)
    after, metrics = jax.jit(lambda: learner.step(key, learner.init(key, {}), {}))()
    # Both points ask for a larger slope and bias; Adam's first step goes by the rate.
    np.testing.assert_allclose(after.start.arrays.head, [2.5], rtol=1e-3)
    np.testing.assert_allclose(after.start.arrays.bias, [0.5], rtol=1e-3)
    # Mean of (h - 3)² x² over x = 1, 2 has slope -5 in h and -3 in b: steps of 0.05 and 0.03.
    np.testing.assert_allclose(metrics["gradient_norm"], 0.01 * np.hypot(5, 3), rtol=1e-3)


def test_maml_keeps_the_contract_of_a_learner():
    learner = with_drawn_start(maml(CURVES, NETWORK, MAMLConfig(batch=3, test_batch=4)))
    check_learner(learner, SPACE, population=2)


@pytest.mark.parametrize("method", ["anil", "meta-sgd", "reptile", "implicit"])
def test_the_others_differ_in_what_a_step_does_and_not_in_shapes(method):
    config = configured(method, MAMLConfig(batch=3, test_batch=4))
    check_shapes(maml(CURVES, NETWORK, config), SPACE.sample(jax.random.key(0)))


def test_every_method_sets_what_is_not_set_otherwise():
    assert set(METHODS) == {"maml", "first-order", "anil", "meta-sgd", "reptile", "implicit"}
    assert configured("reptile").inner_steps == 8
    assert configured("reptile", MAMLConfig(inner_steps=3)).inner_steps == 3
    assert configured("first-order").order == 1
    assert configured("anil").adapts == "head"
    with pytest.raises(ConfigError, match="no method"):
        configured("maml2")


def learned(method, **changes):
    config = configured(method, MAMLConfig(test_batch=200, learning_rate=3e-3, **changes))
    network = headed(NetworkConfig((20, 20)), (1,), 1)
    learner = maml(CURVES, network, config)

    @jax.jit
    def grow(key):
        def step(state, key):
            return learner.step(key, state, {})

        first = learner.init(key, {})
        state, _ = jax.lax.scan(step, first, jax.random.split(key, 300))
        return learner.score(key, first, {}), learner.score(key, state, {}), state

    return *grow(jax.random.key(0)), config, network


@pytest.fixture(scope="module")
def grown():
    return learned("maml")


def test_maml_learns_to_learn(grown):
    before, after, state, config, network = grown
    assert float(after) > 0.5 * float(before)  # scores are negative errors
    tasks = jax.jit(jax.vmap(CURVES.draw))(jax.random.split(jax.random.key(5), 200))

    def errors(task):
        return losses_by_step(squared_error, network, config, state.start, state.rate, task, 3)

    along = jax.jit(jax.vmap(errors))(tasks).mean(axis=0)
    # Nobody can know the curve before the examples: 3.006 is the least possible error.
    assert float(along[0]) > 2.5
    assert float(along[1]) < 0.75 * float(along[0])


def test_rates_of_each_step_are_learned_and_the_last_serves_further_steps():
    config = MAMLConfig(inner_steps=2, rates="leaf", rates_by_step=True)

    @jax.jit
    def look(key):
        start, support = initial(NETWORK, config, key, 0.01), CURVES.draw(key).support

        def adapted(start, steps=None):
            return adapt(squared_error, NETWORK, config, start, 0.0, support, steps)

        stopped = start._replace(rates=jax.tree.map(lambda r: r.at[1].set(0.0), start.rates))
        ends = [adapted(stopped, steps).end for steps in (2, 5)]
        return start.rates, *ends, jax.grad(lambda start: adapted(start).losses[1])(start).rates

    rates, two, five, by_rate = jax.device_get(look(jax.random.key(0)))
    assert all(rate.shape == (2,) for rate in jax.tree.leaves(rates))
    jax.tree.map(np.testing.assert_array_equal, two, five)
    assert all(np.abs(rate[0]).max() > 0 for rate in jax.tree.leaves(by_rate))


def test_a_diverging_inner_loop_is_a_dead_member():
    config = MAMLConfig(inner_steps=200, batch=2, test_batch=2)
    learner = maml(CURVES, NETWORK, config)
    key, hypers = jax.random.key(0), {"inner_rate": jnp.float32(1e4)}

    @jax.jit
    def live(key):
        state, _ = learner.step(key, learner.init(key, hypers), hypers)
        return learner.score(key, state, hypers)

    assert not np.isfinite(float(live(key)))


def test_the_product_adapts_saves_and_comes_back(grown, tmp_path):
    _, _, state, config, network = grown
    adapter = Adapter(config, NetworkConfig((20, 20)), (1,), 1, state.start, float(state.rate))
    task = jax.jit(CURVES.draw)(jax.random.key(9))
    said = adapter(*task.support, task.query.inputs, 5)

    @jax.jit
    def by_hand(state, task):
        end = adapt(squared_error, network, config, state.start, state.rate, task.support, 5).end
        return jax.vmap(network.whole(end))(task.query.inputs)

    np.testing.assert_allclose(said, by_hand(state, task), atol=1e-5)
    adapter.save(tmp_path / "it")
    again = load_adapter(tmp_path / "it")
    np.testing.assert_array_equal(again(*task.support, task.query.inputs, 5), said)
    with pytest.raises(DataError, match="targets"):
        adapter.adapt(jnp.zeros((3, 1)), jnp.zeros(3))
    with pytest.raises(DataError, match="not finite"):
        adapter.adapt(jnp.full((3, 1), jnp.nan), jnp.zeros((3, 1)))
    with pytest.raises(DataError, match="diverged"):
        adapter.adapt(jnp.ones((3, 1)), jnp.full((3, 1), 1e30), 5)
    with pytest.raises(DataError, match="inputs"):
        adapter.adapt(*task.support)(jnp.zeros((2, 3)))
    with pytest.raises(StoreError):
        load_adapter(tmp_path)
    # Earlier versions said what a start learns.
    about = read_about(tmp_path / "it", Adapter.kind)
    write_archive(tmp_path / "older", state.start, about | {"learns": "regression"})
    again = load_adapter(tmp_path / "older")
    np.testing.assert_array_equal(again(*task.support, task.query.inputs, 5), said)
    write_archive(tmp_path / "other", state.start, about | {"learns": "classification"})
    with pytest.raises(StoreError, match="classification"):
        load_adapter(tmp_path / "other")


@pytest.mark.parametrize(
    "settings",
    [
        {"inner_steps": 0},
        {"inner_rate": 0.0},
        {"rates_by_step": True},
        {"rates": "leaf", "outer": "reptile"},
        {"rates": "leaf", "pull": 1.0},
        {"outer": "reptile", "pull": 1.0},
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings):
    with pytest.raises(ConfigError):
        MAMLConfig(**settings)
