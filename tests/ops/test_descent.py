"""The inner descent against closed forms on quadratics; its memory, as the compiler counts it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.ops.descent import descend_inner, nesterov_descent, proximal_descent

CURVATURE = jnp.array([0.5, 1.0, 2.0])
START = jnp.array([1.0, -2.0, 0.5])


def bowl(x):
    """1/2 sum h x²: a step multiplies x by 1 - rate h."""
    return 0.5 * jnp.sum(CURVATURE * x**2)


def test_the_end_and_the_losses_of_a_quadratic():
    descent = descend_inner(bowl, START, 0.3, 4, watch=lambda x: x)
    path = START * (1 - 0.3 * CURVATURE) ** jnp.arange(5)[:, None]
    np.testing.assert_allclose(descent.seen, path, rtol=1e-6)
    np.testing.assert_allclose(descent.end, path[-1], rtol=1e-6)
    np.testing.assert_allclose(descent.losses, jax.vmap(bowl)(path[:-1]), rtol=1e-6)


@pytest.mark.parametrize(("steps", "remat"), [(1, False), (7, False), (7, True)])
def test_derivatives_of_second_order(steps, remat):
    def end(start, rate):
        return jnp.sum(descend_inner(bowl, start, rate, steps, remat=remat).end)

    by_start, by_rate = jax.grad(end, (0, 1))(START, 0.3)
    left = 1 - 0.3 * CURVATURE
    np.testing.assert_allclose(by_start, left**steps, rtol=1e-5)
    wanted = jnp.sum(-steps * CURVATURE * left ** (steps - 1) * START)
    np.testing.assert_allclose(by_rate, wanted, rtol=1e-5)


def test_one_step_with_a_row_of_its_own_and_a_watch():
    descent = descend_inner(
        lambda x, row: bowl(x) * row, START, 0.3, 1, each=jnp.array([2.0]), watch=lambda x: x
    )
    end = START * (1 - 0.6 * CURVATURE)
    np.testing.assert_allclose(descent.seen, jnp.stack([START, end]), rtol=1e-6)
    np.testing.assert_allclose(descent.end, end, rtol=1e-6)
    np.testing.assert_allclose(descent.losses, 2 * bowl(START)[None], rtol=1e-6)


def test_derivatives_of_first_order():
    def end(start, rate):
        return jnp.sum(descend_inner(bowl, start, rate, 3, order=1).end)

    by_start, by_rate = jax.grad(end, (0, 1))(START, 0.3)
    path = START * (1 - 0.3 * CURVATURE) ** jnp.arange(3)[:, None]
    np.testing.assert_allclose(by_start, 1.0)
    np.testing.assert_allclose(by_rate, -jnp.sum(CURVATURE * path), rtol=1e-5)


def test_a_truncated_descent_is_differentiated_through_its_last_steps():
    def end(start, rate):
        return jnp.sum(descend_inner(bowl, start, rate, 5, truncate=2).end)

    value = end(START, 0.3)
    by_start, by_rate = jax.grad(end, (0, 1))(START, 0.3)
    left = 1 - 0.3 * CURVATURE
    np.testing.assert_allclose(value, jnp.sum(START * left**5), rtol=1e-5)
    np.testing.assert_allclose(by_start, left**2, rtol=1e-5)
    wanted = jnp.sum(-2 * CURVATURE * left * START * left**3)
    np.testing.assert_allclose(by_rate, wanted, rtol=1e-5)


def test_rates_for_leaves_parameters_and_steps():
    tree = {"a": START, "b": {"c": jnp.ones(3), "d": jnp.full((2, 3), 2.0)}}

    def loss(t):
        return bowl(t["a"]) + 0.5 * jnp.sum(t["b"]["c"] ** 2) + 0.5 * jnp.sum(t["b"]["d"] ** 2)

    by_parameter = jnp.array([0.1, 0.2, 0.3])
    end = descend_inner(loss, tree, {"a": by_parameter, "b": 0.5}, 2).end
    np.testing.assert_allclose(end["a"], START * (1 - by_parameter * CURVATURE) ** 2, rtol=1e-6)
    np.testing.assert_allclose(end["b"]["c"], 0.25)
    np.testing.assert_allclose(end["b"]["d"], 0.5)
    rates = {"a": jnp.stack([by_parameter, 0 * by_parameter]), "b": jnp.array([0.5, 0.25])}
    end = descend_inner(loss, tree, rates, 2, rates_by_step=True).end
    np.testing.assert_allclose(end["a"], START * (1 - by_parameter * CURVATURE), rtol=1e-6)
    np.testing.assert_allclose(end["b"]["c"], 0.5 * 0.75)


def test_every_step_is_given_its_own_row():
    keys = jax.random.split(jax.random.key(0), 5)

    def loss(x, key):
        return jnp.sum(x * jax.random.normal(key, x.shape))

    noise = jax.vmap(lambda key: jax.random.normal(key, (3,)))(keys)
    for remat in (False, True):
        end = descend_inner(loss, START, 0.1, 5, each=keys, remat=remat).end
        np.testing.assert_allclose(end, START - 0.1 * noise.sum(0), rtol=1e-5, atol=1e-6)


def test_a_projection_follows_every_step():
    def unit(x):
        return x / jnp.sqrt(jnp.sum(x**2))

    # On the sphere the descent of a linear loss ends opposite to its slope.
    slope = unit(jnp.array([1.0, 2.0, -1.0]))
    end = descend_inner(lambda x: x @ slope, START, 0.5, 60, project=unit).end
    np.testing.assert_allclose(end, -slope, atol=1e-5)


def test_no_steps_end_where_they_start():
    descent = descend_inner(bowl, START, 0.3, 0, watch=lambda x: x)
    np.testing.assert_array_equal(descent.end, START)
    assert descent.losses.shape == (0,)
    assert descent.seen.shape == (1, 3)


def test_rematerialised_memory_grows_with_the_root_of_the_steps():
    start = jnp.full((4096,), 0.5)

    def peak(steps, remat):
        def end(x):
            return jnp.sum(
                descend_inner(lambda x: jnp.sum(jnp.cos(x)), x, 0.1, steps, remat=remat).end
            )

        compiled = jax.jit(jax.grad(end)).lower(start).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert peak(400, False) / peak(100, False) > 3.5
    few, many = peak(100, True), peak(400, True)
    assert 1.5 < many / few < 2.5
    assert many < peak(400, False) / 5


def test_implicit_derivatives_of_a_quadratic():
    def end(start, shift, strength):
        loss = lambda x: bowl(x - shift)  # noqa: E731
        return proximal_descent(loss, start, 0.3, 200, strength=strength).end

    # The minimum of h/2 (x - m)² + s/2 (x - start)² is (h m + s start) / (h + s).
    shift, s = jnp.array([0.3, 0.1, -1.0]), 0.7
    wanted = (CURVATURE * shift + s * START) / (CURVATURE + s)
    np.testing.assert_allclose(end(START, shift, s), wanted, rtol=1e-5)
    by_start, by_shift = jax.jacrev(end, (0, 1))(START, shift, s)
    np.testing.assert_allclose(by_start, jnp.diag(s / (CURVATURE + s)), atol=1e-5)
    np.testing.assert_allclose(by_shift, jnp.diag(CURVATURE / (CURVATURE + s)), atol=1e-5)


def test_what_does_not_fit_is_said():
    with pytest.raises(ConfigError, match="-1 steps"):
        descend_inner(bowl, START, 0.1, -1)
    with pytest.raises(ConfigError, match="order 3"):
        descend_inner(bowl, START, 0.1, 1, order=3)
    with pytest.raises(StructureError, match="structure"):
        descend_inner(lambda t: bowl(t["a"]), {"a": START}, {"b": 0.1}, 1)
    with pytest.raises(StructureError, match=r"rates \[2\] do not broadcast against \[3\]"):
        descend_inner(bowl, START, jnp.ones(2), 1)
    with pytest.raises(StructureError, match="for 3 steps"):
        descend_inner(bowl, START, jnp.ones(2), 3, rates_by_step=True)
    with pytest.raises(StructureError, match="for 3 steps"):
        descend_inner(lambda x, row: bowl(x), START, 0.1, 3, each=jnp.ones(2))


def test_several_losses_are_descended_together_each_at_its_own_rates():
    losses = (lambda x: jnp.sum(x**2), lambda x: jnp.sum(3 * x))
    rates = (jnp.float32(0.25), jnp.array([0.1, 0.0]))
    way = descend_inner(losses, jnp.array([1.0, 2.0]), rates, 2)
    # x <- x - 0.25 * 2 x - (0.1, 0) * 3
    np.testing.assert_allclose(way.end, [0.5 * (0.5 - 0.3) - 0.3, 0.5], rtol=1e-6)
    np.testing.assert_allclose(way.losses, [5 + 9, 0.04 + 1 + 3 * 1.2], rtol=1e-6)
    with pytest.raises(StructureError, match="1 rates for 2 losses"):
        descend_inner(losses, jnp.ones(2), rates[:1], 2)


def test_nesterovs_momentum_by_hand():
    points = nesterov_descent(
        lambda x: 0.5 * jnp.sum(x**2),
        jnp.array([1.0]),
        jnp.array([0.5, 0.5]),
        jnp.array([0.9, 0.5]),
        lambda x: jnp.clip(x, 0.2, 1.0),
    )
    # ahead 1, velocity -0.5, point 0.5; ahead 0.5 - 0.25, velocity -0.25 - 0.125, point 0.125
    np.testing.assert_allclose(points, [[1.0], [0.5], [0.2]], rtol=1e-6)
