"""Diagonal state spaces: how fast they forget, and that a parallel scan is the recurrence."""

from __future__ import annotations

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.nn import state_space
from ontogeny.nn.state_space import TIMES, Layer, StateSpace, _then

KEY = jax.random.key(0)


def test_changes_compose():
    first, second = (jnp.array([0.5]), jnp.array([2.0])), (jnp.array([0.25]), jnp.array([-1.0]))
    keep, add = _then(first, second)
    h = 3.0
    np.testing.assert_allclose(keep * h + add, 0.25 * (0.5 * h + 2.0) - 1.0)


def test_the_parallel_scan_is_the_recurrence():
    rng = np.random.default_rng(0)
    keep, add = np.float32(rng.uniform(size=(1000, 4))), np.float32(rng.normal(size=(1000, 4)))
    h, expected = np.zeros(4), []
    for a, b in zip(np.float64(keep), np.float64(add), strict=True):
        h = a * h + b
        expected.append(h)
    found = jax.jit(lambda pair: jax.lax.associative_scan(_then, pair)[1])((keep, add))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_units_fade_at_their_times():
    """With inputs that neither hurry nor halt, the pace is 1 and a state falls to 1/e in τ steps,
    the τ spread evenly on a log scale.
    """

    @jax.jit
    def kept():
        layer = Layer(4, key=KEY)
        layer.hurry.__dict__["weight"] = jnp.zeros((4, 4))
        return layer.change(jnp.ones(4))[0]

    keep = kept()
    np.testing.assert_allclose(-1 / np.log(keep), np.geomspace(*TIMES, 4), rtol=1e-2)
    assert (np.asarray(keep) < 1).all()


def test_the_change_by_hand():
    x = np.float32([0.5, -1.0, 2.0])

    @jax.jit
    def change(x):
        layer = Layer(3, key=KEY)
        return layer.hurry.weight, layer.enter.weight, *layer.change(x)

    hurry, enter, keep, add = jax.device_get(change(x))
    unit = x / np.sqrt(np.mean(np.square(x)) + 1e-6)
    pace = np.log1p(np.exp(unit @ hurry + np.log(np.e - 1)))
    np.testing.assert_allclose(keep, np.exp(-pace / np.geomspace(*TIMES, 3)), rtol=1e-5)
    np.testing.assert_allclose(add, pace * (unit @ enter), rtol=1e-5)


def test_a_long_sequence_stays_finite_and_is_remembered(monkeypatch):
    """Its blocks, the last of them not full, give what one step after another gives, and its
    gradient.
    """
    monkeypatch.setattr(state_space, "BLOCK", 128)
    core, length = eqx.filter_jit(lambda key: StateSpace(2, 16, key=key))(KEY), 2300
    xs = np.random.default_rng(0).normal(size=(length, 2)).astype(np.float32)

    def step_by_step(xs):
        return jax.lax.scan(lambda memory, x: core.step(memory, x), core.begin(), xs)[1]

    @functools.partial(jax.jit, static_argnums=0)
    def read(along, xs):
        def last(xs):
            features = along(xs)
            return features[-1, 0], features

        return jax.value_and_grad(last, has_aux=True)(xs)

    (value, features), slope = jax.device_get(read(lambda xs: core.along(xs), xs))
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    # The slowest units fade in 1000 steps and are scaled by 1000^-1/2: e^-2 / 32 = 4e-3 of
    # an input is left after 2000 steps, before what reads it. Faded in 200 steps, 1e-6 would be.
    assert np.abs(slope[length - 2000]).max() > 1e-5 * np.abs(slope[-1]).max()
    (_, expected), expected_slope = jax.device_get(read(step_by_step, xs))
    np.testing.assert_allclose(features, expected, atol=1e-3)
    np.testing.assert_allclose(slope, expected_slope, atol=1e-4 * np.abs(expected_slope).max())
