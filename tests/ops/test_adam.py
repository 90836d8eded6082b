"""Adam at a given rate: its first step by hand, the clipped norm, and a falling rate."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.ops.adam import clipped_adam, decayed, descend


def test_the_first_step_of_adam_goes_by_the_rate_along_the_sign():
    direction = clipped_adam(1e6, epsilon=0.0)
    arrays = {"a": jnp.array([1.0, 2.0, 3.0])}
    gradient = {"a": jnp.array([0.5, -20.0, 1e-3])}
    after, _ = descend(direction, 0.1, arrays, direction.init(arrays), gradient)
    np.testing.assert_allclose(after["a"], [0.9, 2.1, 2.9], rtol=1e-5)


def test_a_long_gradient_is_scaled_down_before_adam():
    # With an epsilon as large as the clipped gradient, g / (|g| + e) shows how long it was.
    direction = clipped_adam(1.0, epsilon=1.0)
    arrays = jnp.zeros(2)
    after, _ = descend(direction, 1.0, arrays, direction.init(arrays), jnp.array([30.0, 40.0]))
    np.testing.assert_allclose(after, [-0.6 / 1.6, -0.8 / 1.8], rtol=1e-5)


@pytest.mark.parametrize(("fraction", "share"), [(0.0, 1.0), (0.5, 0.2), (1.0, 0.04), (3.0, 0.04)])
def test_the_rate_falls_to_its_final_share_and_stays(fraction, share):
    assert decayed(0.5, 0.04, jnp.float32(fraction)) == pytest.approx(0.5 * share, rel=1e-5)


def test_the_rate_may_be_traced():
    direction = clipped_adam(1.0)

    @jax.jit
    def step(rate, x):
        return descend(direction, rate, x, direction.init(x), x)[0]

    near, far = step(0.1, jnp.ones(3)), step(0.2, jnp.ones(3))
    np.testing.assert_allclose(1 - far, 2 * (1 - near), rtol=1e-4)
