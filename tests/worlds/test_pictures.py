"""Pictures show what they should, pixel by pixel where that is short."""

from __future__ import annotations

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.worlds.bodies.brax_worlds import bones_of
from ontogeny.worlds.pictures import (
    BACKGROUND,
    PALETTE,
    bars_picture,
    cart_picture,
    grid_picture,
    rods_picture,
)


def test_a_cell_has_the_colour_of_its_first_channel():
    grid = jnp.zeros((2, 2, 3)).at[0, 1, 2].set(1).at[1, 0, 0].set(1).at[1, 0, 2].set(1)
    picture = np.asarray(jax.jit(lambda grid: grid_picture(grid, scale=2))(grid))
    assert picture.shape == (4, 4, 3)
    for cell, colour in (((0, 0), BACKGROUND), ((0, 2), PALETTE[2]), ((2, 0), PALETTE[0])):
        row, column = cell
        block = picture[row : row + 2, column : column + 2].reshape(-1, 3)
        np.testing.assert_array_equal(block, np.tile(colour, (4, 1)))


def test_large_cells_are_parted_by_a_line():
    picture = np.asarray(jax.jit(lambda grid: grid_picture(grid, scale=8))(jnp.ones((1, 1, 1))))
    np.testing.assert_array_equal(picture[:7, :7], np.broadcast_to(PALETTE[0], (7, 7, 3)))
    np.testing.assert_array_equal(picture[7], np.broadcast_to(BACKGROUND, (8, 3)))


def test_the_colours_are_distinct():
    assert len({*PALETTE, BACKGROUND}) == len(PALETTE) + 1


def column_of(picture, colour) -> float:
    """Return the mean column of the pixels of this colour."""
    return float(np.argwhere((np.asarray(picture) == colour).all(axis=-1))[:, 1].mean())


def test_the_cart_goes_right_and_the_pole_leans_right():
    draw = jax.jit(cart_picture)
    middle = draw(jnp.float32(0), jnp.float32(0))
    aside = draw(jnp.float32(1.2), jnp.float32(0))
    leaning = draw(jnp.float32(0), jnp.float32(0.2))
    assert abs(column_of(middle, PALETTE[6]) - 120) < 1
    assert abs(column_of(aside, PALETTE[6]) - (120 + 240 * 1.2 / 6)) < 1
    assert column_of(leaning, PALETTE[6]) > 125
    assert abs(column_of(leaning, PALETTE[0]) - column_of(middle, PALETTE[0])) < 2


def test_rods_stand_at_zero_and_lean_left():
    draw = jax.jit(rods_picture)
    standing, lying = (
        np.ptp(np.argwhere((np.asarray(draw(jnp.full(2, angle))) == PALETTE[6]).all(-1)), axis=0)
        for angle in (0.0, jnp.pi / 2)
    )
    assert standing[1] < 10 < 50 < standing[0]
    assert lying[0] < 10 < 50 < lying[1]
    leaning = draw(jnp.array([0.0, 0.5]))
    assert column_of(leaning, PALETTE[6]) < 120


def test_the_bones_of_a_body_are_its_capsules_from_end_to_end():
    turned = [np.sqrt(0.5), 0, np.sqrt(0.5), 0]  # from upward to forward
    model = SimpleNamespace(
        geom_type=np.array([0, 3, 3]),
        geom_bodyid=np.array([0, 1, 2]),
        geom_quat=np.array([[1.0, 0, 0, 0], turned, [1, 0, 0, 0]]),
        geom_size=np.array([[9.0, 9, 9], [0.1, 0.5, 0], [0.1, 0.2, 0]]),
        geom_pos=np.array([[0.0, 0, 0], [0, 0, 0], [0, 0, -0.2]]),
    )
    bones = bones_of(model)
    np.testing.assert_array_equal(bones.link, [0, 0, 0, 1, 1])
    ends = [[0, 0, 0], [-0.5, 0, 0], [0.5, 0, 0], [0, 0, -0.4], [0, 0, 0]]
    np.testing.assert_allclose(bones.place, ends, atol=1e-12)
    assert bones.parents == (-1, -1, 1, -1, 3)


def test_bars_go_up_and_down():
    draw = jax.jit(lambda values: bars_picture(values, height=40, width=40))
    picture = np.asarray(draw(jnp.array([5.0, -5.0])))
    up, down = ((picture == colour).all(axis=-1) for colour in (PALETTE[0], PALETTE[3]))
    assert up[:19, :20].any()
    assert down[21:, 20:].any()
    assert not up[:, 20:].any()
    assert not up[21:].any()
    assert not down[:, :20].any()
    assert not down[:19].any()
