"""Filters: what a convolution of all channels or of channels apart is, and its derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.nn.filter import Filter, convolved, filtered_apart, in_groups


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize(("kernel", "stride", "side"), [(3, 1, 5), (3, 2, 8), (5, 2, 7), (1, 2, 5)])
def test_filters_are_what_a_convolution_computes(kernel, stride, side, groups):
    keys = jax.random.split(jax.random.key(2), 4)
    x = jax.random.normal(keys[0], (2, side, side + 1, 4))
    shape = (kernel, kernel, 4 // groups, 4)
    f = Filter(jax.random.normal(keys[1], shape), jax.random.normal(keys[2], (4,)))

    def grouped(f, x):
        said = jax.lax.conv_general_dilated(
            x,
            f.weight,
            (stride, stride),
            "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=groups,
        )
        return said + f.bias

    def apart(f, x):
        if groups == 1:
            return convolved(f, x, stride)  # many at once
        return jax.vmap(lambda each: filtered_apart(f, each, stride))(x)

    @jax.jit
    def both(f, x):
        said, back = zip(*(jax.vjp(way, f, x) for way in (grouped, apart)), strict=True)
        slope = jax.random.normal(keys[3], said[0].shape)
        return [(y, *pull(slope)) for y, pull in zip(said, back, strict=True)]

    with in_groups():
        np.testing.assert_allclose(apart(f, x), grouped(f, x), atol=1e-6)
    expected, found = both(f, x)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), found, expected)


def test_a_filter_of_one_place_strides():
    x = jnp.arange(25.0).reshape(5, 5, 1)
    said = convolved(Filter(jnp.ones((1, 1, 1, 1)), jnp.zeros(1)), x, 2)
    np.testing.assert_array_equal(said, x[::2, ::2])
