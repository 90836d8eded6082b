"""Bodies and goals: the point mass by hand, its exact bound, and bodies behind brax's interface."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, MissingExtra, StructureError
from ontogeny.worlds.bodies import brax_bodies
from ontogeny.worlds.bodies.brax_bodies import body_of, brax_body
from ontogeny.worlds.bodies.goals import best_return, directions, episode, point_mass, velocities

KEY = jax.random.key(0)
WORLD = directions(point_mass())


def always(drive):
    return lambda key, observation: jnp.full(1, drive, jnp.float32)


def test_three_steps_of_the_point_mass_by_hand():
    steps = episode(directions(point_mass(), 3, 0.02), KEY, jnp.float32(-1.0), always(-50.0))
    np.testing.assert_allclose(steps.observations[:, 0], [0, -0.2, -0.36], atol=1e-6)
    np.testing.assert_allclose(steps.observations[:, 1], [0, -0.02, -0.056], atol=1e-6)
    np.testing.assert_allclose(steps.rewards, [0.18, 0.34, 0.468], atol=1e-6)


def test_the_bound_is_what_full_drive_earns_and_its_closed_form():
    earned = float(jnp.sum(episode(WORLD, KEY, jnp.float32(1.0), always(50.0)).rewards))
    assert best_return() == pytest.approx(20 - 4 * (1 - 0.8**20) - 0.02 * 20)
    assert best_return() == pytest.approx(earned, abs=1e-4)
    assert best_return() == pytest.approx(15.646, abs=1e-3)


@pytest.mark.parametrize("effort", [0.02, 0.5])
def test_nothing_earns_more_than_the_bound(effort):
    """Climbing the actions themselves from many starts ends at the bound, and never above it."""

    def total(actions):
        def one(velocity, action):
            velocity = 0.8 * velocity + 0.2 * action
            return velocity, velocity - effort * action**2

        return jnp.sum(jax.lax.scan(one, jnp.float32(0), actions)[1])

    def climb(actions, _):
        return jnp.clip(actions + 0.2 * jax.grad(total)(actions), -1, 1), None

    starts = jax.random.uniform(KEY, (8, 20), minval=-1, maxval=1)
    ends = jax.jit(jax.vmap(lambda a: total(jax.lax.scan(climb, a, None, 300)[0])))(starts)
    np.testing.assert_allclose(ends, best_return(20, effort), rtol=1e-4)


def test_goals_are_fair_coins_or_uniform_velocities():
    keys = jax.random.split(KEY, 2000)
    ways = jax.jit(jax.vmap(WORLD.draw))(keys)
    assert set(np.unique(ways)) == {-1.0, 1.0}
    assert abs(float(ways.mean())) < 0.1
    assert np.array_equal(jax.vmap(WORLD.mirror)(ways), -ways)
    world = velocities(point_mass(), 0.8)
    goals = jax.jit(jax.vmap(world.draw))(keys)
    assert 0 <= float(goals.min()) < 0.02
    assert 0.78 < float(goals.max()) <= 0.8
    np.testing.assert_allclose(jax.vmap(world.mirror)(goals), 0.8 - goals, rtol=1e-6)
    reward = world.reward(jnp.float32(0.5), jnp.float32(0.2), jnp.array([0.5]))
    assert float(reward) == pytest.approx(-0.3 - 0.02 * 0.25)


@pytest.mark.parametrize("settings", [{"horizon": 0}, {"effort": -0.1}])
def test_worlds_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError):
        directions(point_mass(), **settings)


class Rolled(NamedTuple):
    """What a brax state has that a body reads."""

    obs: jax.Array
    metrics: dict[str, jax.Array]


class Cart:
    """A stand-in with brax's interface: the action is the velocity."""

    observation_size, action_size = 2, 1

    def reset(self, rng):
        return Rolled(jax.random.normal(rng, (2,)), {"x_velocity": jnp.float32(0)})

    def step(self, state, action):
        return Rolled(state.obs + 0.1 * action[0], {"x_velocity": action[0]})


def test_an_environment_of_braxs_interface_is_a_body():
    world = directions(body_of("cart", 2, 1, Cart), 5, 0.0)
    assert (world.name, world.body.n_observed, world.body.n_actions) == ("cart-direction", 2, 1)
    steps = episode(world, KEY, jnp.float32(-1.0), always(-50.0))
    np.testing.assert_allclose(steps.rewards, 1.0, rtol=1e-5)
    np.testing.assert_allclose(np.diff(steps.observations, axis=0), -0.1, rtol=1e-4)


def test_without_brax_the_error_says_what_to_install(monkeypatch):
    """When the body moves; its size can be said without."""

    def gone(name):
        raise ImportError(f"no {name}")

    monkeypatch.setattr(brax_bodies.importlib, "import_module", gone)
    body = brax_body("ant")
    assert (body.n_observed, body.n_actions) == (27, 8)
    with pytest.raises(MissingExtra, match=r"ontogeny\[brax\]"):
        jax.eval_shape(body.reset, KEY)


def test_a_body_of_another_size_is_refused(monkeypatch):
    class Environments:
        @staticmethod
        def get_environment(name, backend):
            return Cart()

    monkeypatch.setattr(brax_bodies, "_envs", Environments)
    with pytest.raises(StructureError, match="2 observations and 1 actions, and not 27 and 8"):
        jax.eval_shape(brax_body("ant", "positional").reset, KEY)
