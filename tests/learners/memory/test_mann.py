"""The memory-augmented network: it writes where a row was used least."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from drawn import drawn, drawn_bits
from ontogeny.learners.memory.coder import CoderConfig
from ontogeny.learners.memory.mann import Controller, MANNConfig


def test_patterns_go_into_rows_of_their_own_and_then_over_the_oldest():
    config = MANNConfig(slots=3, width=4, heads=2, units=5, coder=CoderConfig(features=6))
    network = drawn(lambda key: Controller(config, (8,), key=key))
    network = eqx.tree_at(  # heads look everywhere alike, and nothing is written where they looked
        lambda net: (net.sharpness, net.gate.bias),
        network,
        (jnp.full(2, -30.0), jnp.full(1, -30.0)),
    )
    patterns = drawn_bits(4, 8)
    write = jax.jit(lambda patterns: network.write(patterns))
    two, three, four = (np.asarray(write(patterns[:n])) for n in (2, 3, 4))
    assert np.all(np.abs(two[:2]).max(axis=1) > 1e-3)
    assert np.all(np.abs(two[2]) < 1e-6)
    np.testing.assert_allclose(three[:2], two[:2], atol=1e-5)
    assert np.abs(three[2]).max() > 1e-3
    np.testing.assert_allclose(four[1:], three[1:], atol=1e-5)
    assert np.abs(four[0] - three[0]).max() > 1e-3


def test_heads_read_the_rows_that_match_their_keys():
    config = MANNConfig(slots=2, width=2, heads=2, units=3, coder=CoderConfig(features=4))
    network = drawn(lambda key: Controller(config, (4,), key=key))
    keys = jnp.array([3.0, 0.0, 0.0, -0.2])
    network = eqx.tree_at(
        lambda net: (net.sharpness, net.keys.bias, net.keys.weight),
        network,
        (jnp.full(2, 40.0), keys, jnp.zeros((3, 4))),
    )
    matrix = jnp.array([[0.0, -5.0], [1.0, 0.0]])
    where, read = jax.jit(lambda m, h: network.look(m, h))(matrix, jnp.ones(3))
    np.testing.assert_allclose(where, [0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(read, [1.0, 0.0, 0.0, -5.0], atol=1e-5)
