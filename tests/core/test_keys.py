"""Keys: computed, never shared."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.core.keys import Purpose, derive


def test_seeds_purposes_slots_and_steps_never_share_a_key():
    def one(seed, slot, step):
        numbered = [derive(seed, purpose, slot, step) for purpose in Purpose]
        return jax.random.key_data(
            jnp.stack([*numbered, *(derive(seed, p, slot) for p in Purpose)])
        )

    grid = np.array(list(itertools.product(range(3), range(8), range(8))), np.uint32)
    data = np.asarray(jax.jit(jax.vmap(one))(*grid.T))  # [who, purpose, 2]
    with_steps = data[:, : len(Purpose)].reshape(-1, 2)
    without = data[:, len(Purpose) :].reshape(3, 8, 8, len(Purpose), 2)[:, :, 0].reshape(-1, 2)
    keys = np.concatenate([with_steps, without])
    assert len(np.unique(keys, axis=0)) == len(keys)


def test_the_order_of_numbers_counts():
    a, b = derive(0, Purpose.STEP, 1, 2), derive(0, Purpose.STEP, 2, 1)
    assert not np.array_equal(jax.random.key_data(a), jax.random.key_data(b))


def test_a_key_is_the_same_traced_and_untraced_and_for_any_integer_type():
    plain = jax.random.key_data(derive(7, Purpose.INIT, 3, 5))
    traced = jax.jit(
        lambda seed, slot, step: jax.random.key_data(derive(seed, Purpose.INIT, slot, step))
    )
    assert np.array_equal(plain, traced(jnp.uint32(7), jnp.int32(3), jnp.uint32(5)))


def test_the_largest_seed_has_a_key_of_its_own():
    a, b = derive(2**32 - 1, Purpose.INIT), derive(0, Purpose.INIT)
    assert not np.array_equal(jax.random.key_data(a), jax.random.key_data(b))
