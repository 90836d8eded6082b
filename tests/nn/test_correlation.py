"""Convolutions by correlation are those by views, and so are their derivatives, and these again."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.nn.conv import Conv


@pytest.mark.parametrize(("size", "stride"), [(3, 1), (3, 2), (4, 2)])
def test_by_correlation_comes_what_comes_by_views(size, stride):
    keys = jax.random.split(jax.random.key(0), 3)

    @eqx.filter_jit
    def everything(image, along):
        def of(by_views):
            conv = Conv(2, 3, size=size, stride=stride, padding=1, by_views=by_views, key=keys[0])

            def energy(weight, x):
                made = eqx.tree_at(lambda c: c.kernel.weight, conv, weight)
                return jnp.sum(jnp.sin(made(x)))

            def length(weight, x):
                return jnp.vdot(jax.grad(energy, 1)(weight, x), along)

            weight = conv.kernel.weight
            slopes = jax.grad(energy, (0, 1))(weight, image)
            return conv(image), slopes, jax.grad(length, (0, 1))(weight, image)

        return of(True), of(False)

    image, along = (jax.random.normal(k, (7, 6, 2)) for k in keys[1:])
    by_views, by_correlation = everything(image, along)
    for expected, got in zip(*map(jax.tree.leaves, (by_views, by_correlation)), strict=True):
        np.testing.assert_allclose(got, expected, atol=2e-5)
