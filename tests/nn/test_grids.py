"""Torsos for pixels and for symbolic grids."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn
from ontogeny.core.errors import ConfigError
from ontogeny.nn.conv import Conv
from ontogeny.nn.impala import LargeImpalaTorso, SmallImpalaTorso, pooled
from ontogeny.nn.tokens import TokenTorso

KEY = jax.random.key(0)


@pytest.mark.parametrize("shape", [(6, 9, 2), (5, 4, 1)])
def test_pooling_is_the_windows_maximum_and_so_is_its_gradient(shape):
    def by_jax(x):
        around = [(1, 1), (1, 1), (0, 0)]
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (3, 3, 1), (2, 2, 1), around)

    @jax.jit
    def both(x):
        return pooled(x), by_jax(x), jax.grad(lambda x: jnp.sum(pooled(x) ** 2))(x)

    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    got, expected, gradient = both(x)
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_allclose(gradient.sum(), 2 * expected.sum(), rtol=1e-5)


def test_the_small_torso_has_the_papers_two_convolutions():
    torso = jax.eval_shape(lambda: SmallImpalaTorso((72, 96, 3), 16, 256, key=KEY))
    first, second = torso.convolutions
    assert first.kernel.weight.shape == (8 * 8 * 3, 16)
    assert second.kernel.weight.shape == (4 * 4 * 16, 32)
    assert torso.dense.weight.shape == (7 * 10 * 32, 256)
    with pytest.raises(ConfigError, match="1x1 is too small for a 4x4"):
        jax.eval_shape(lambda: SmallImpalaTorso((10, 10, 4), 16, 256, key=KEY))


def test_the_large_torso_has_fifteen_convolutions_and_ends_in_features():
    is_conv = lambda leaf: isinstance(leaf, Conv)  # noqa: E731
    torso = jax.eval_shape(lambda: LargeImpalaTorso((72, 96, 3), 16, 256, key=KEY))
    convolutions = [x for x in jax.tree.leaves(torso, is_leaf=is_conv) if is_conv(x)]
    assert len(convolutions) == 15
    assert torso.dense.weight.shape == (9 * 12 * 32, 256)

    small = drawn(lambda key: LargeImpalaTorso((9, 7, 2), 4, 5, key=key))
    features = jax.jit(lambda x: small(x))(jnp.ones((9, 7, 2)))
    assert features.shape == (5,)
    assert np.isfinite(features).all()
    with pytest.raises(ConfigError, match="is not an image"):
        LargeImpalaTorso((4,), 4, 5, key=KEY)


def test_a_cell_of_a_symbolic_grid_is_told_by_each_of_its_numbers():
    @eqx.filter_jit
    def features(grids):
        torso = TokenTorso((4, 4, 2), (5, 3), 4, (6,), key=KEY)
        return jax.vmap(torso)(grids)

    grid = jnp.zeros((4, 4, 2))
    grids = jnp.stack([grid, grid.at[1, 1, 0].set(1), grid.at[1, 1, 1].set(1)])
    seen = np.asarray(features(grids))
    assert seen.shape == (3, 6)
    assert len(np.unique(seen.round(5), axis=0)) == 3
    with pytest.raises(ConfigError, match="not a grid of cells of 3 numbers"):
        TokenTorso((4, 4, 2), (5, 3, 2), 4, (6,), key=KEY)
