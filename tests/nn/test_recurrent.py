"""Gated recurrence: its equations transcribed to NumPy, and what a core with memory promises."""

from __future__ import annotations

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.nn.attention import Transformer
from ontogeny.nn.recurrent import GRU, LSTM
from ontogeny.nn.state_space import StateSpace

KEY = jax.random.key(0)
N_IN, WIDTH, TIME = 3, 8, 12


@eqx.filter_jit
def made(key):
    return {
        "gru": GRU(N_IN, WIDTH, key=key),
        "lstm": LSTM(N_IN, WIDTH, key=key),
        "transformer": Transformer(N_IN, WIDTH, n_layers=2, n_heads=2, context=5, key=key),
        "state space": StateSpace(N_IN, WIDTH, n_layers=2, key=key),
    }


@functools.cache
def cores():
    """Return all of them, from one program."""
    return made(KEY)


NAMES = ("gru", "lstm", "transformer", "state space")
XS = jax.random.normal(jax.random.key(1), (TIME, N_IN))


@pytest.fixture(params=NAMES)
def core(request):
    return cores()[request.param]


@jax.jit
def along(core, xs):
    return core.along(xs)


@jax.jit
def one_by_one(core, xs):
    return jax.lax.scan(lambda memory, x: core.step(memory, x), core.begin(), xs)[1]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def in_numpy(layer):
    return np.asarray(layer.weight, np.float64), np.asarray(layer.bias, np.float64)


def shaken(core):
    """Return the core with every number moved, so that no bias is zero and no matrix orthogonal."""
    rng = np.random.default_rng(2)
    move = lambda x: jnp.asarray(np.asarray(x) + 0.3 * rng.normal(size=x.shape), x.dtype)  # noqa: E731
    return jax.tree.map(move, core)


def test_an_lstm_is_its_equations():
    core = shaken(cores()["lstm"])
    (w, b), (u, v) = in_numpy(core.inputs), in_numpy(core.recurrent)
    cell, output, expected = np.zeros(WIDTH), np.zeros(WIDTH), []
    for x in np.asarray(XS, np.float64):
        enter, keep, show, candidate = np.split(x @ w + b + output @ u + v, 4)
        cell = sigmoid(keep) * cell + sigmoid(enter) * np.tanh(candidate)
        output = sigmoid(show) * np.tanh(cell)
        expected.append(output)
    np.testing.assert_allclose(along(core, XS), expected, atol=1e-5)


def test_a_gru_is_its_equations():
    core = shaken(cores()["gru"])
    (w, b), (u, v) = in_numpy(core.inputs), in_numpy(core.recurrent)
    h, expected = np.zeros(WIDTH), []
    for x in np.asarray(XS, np.float64):
        reset, update, candidate = np.split(x @ w + b, 3)
        reset_back, update_back, candidate_back = np.split(h @ u + v, 3)
        update = sigmoid(update + update_back)
        candidate = np.tanh(candidate + sigmoid(reset + reset_back) * candidate_back)
        h = update * h + (1 - update) * candidate
        expected.append(h)
    np.testing.assert_allclose(along(core, XS), expected, atol=1e-5)


@pytest.mark.parametrize(("name", "n_gates"), [("gru", 3), ("lstm", 4)])
def test_recurrent_weights_begin_orthogonal_gate_by_gate(name, n_gates):
    for block in np.split(np.asarray(cores()[name].recurrent.weight), n_gates, axis=1):
        np.testing.assert_allclose(block.T @ block, np.eye(WIDTH), atol=1e-5)


def test_forget_gates_begin_at_one():
    keep = np.split(np.asarray(cores()["lstm"].inputs.bias), 4)[1]
    np.testing.assert_array_equal(keep, np.ones(WIDTH))
    assert cores()["lstm"].inputs.bias.sum() == WIDTH


def test_all_at_once_is_one_by_one(core):
    core = shaken(core)
    features = along(core, XS)
    assert features.shape == (TIME, core.n_out) == (TIME, WIDTH)
    np.testing.assert_allclose(features, one_by_one(core, XS), atol=2e-5)


def test_what_comes_later_changes_nothing_before(core):
    other = np.array(XS)
    other[TIME // 2 :] = 7
    difference = np.asarray(along(core, XS)) - along(core, jnp.asarray(other))
    same, changed = np.split(difference, [TIME // 2])
    np.testing.assert_allclose(same, 0.0, atol=1e-6)
    assert np.abs(changed).max(axis=1).min() > 1e-3


def test_what_came_before_is_remembered(core):
    other = np.array(XS)
    other[TIME - 4] += 1
    last, changed = (np.asarray(along(core, jnp.asarray(xs)))[-1] for xs in (XS, other))
    assert np.abs(last - changed).max() > 1e-4


def test_the_gradient_of_all_at_once_is_that_of_one_by_one(core):
    """Every weight gets one, it is finite, and it is the plain scan's, stored step by step."""
    core, direction = shaken(core), jax.random.normal(jax.random.key(3), (TIME, WIDTH))

    @jax.jit
    def slopes(core):
        return (
            jax.grad(lambda core: jnp.sum(direction * core.along(XS)))(core),
            jax.grad(lambda core: jnp.sum(direction * one_by_one(core, XS)))(core),
        )

    ours, plain = map(jax.tree.leaves, slopes(core))
    assert len(ours) == len(jax.tree.leaves(core))
    for slope, expected in zip(ours, plain, strict=True):
        assert np.isfinite(slope).all()
        assert np.abs(slope).max() > 0
        np.testing.assert_allclose(slope, expected, atol=1e-3, rtol=1e-3)


def test_the_gradient_is_that_of_finite_differences(core):
    core, direction = shaken(core), jax.random.normal(jax.random.key(3), (TIME, WIDTH))

    def value(core):
        return jnp.sum(direction * core.along(XS))

    @jax.jit
    def slope_and_difference(core):
        ways = jax.grad(value)(core)
        length = jnp.sqrt(sum(jnp.sum(way**2) for way in jax.tree.leaves(ways)))

        def moved(by):
            return value(jax.tree.map(lambda leaf, way: leaf + by * way / length, core, ways))

        return length, (moved(5e-3) - moved(-5e-3)) / 1e-2

    length, difference = slope_and_difference(core)
    np.testing.assert_allclose(difference, length, rtol=1e-2)


def test_cores_go_under_vmap_with_one_set_of_weights(core):
    batch = jnp.stack([XS, 2 * XS, -XS])
    expected = [along(core, xs) for xs in batch]
    np.testing.assert_allclose(jax.jit(jax.vmap(core.along))(batch), expected, atol=2e-5)


@pytest.mark.parametrize(
    "build",
    [
        lambda: GRU(0, 4, key=KEY),
        lambda: LSTM(2, 0, key=KEY),
        lambda: Transformer(2, 6, n_heads=4, key=KEY),
        lambda: Transformer(2, 8, n_layers=0, key=KEY),
        lambda: Transformer(2, 8, context=0, key=KEY),
        lambda: StateSpace(2, 0, key=KEY),
        lambda: StateSpace(2, 4, n_layers=0, key=KEY),
    ],
)
def test_sizes_that_make_no_core_are_refused(build):
    with pytest.raises(ConfigError):
        build()
