"""The memory network: slots, and attention over them."""

import jax
import jax.numpy as jnp
import numpy as np

from drawn import drawn, drawn_bits
from ontogeny.learners.memory.coder import CoderConfig
from ontogeny.learners.memory.slots import Slots, SlotsConfig, matched


def test_attention_over_known_slots_returns_the_slot():
    slots = jnp.array([[2.0, 0.0], [0.0, 0.1], [-1.0, -1.0]])
    np.testing.assert_allclose(matched(slots[1], slots, 50.0) @ slots, slots[1], atol=1e-6)
    flat = matched(jnp.zeros(2), slots, 50.0)  # nothing is asked: nothing matches better
    np.testing.assert_allclose(flat, np.full(3, 1 / 3), rtol=1e-6)


def test_patterns_have_a_slot_each_until_there_are_more_and_are_then_shared_out():
    config = SlotsConfig(slots=3, width=4, coder=CoderConfig(features=5))
    slots, patterns = drawn(lambda key: Slots(config, (6,), key=key)), drawn_bits(5, 6)

    @jax.jit
    def written(patterns):
        few = [slots.write(patterns[:n]) for n in (2, 3)]
        return slots.store(slots.coder.see_all(patterns)), few, slots.write(patterns)

    codes, few, shared = written(patterns)
    for n, own in zip((2, 3), few, strict=True):
        np.testing.assert_allclose(own, codes[:n], rtol=1e-4)
    assert shared.shape == (3, 4)
    np.testing.assert_allclose(shared.sum(axis=0), codes.sum(axis=0), rtol=1e-4)
