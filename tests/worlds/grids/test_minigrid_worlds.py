"""MiniGrid's rooms keep the contract of a world, and their pictures show what lies where."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.testing.worlds import check_world
from ontogeny.worlds.grids.minigrid_worlds import (
    COLOURS,
    SCALE,
    list_minigrids,
    minigrid_world,
    room_picture,
)
from ontogeny.worlds.pictures import INK


def test_a_room_keeps_the_contract():
    world = minigrid_world("MiniGrid-Empty-5x5")
    assert (world.observation_shape, world.n_actions, world.time_limit) == ((7, 7, 2), 6, 100)
    assert world.tokens is not None
    check_world(world, steps=110, environments=2)


def test_rooms_are_known_by_name():
    assert {"MiniGrid-DoorKey-8x8", "MiniGrid-MemoryS8"} <= set(list_minigrids())
    with pytest.raises(ConfigError, match="DoorKey-5x5"):
        minigrid_world("MiniGrid-DorKey-5x5")


def test_a_picture_shows_the_agent_where_it_looks():
    grid = jnp.ones((3, 3, 2), int).at[0, 0].set(jnp.array([2, 6]))  # floor, and a grey wall
    picture = np.asarray(jax.jit(room_picture)(grid, jnp.array([1, 2]), jnp.int32(0)))
    assert picture.shape == (3 * SCALE, 3 * SCALE, 3)
    np.testing.assert_array_equal(picture[SCALE // 2, SCALE // 2], COLOURS[6])
    ink = (picture == INK).all(-1)
    rows, columns = np.nonzero(ink)
    assert rows.min() >= SCALE
    assert rows.max() < 2 * SCALE
    assert columns.min() >= 2 * SCALE
    wide = ink.sum(1)[SCALE : 2 * SCALE]
    assert wide[4] < wide[12]  # it points up
