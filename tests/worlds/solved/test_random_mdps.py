"""Random processes, and a grid as tables beside the grid as a world."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.grids.random_grids import END, grid_world, random_grid, tabulated
from ontogeny.worlds.solved.random_mdps import layered_mdp, random_mdp


def test_every_action_ends_as_often_as_said():
    mdp = jax.jit(lambda key: random_mdp(key, 4, 3, ends=0.2))(jax.random.key(0))
    np.testing.assert_allclose(mdp.transition.sum(axis=2), 0.8, rtol=1e-6)
    np.testing.assert_allclose(mdp.start.sum(), 1.0, rtol=1e-6)


def test_layers_lead_on_and_end():
    mdp = jax.jit(lambda key: layered_mdp(key, 3, 2, 2))(jax.random.key(0))
    leads = np.asarray(mdp.transition).reshape(3, 2, 2, 3, 2)
    for layer in range(3):
        inside = leads[layer].sum(axis=(1, -1)) / 2
        np.testing.assert_allclose(inside, np.eye(3, k=1)[layer][None].repeat(2, 0), atol=1e-6)


@pytest.mark.parametrize("wrong", [{"n_states": 0}, {"n_actions": 0}, {"ends": 0.0}, {"ends": 1.0}])
def test_what_is_no_process_is_refused(wrong):
    with pytest.raises(ConfigError, match=r"worlds\.random_mdp"):
        random_mdp(jax.random.key(0), **wrong)


def test_a_grid_as_tables_is_the_grid():
    """The mean of many steps of the world is the row of the table."""
    size, n_draws = 5, 4000

    @jax.jit
    def made(key):
        grid = random_grid(key, size, wall=0.2, good=0.2, bad=0.1)
        return grid, tabulated(grid)

    grid, mdp = made(jax.random.key(3))
    world = grid_world(grid)
    begun, _ = jax.jit(world.reset)(jax.random.key(0))
    steps = jax.jit(jax.vmap(world.step, in_axes=(0, None, None)))
    keys = jax.random.split(jax.random.key(1), n_draws)
    centre = (size // 2) * (size + 1)
    assert mdp.start[centre] == 1
    for action in range(2):
        after, came = steps(keys, begun, jnp.int32(action))
        place = np.asarray(after.place[:, 0] * size + after.place[:, 1])
        seen = np.bincount(place[~np.asarray(came.terminated)], minlength=size**2) / n_draws
        np.testing.assert_allclose(seen, mdp.transition[centre, action], atol=0.03)
        np.testing.assert_allclose(came.reward.mean(), mdp.reward[centre, action], atol=0.3)
    ends = 1 - mdp.transition.sum(axis=2)
    assert ends.min() >= END - 1e-6
