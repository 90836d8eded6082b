"""Layers by hand: one example in, one out, and the sizes that they refuse."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn
from ontogeny.core.errors import ConfigError
from ontogeny.nn.conv import Conv, ConvTorso
from ontogeny.nn.dense import Dense
from ontogeny.nn.mlp import MLP

KEY = jax.random.key(0)


def test_a_dense_layer_begins_orthogonal_and_without_bias():
    @jax.jit
    def look(key):
        layer = Dense(6, 3, 2.0, key=key)
        return layer.weight.T @ layer.weight, layer(jnp.zeros(6))

    products, said = look(KEY)
    np.testing.assert_allclose(products, 4 * np.eye(3), atol=1e-5)
    np.testing.assert_array_equal(said, np.zeros(3))


def test_a_dense_layer_by_hand():
    layer = drawn(lambda key: Dense(2, 2, 1.0, key=key))
    object.__setattr__(layer, "weight", jnp.array([[1.0, 2.0], [3.0, 4.0]]))
    object.__setattr__(layer, "bias", jnp.array([10.0, 20.0]))
    np.testing.assert_array_equal(layer(jnp.array([1.0, -1.0])), [8.0, 18.0])


def test_an_mlp_is_its_layers_in_turn():
    mlp = drawn(lambda key: MLP(6, (5, 4), "tanh", key=key))
    x = drawn(lambda key: jax.random.normal(key, (2, 3)))  # flattened on the way in
    by_hand = np.asarray(x).reshape(-1)
    for layer in mlp.layers:
        by_hand = np.tanh(by_hand @ np.asarray(layer.weight) + np.asarray(layer.bias))
    assert mlp.n_out == 4
    rectified = drawn(lambda key: MLP(6, (16,), "relu", key=key))
    said, above = jax.jit(lambda x: (mlp(x), rectified(x)))(x)
    np.testing.assert_allclose(said, by_hand, rtol=1e-5)
    assert (np.asarray(above) >= 0).all()


@pytest.mark.parametrize(
    ("shape", "size", "stride", "padding"),
    [((5, 7, 3), 3, 1, 0), ((3, 3, 1), 3, 1, 1), ((11, 14, 2), 4, 2, 0), ((8, 9, 2), 3, 2, 1)],
)
def test_the_convolution_is_jaxs(shape, size, stride, padding):
    @jax.jit
    def both(key, image):
        layer = Conv(shape[-1], 4, size=size, stride=stride, padding=padding, key=key)
        block = stride if size % stride == 0 else 1  # images are folded into blocks
        parts = layer.kernel.weight.reshape(*[size // block] * 2, block, block, shape[-1], 4)
        expected = jax.lax.conv_general_dilated(
            image[None],
            parts.transpose(0, 2, 1, 3, 4, 5).reshape(size, size, shape[-1], 4),
            (stride, stride),
            [(padding, padding)] * 2,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )[0]
        return layer(image), expected

    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    got, expected = both(KEY, image)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def test_a_torso_of_a_grid():
    torso = drawn(lambda key: ConvTorso((5, 6, 2), 4, (7,), key=key))
    features = jax.jit(lambda x: torso(x))(jnp.ones((5, 6, 2)))
    assert features.shape == (torso.n_out,) == (7,)
    assert torso.dense.layers[0].weight.shape == (3 * 4 * 4, 7)
    with pytest.raises(ConfigError, match=r"\(2, 6, 2\) is not an image"):
        ConvTorso((2, 6, 2), 4, (7,), key=KEY)
