"""The LSTM that reads patterns: what it keeps is its state."""

import jax
import jax.numpy as jnp
import numpy as np

from drawn import drawn, drawn_bits
from ontogeny.learners.memory.coder import CoderConfig
from ontogeny.learners.memory.lstm import LSTMConfig, Reader


def test_the_state_is_what_the_patterns_left_one_after_another():
    config = LSTMConfig(units=4, coder=CoderConfig(features=5))
    reader, patterns = drawn(lambda key: Reader(config, (6,), key=key)), drawn_bits(2, 6)

    @jax.jit
    def by_hand(patterns):
        state = reader.lstm.begin()
        for pattern in patterns:
            state, _ = reader.lstm.step(state, reader.coder.see(pattern, jnp.ones(6, bool)))
        return state

    write, state = jax.jit(lambda patterns: reader.write(patterns)), by_hand(patterns)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4), write(patterns), state)
    turned = write(patterns[::-1])
    assert np.abs(turned.cell - state.cell).max() > 1e-3
