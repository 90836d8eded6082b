"""Random orthonormal columns, also side by side on devices, where a LAPACK call may hang."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.ops.initialisers import orthogonal


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (64, 64), (200, 16), (3, 40)])
def test_the_short_side_is_orthonormal(shape):
    matrix = np.asarray(orthogonal(jax.random.key(0), *shape), np.float64)
    assert matrix.shape == shape
    gram = matrix.T @ matrix if shape[0] >= shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=2e-6)


def test_no_direction_is_preferred():
    """The entries of a uniform rotation of n dimensions have mean 0 and variance 1 / n."""
    n, draws = 4, 4000
    keys = jax.random.split(jax.random.key(1), draws)
    drawn = np.asarray(jax.jit(jax.vmap(lambda key: orthogonal(key, n, n)))(keys))
    error = np.sqrt(1 / n / draws)
    assert np.abs(drawn.mean(axis=0)).max() < 4.5 * error
    np.testing.assert_allclose((drawn**2).mean(axis=0), 1 / n, atol=4.5 * np.sqrt(2 / draws) / n)


def test_the_compiled_program_calls_no_library():
    keys = jax.ShapeDtypeStruct((4, 2), jnp.uint32)
    lowered = jax.jit(jax.vmap(lambda k: orthogonal(jax.random.wrap_key_data(k), 8, 4))).lower(keys)
    assert "lapack" not in lowered.as_text()
