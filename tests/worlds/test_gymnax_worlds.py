"""Every gymnax environment is a world, and a wrong name is corrected."""

from __future__ import annotations

import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, MissingExtra
from ontogeny.testing import check_world
from ontogeny.worlds.gymnax_worlds import gymnax_world, list_worlds
from ontogeny.worlds.spaces import Box, random_action

pytestmark = pytest.mark.filterwarnings("ignore")  # what gymnax's own imports and code warn of


@pytest.fixture(scope="module")
def names():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list_worlds()


def test_the_five_minatar_games_and_more_are_there(names):
    games = {
        f"{g}-MinAtar" for g in ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders")
    }
    assert games | {"CartPole-v1", "Catch-bsuite", "Acrobot-v1"} <= set(names)
    assert {"Pendulum-v1", "MountainCarContinuous-v0"} <= set(names)


def test_every_world_keeps_its_shapes(names):
    """Traced, not run: quick for all of them."""
    check_shapes(names)


def test_worlds_keep_their_shapes_where_numbers_have_64_bits():
    with jax.enable_x64(True):
        check_shapes(
            [
                "Catch-bsuite",
                "Pendulum-v1",
                "Freeway-MinAtar",
                "MetaMaze-misc",
                "GaussianBandit-misc",
            ]
        )


def check_shapes(names):
    key = jax.random.key(0)
    for name in names:
        world = gymnax_world(name)
        state, observation = jax.eval_shape(world.reset, key)
        action = jax.eval_shape(lambda key, w=world: random_action(w.action_space, key), key)
        after, came = jax.eval_shape(world.step, key, state, action)
        kinds = [jax.tree.map(lambda x: (x.shape, x.dtype), s) for s in (state, after)]
        assert kinds[0] == kinds[1], name
        assert observation.shape == came.observation.shape == world.observation_shape, name
        assert observation.dtype == jnp.float32, name
        picture = jax.eval_shape(world.render, state)
        assert (picture.dtype, picture.shape[2]) == (jnp.uint8, 3), name


@pytest.mark.parametrize("name", ["CartPole-v1", "Breakout-MinAtar"])
def test_some_are_played(name):
    check_world(gymnax_world(name))


def test_breakout_is_drawn_in_colours():
    world = gymnax_world("Breakout-MinAtar")
    state, observation = jax.jit(world.reset)(jax.random.key(0))
    picture = np.asarray(jax.jit(world.render)(state))
    assert picture.shape == (160, 160, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) >= 4  # field, paddle, ball, bricks
    assert observation.sum() == 33  # 30 bricks, the paddle, the ball and its trail


def test_continuous_actions_are_numbers_within_bounds():
    world = gymnax_world("Pendulum-v1")
    assert world.action_space == Box((-2.0,), (2.0,))
    check_world(world, steps=8, environments=2)


def test_a_wrong_name_is_corrected():
    with pytest.raises(ConfigError, match="did you mean 'Breakout-MinAtar'"):
        gymnax_world("Breakout-Minatar")


def test_without_gymnax(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnax", None)
    with pytest.raises(MissingExtra, match=r"ontogeny\[worlds\]"):
        gymnax_world("CartPole-v1")
