"""What is computed once equals what is computed where it is read, and is in the program once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.ops.once import once


def waves(key):
    return {"y": jnp.sin(jax.random.uniform(key, (10,))), "n": jnp.arange(3)}


def readers(make):
    """Two products of many numbers with few: each reads all of what is made."""
    y = make()["y"]
    wide = jnp.linspace(0, 1, 400).reshape(40, 10)
    return (wide * y + 1).sum(axis=1), (wide * y).max(axis=0)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_it_is_what_was_made(count):
    kept = jax.jit(lambda k, n: once(lambda: waves(k), n))(jax.random.key(0), jnp.int32(count))
    jax.tree.map(np.testing.assert_array_equal, kept, jax.jit(waves)(jax.random.key(0)))


def test_under_vmap_every_member_has_its_own():
    keys, counts = jax.random.split(jax.random.key(0), 4), jnp.array([0, 3, 0, 5])
    kept = jax.vmap(lambda k, n: once(lambda: waves(k), n))(keys, counts)
    jax.tree.map(np.testing.assert_array_equal, kept, jax.vmap(waves)(keys))


def test_the_program_computes_it_in_one_place():
    def sines(function):
        program = jax.jit(function).lower(jax.random.key(0), jnp.int32(0)).compile()
        return program.as_text().count(" sine(")

    assert sines(lambda k, n: readers(lambda: once(lambda: waves(k), n))) == 1
    assert sines(lambda k, n: readers(lambda: waves(k))) > 1  # else XLA does without: remove it
