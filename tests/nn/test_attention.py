"""Causal attention over a window, with distances as penalties."""

from __future__ import annotations

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.nn.attention import Transformer

KEY = jax.random.key(0)
CONTEXT, WIDTH, HEADS = 4, 8, 4


@eqx.filter_jit
def made(n_layers):
    return Transformer(3, WIDTH, n_layers=n_layers, n_heads=HEADS, context=CONTEXT, key=KEY)


ONE_LAYER = made(1)
XS = jax.random.normal(jax.random.key(1), (11, 3))
attend = jax.jit(lambda *given: ONE_LAYER._attend(*given))


@functools.cache
def slopes_of(n_layers):
    """Return how each of the features along XS depends on each of the inputs."""
    core = made(n_layers)
    return jax.jit(jax.jacobian(lambda xs: core.along(xs)))(XS)


def seen_by(n_layers, step):
    """Return which inputs the features at `step` depend on."""
    slopes = slopes_of(n_layers)
    return np.abs(slopes[step]).max(axis=(0, 2)) > 0


@pytest.mark.parametrize("step", [0, 3, 4, 10])
def test_one_layer_sees_its_context_and_no_more(step):
    expected = [step - CONTEXT < other <= step for other in range(11)]
    np.testing.assert_array_equal(seen_by(1, step), expected)


def test_two_layers_see_the_context_of_their_context():
    expected = [other > 10 - 2 * CONTEXT + 1 for other in range(11)]
    np.testing.assert_array_equal(seen_by(2, 10), expected)


def test_reading_one_by_one_forgets_what_left_the_context():
    """After the same last inputs, another far past changes nothing."""

    @jax.jit
    def last(xs):
        memory, features = jax.lax.scan(lambda m, x: ONE_LAYER.step(m, x), ONE_LAYER.begin(), xs)
        return memory, features[-1]

    (memory, features), (_, other) = last(XS), last(XS.at[: 11 - CONTEXT].set(5.0))
    assert memory.inputs == 11
    np.testing.assert_allclose(features, other, atol=1e-6)
    np.testing.assert_allclose(features, jax.jit(lambda xs: ONE_LAYER.along(xs))(XS)[-1], atol=1e-5)


def test_of_one_input_attention_returns_the_value():
    core, x = ONE_LAYER, jnp.array([1.0, -2.0, 0.5])

    @jax.jit
    def by_hand(x):
        entered = core.enter(x)
        block = core.blocks[0]
        _, _, value = block.heads(entered)
        return core.leave(block.finish(entered, value))

    np.testing.assert_allclose(jax.jit(lambda x: core.along(x[None]))(x)[0], by_hand(x), atol=1e-5)


def test_without_matches_a_head_weighs_by_distance_alone():
    """Keys of zero: softmax(-slope distance), with slopes 2^(-8 h / heads) for h = 1, 2, …"""
    ago = np.arange(3)[:, None] - np.arange(3)
    value = np.broadcast_to(np.eye(3, dtype=np.float32)[:, None, :], (3, HEADS, 3))
    nothing = np.zeros((3, HEADS, 3), np.float32)
    read = np.asarray(attend(nothing, nothing, value, ago, ago >= 0))
    for head, slope in enumerate([0.25, 0.0625, 0.015625, 0.00390625]):
        weights = np.exp(-slope * np.array([2, 1, 0]))
        np.testing.assert_allclose(read[2, head], weights / weights.sum(), atol=1e-6)
        np.testing.assert_allclose(read[0, head], [1, 0, 0], atol=1e-6)


def test_a_match_is_scaled_by_the_root_of_the_heads_width():
    query = np.ones((2, HEADS, 2), np.float32)
    key = np.float32([np.full((HEADS, 2), 3), np.zeros((HEADS, 2))])
    value = np.broadcast_to(np.eye(2, dtype=np.float32)[:, None, :], (2, HEADS, 2))
    read = np.asarray(attend(query, key, value, np.zeros((2, 2), int), np.ones((2, 2), bool)))
    match = 2 * 3 / np.sqrt(2)
    expected = [1 / (1 + np.exp(-match)), 1 / (1 + np.exp(match))]
    np.testing.assert_allclose(read[0, 0], expected, rtol=1e-5)
