"""The autoencoder: one layer, both ways, is overfit when patterns are written."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from drawn import drawn, drawn_bits
from ontogeny.learners.memory.autoencoder import Autoencoder, AutoencoderConfig
from ontogeny.learners.memory.coder import CoderConfig

CONFIG = AutoencoderConfig(writable=3, units=4, write_steps=2, coder=CoderConfig(features=5))
NETWORK = drawn(lambda key: Autoencoder(CONFIG, (6,), key=key))
PATTERNS, KNOWN = drawn_bits(4, 6), jnp.ones(6, bool)


def test_the_layer_that_is_written_both_sees_and_says():
    weight, bias = np.asarray(NETWORK.start.weight), np.asarray(NETWORK.start.bias)
    x = np.asarray(PATTERNS[0])
    stays = NETWORK.stays(NETWORK.coder.see(PATTERNS[0], KNOWN))
    code = np.tanh(np.concatenate([(2 * x - 1) @ weight + bias, stays]))
    said = weight @ np.tanh(np.asarray(NETWORK.mix(jnp.asarray(code))))
    expected = NETWORK.coder.show(jnp.asarray(np.concatenate([said, code]), jnp.float32))
    np.testing.assert_allclose(
        NETWORK.answer(NETWORK.start, PATTERNS[0], KNOWN), expected, atol=1e-5
    )


def test_writing_descends_on_the_patterns_error_by_the_rates_of_each_step():
    def loss(layer):
        answers = jax.vmap(lambda x: NETWORK.answer(layer, x, KNOWN))(PATTERNS)
        return jnp.sum((answers - PATTERNS) ** 2) / len(PATTERNS)

    def with_rates(rates):
        return eqx.tree_at(lambda net: net.rates, NETWORK, rates)

    value_and_slope = jax.jit(jax.value_and_grad(loss))
    by_hand = NETWORK.start
    for step in range(2):
        slope = value_and_slope(by_hand)[1]
        rate = jax.tree.map(lambda raw, t=step: jax.nn.softplus(raw[t]), NETWORK.rates)
        by_hand = jax.tree.map(lambda w, r, g: w - r * g, by_hand, rate, slope)
    write = jax.jit(lambda rates: with_rates(rates).write(PATTERNS))
    written = write(NETWORK.rates)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), written, by_hand)
    slow = jax.tree.map(lambda raw: raw - 3.0, NETWORK.rates)
    assert value_and_slope(write(slow))[0] < value_and_slope(NETWORK.start)[0]
