"""Modules parted: arrays on one side, all else on the other, and whole again."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.nn.attention import Transformer
from ontogeny.nn.parting import part
from ontogeny.nn.recurrent import LSTM

KEY = jax.random.key(3)


class Odd(eqx.Module):
    """Arrays beside a function, a number and a name that are no fields of type static."""

    weight: jax.Array
    function: object
    scale: float
    name: str = eqx.field(static=True)

    def __call__(self, x):
        return self.function(self.scale * x * self.weight)


MAKERS = {
    "lstm": lambda key: LSTM(3, 4, key=key),
    "transformer": lambda key: Transformer(3, 4, n_layers=1, n_heads=2, context=7, key=key),
    "odd": lambda key: Odd(jax.random.normal(key, (2,)), jnp.tanh, 0.5, "odd"),
}


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


def test_a_state_is_arrays_only(make):
    leaves = jax.tree.leaves(eqx.filter_eval_shape(part(make).init, KEY))
    assert all(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in leaves)


def test_whole_again_it_is_the_module(make):
    parted, module = part(make), eqx.filter_eval_shape(make, KEY)
    arrays, made = jax.jit(lambda key: (parted.init(key), eqx.filter(make(key), eqx.is_array)))(KEY)
    whole, numbers = parted.whole(arrays), iter(jax.tree.leaves(made))
    assert jax.tree.structure(whole) == jax.tree.structure(module)
    for leaf, expected in zip(jax.tree.leaves(whole), jax.tree.leaves(module), strict=True):
        if isinstance(expected, jax.ShapeDtypeStruct):
            np.testing.assert_array_equal(leaf, next(numbers))
        else:
            assert leaf == expected
    assert next(numbers, None) is None


def test_it_is_used_under_jit_vmap_and_grad():
    parted = part(MAKERS["odd"])
    x = jnp.array([1.0, -2.0])

    def loss(arrays):
        return jnp.sum(parted.whole(arrays)(x))

    arrays = jax.jit(jax.vmap(parted.init))(jax.random.split(KEY, 5))
    slopes = jax.jit(jax.vmap(jax.grad(loss)))(arrays)
    w = np.asarray(arrays.weight)
    expected = (1 - np.tanh(0.5 * x * w) ** 2) * 0.5 * x
    np.testing.assert_allclose(slopes.weight, expected, rtol=1e-5)


def test_parting_draws_no_numbers():
    """The static half is found by tracing: nothing is computed, and no key is used up."""
    drawn = []

    def make(key):
        drawn.append(isinstance(key, jax.core.Tracer) or eqx.is_array(key))
        weight = jax.random.normal(key, (2,))
        assert isinstance(weight, jax.core.Tracer)
        return Odd(weight, jnp.tanh, 0.5, "odd")

    part(make)
    assert drawn == [True]
