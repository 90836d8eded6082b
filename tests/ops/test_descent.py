"""The inner descent against closed forms on quadratics; its memory, as the compiler counts it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.ops.descent import descend_inner, nesterov_descent, proximal_descent

CURVATURE = np.float32([0.5, 1.0, 2.0])
START = np.float32([1.0, -2.0, 0.5])


def bowl(x):
    """1/2 sum h x²: a step multiplies x by 1 - rate h."""
    return 0.5 * jnp.sum(CURVATURE * x**2)


def test_the_end_and_the_losses_of_a_quadratic():
    descent = jax.jit(lambda x: descend_inner(bowl, x, 0.3, 4, watch=lambda x: x))(START)
    path = START * (1 - 0.3 * CURVATURE) ** np.arange(5)[:, None]
    np.testing.assert_allclose(descent.seen, path, rtol=1e-6)
    np.testing.assert_allclose(descent.end, path[-1], rtol=1e-6)
    np.testing.assert_allclose(descent.losses, 0.5 * (CURVATURE * path[:-1] ** 2).sum(1), rtol=1e-6)


@pytest.mark.parametrize(("steps", "remat"), [(1, False), (7, False), (7, True)])
def test_derivatives_of_second_order(steps, remat):
    def end(start, rate):
        return jnp.sum(descend_inner(bowl, start, rate, steps, remat=remat).end)

    by_start, by_rate = jax.jit(jax.grad(end, (0, 1)))(START, 0.3)
    left = 1 - 0.3 * CURVATURE
    np.testing.assert_allclose(by_start, left**steps, rtol=1e-5)
    wanted = np.sum(-steps * CURVATURE * left ** (steps - 1) * START)
    np.testing.assert_allclose(by_rate, wanted, rtol=1e-5)


def test_one_step_with_a_row_of_its_own_and_a_watch():
    descent = jax.jit(
        lambda x, rows: descend_inner(
            lambda x, row: bowl(x) * row, x, 0.3, 1, each=rows, watch=lambda x: x
        )
    )(START, np.float32([2]))
    end = START * (1 - 0.6 * CURVATURE)
    np.testing.assert_allclose(descent.seen, np.stack([START, end]), rtol=1e-6)
    np.testing.assert_allclose(descent.end, end, rtol=1e-6)
    np.testing.assert_allclose(descent.losses, [(CURVATURE * START**2).sum()], rtol=1e-6)


def test_derivatives_of_first_order():
    def end(start, rate):
        return jnp.sum(descend_inner(bowl, start, rate, 3, order=1).end)

    by_start, by_rate = jax.jit(jax.grad(end, (0, 1)))(START, 0.3)
    path = START * (1 - 0.3 * CURVATURE) ** np.arange(3)[:, None]
    np.testing.assert_allclose(by_start, 1.0)
    np.testing.assert_allclose(by_rate, -np.sum(CURVATURE * path), rtol=1e-5)


def test_a_truncated_descent_is_differentiated_through_its_last_steps():
    def end(start, rate):
        return jnp.sum(descend_inner(bowl, start, rate, 5, truncate=2).end)

    value, (by_start, by_rate) = jax.jit(jax.value_and_grad(end, (0, 1)))(START, 0.3)
    left = 1 - 0.3 * CURVATURE
    np.testing.assert_allclose(value, np.sum(START * left**5), rtol=1e-5)
    np.testing.assert_allclose(by_start, left**2, rtol=1e-5)
    wanted = np.sum(-2 * CURVATURE * left * START * left**3)
    np.testing.assert_allclose(by_rate, wanted, rtol=1e-5)


def test_rates_for_leaves_parameters_and_steps():
    tree = {"a": START, "b": {"c": np.ones(3, np.float32), "d": np.full((2, 3), 2, np.float32)}}

    def loss(t):
        return bowl(t["a"]) + 0.5 * jnp.sum(t["b"]["c"] ** 2) + 0.5 * jnp.sum(t["b"]["d"] ** 2)

    by_parameter = np.float32([0.1, 0.2, 0.3])
    rates = {"a": np.stack([by_parameter, 0 * by_parameter]), "b": np.float32([0.5, 0.25])}

    @jax.jit
    def ends(tree, own, by_step):
        once = descend_inner(loss, tree, own, 2)
        return once.end, descend_inner(loss, tree, by_step, 2, rates_by_step=True).end

    end, by_step = ends(tree, {"a": by_parameter, "b": np.float32(0.5)}, rates)
    np.testing.assert_allclose(end["a"], START * (1 - by_parameter * CURVATURE) ** 2, rtol=1e-6)
    np.testing.assert_allclose(end["b"]["c"], 0.25)
    np.testing.assert_allclose(end["b"]["d"], 0.5)
    np.testing.assert_allclose(by_step["a"], START * (1 - by_parameter * CURVATURE), rtol=1e-6)
    np.testing.assert_allclose(by_step["b"]["c"], 0.5 * 0.75)


def test_every_step_is_given_its_own_row():
    keys = jax.random.split(jax.random.key(0), 5)

    def loss(x, key):
        return jnp.sum(x * jax.random.normal(key, x.shape))

    @jax.jit
    def ends(start, keys):
        return jax.vmap(lambda key: jax.random.normal(key, (3,)))(keys), *(
            descend_inner(loss, start, 0.1, 5, each=keys, remat=remat).end
            for remat in (False, True)
        )

    noise, *both = ends(START, keys)
    for end in both:
        np.testing.assert_allclose(end, START - 0.1 * noise.sum(0), rtol=1e-5, atol=1e-6)


def test_a_projection_follows_every_step():
    def unit(x):
        return x / jnp.sqrt(jnp.sum(x**2))

    # On the sphere the descent of a linear loss ends opposite to its slope.
    slope = np.float32([1.0, 2.0, -1.0]) / np.float32(6) ** 0.5
    end = jax.jit(lambda x: descend_inner(lambda x: x @ slope, x, 0.5, 60, project=unit).end)(START)
    np.testing.assert_allclose(end, -slope, atol=1e-5)


def test_no_steps_end_where_they_start():
    descent = jax.jit(lambda x: descend_inner(bowl, x, 0.3, 0, watch=lambda x: x))(START)
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
    shift, s = np.float32([0.3, 0.1, -1.0]), 0.7
    wanted = (CURVATURE * shift + s * START) / (CURVATURE + s)
    both = jax.jit(lambda *given: (end(*given), jax.jacrev(end, (0, 1))(*given)))
    found, (by_start, by_shift) = both(START, shift, s)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    np.testing.assert_allclose(by_start, np.diag(s / (CURVATURE + s)), atol=1e-5)
    np.testing.assert_allclose(by_shift, np.diag(CURVATURE / (CURVATURE + s)), atol=1e-5)


def test_what_does_not_fit_is_said():
    with pytest.raises(ConfigError, match="-1 steps"):
        descend_inner(bowl, jnp.asarray(START), 0.1, -1)
    with pytest.raises(ConfigError, match="order 3"):
        descend_inner(bowl, jnp.asarray(START), 0.1, 1, order=3)
    with pytest.raises(StructureError, match="structure"):
        descend_inner(lambda t: bowl(t["a"]), {"a": jnp.asarray(START)}, {"b": 0.1}, 1)
    with pytest.raises(StructureError, match=r"rates \[2\] do not broadcast against \[3\]"):
        descend_inner(bowl, jnp.asarray(START), jnp.ones(2), 1)
    with pytest.raises(StructureError, match="for 3 steps"):
        descend_inner(bowl, jnp.asarray(START), jnp.ones(2), 3, rates_by_step=True)
    with pytest.raises(StructureError, match="for 3 steps"):
        descend_inner(lambda x, row: bowl(x), jnp.asarray(START), 0.1, 3, each=jnp.ones(2))


def test_several_losses_are_descended_together_each_at_its_own_rates():
    losses = (lambda x: jnp.sum(x**2), lambda x: jnp.sum(3 * x))
    rates = (np.float32(0.25), np.float32([0.1, 0.0]))
    way = jax.jit(lambda x, rates: descend_inner(losses, x, rates, 2))(np.float32([1, 2]), rates)
    # x <- x - 0.25 * 2 x - (0.1, 0) * 3
    np.testing.assert_allclose(way.end, [0.5 * (0.5 - 0.3) - 0.3, 0.5], rtol=1e-6)
    np.testing.assert_allclose(way.losses, [5 + 9, 0.04 + 1 + 3 * 1.2], rtol=1e-6)
    with pytest.raises(StructureError, match="1 rates for 2 losses"):
        descend_inner(losses, jnp.ones(2), (0.25,), 2)


def test_nesterovs_momentum_by_hand():
    points = jax.jit(
        lambda x, rates, momenta: nesterov_descent(
            lambda x: 0.5 * jnp.sum(x**2), x, rates, momenta, lambda x: jnp.clip(x, 0.2, 1.0)
        )
    )(np.float32([1]), np.float32([0.5, 0.5]), np.float32([0.9, 0.5]))
    # ahead 1, velocity -0.5, point 0.5; ahead 0.5 - 0.25, velocity -0.25 - 0.125, point 0.125
    np.testing.assert_allclose(points, [[1.0], [0.5], [0.2]], rtol=1e-6)
