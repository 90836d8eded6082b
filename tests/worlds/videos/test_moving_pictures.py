"""Figures and motions: what is said of a clip is what is seen in it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.videos.motions import KINDS, draw_motion, seen, stills
from ontogeny.worlds.videos.moving_figures import COLOURS, draw_figure
from ontogeny.worlds.videos.real_videos import ClipsConfig, Videos

GREY = Videos(("grey",), np.full((30, 40, 40, 3), 90, np.uint8), np.array([30]))


def test_joints_are_where_their_colours_are_and_move_smoothly():
    config = ClipsConfig(frames=8)
    draw = jax.jit(lambda keys: jax.vmap(lambda key: draw_figure(key, GREY, config))(keys))
    keys = jax.random.split(jax.random.key(0), 16)
    frames, joints = map(np.asarray, draw(keys))
    assert (frames.shape, frames.dtype) == ((16, 8, 32, 32, 3), np.uint8)
    assert joints.shape == (16, 8, 3, 2)
    assert joints.min() > 1
    assert joints.max() < 31
    for number, colour in enumerate(COLOURS):
        near = np.abs(frames.astype(int) - colour).sum(axis=-1) < 40
        rows, columns = np.nonzero(near[0, 0])
        if len(rows):  # none of it may be seen where another is before it
            middle = np.array([rows.mean(), columns.mean()]) + 0.5
            np.testing.assert_allclose(middle, joints[0, 0, number], atol=0.7)
    shown = np.abs(frames.astype(int) - COLOURS[-1]).sum(axis=-1) < 40
    assert shown.any(axis=(2, 3)).all()  # nothing is drawn over the last
    speed = np.linalg.norm(np.diff(joints, axis=1), axis=-1)
    assert 0.3 < speed.mean() < 1
    assert np.abs(np.diff(joints, n=2, axis=1)).max() < 1
    again, _ = draw(keys[::-1])  # a function of its key, and of no other
    assert np.abs(np.asarray(again, int) - frames[::-1]).max() <= 1


def test_a_kind_of_motion_is_what_its_name_says():
    # a bright spot off the middle of a dark picture, blurred, so that places can be measured
    y, x = np.mgrid[:96, :96] - 47.5
    picture = jnp.asarray(
        np.repeat(255 * np.exp(-((x - 4) ** 2 + (y - 2) ** 2) / 18)[..., None], 3, -1), jnp.uint8
    )

    @jax.jit
    def spot(pose):
        shown = seen(picture, pose, 32)[..., 0]
        at = jnp.arange(32) - 15.5
        return jnp.array([jnp.sum(shown * at), jnp.sum(shown * at[:, None])]) / jnp.sum(shown)

    start = np.asarray(spot(jnp.zeros(4)))
    np.testing.assert_allclose(start, [4, 2], atol=0.1)
    for axis, much in enumerate((1.0, 1.0, 0.2, 0.2)):
        # what falls is the second kind of the axis, what rises the first
        for kind, sign in zip(KINDS[2 * axis : 2 * axis + 2], (1, -1), strict=True):
            moved = np.asarray(spot(jnp.zeros(4).at[axis].set(sign * much)))
            across, down = moved - start
            turned = start[0] * moved[1] - start[1] * moved[0]  # above 0: clockwise, rows go down
            grown = np.linalg.norm(moved) - np.linalg.norm(start)
            told = {
                "left": -across,
                "right": across,
                "up": -down,
                "down": down,
                "anticlockwise": -turned,
                "clockwise": turned,
                "farther": -grown,
                "nearer": grown,
            }
            assert told[kind] > 0.5, kind


def test_labels_are_the_optical_flow_and_all_kinds_come():
    # waves in all directions, of which least squares tells how they move from frame to frame
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:96, :96]
    waves = [np.sin(a * x + b * y + c) for a, b, c in rng.uniform(-0.5, 0.5, (12, 3)) * [1, 1, 9]]
    grey = np.clip(128 + 25 * np.sum(waves, axis=0), 0, 255)
    pictures = np.repeat(grey[None, ..., None], 3, axis=-1).astype(np.uint8)
    config = ClipsConfig(frames=6)
    draw = jax.jit(lambda keys: jax.vmap(lambda key: draw_motion(key, pictures, config))(keys))
    frames, kinds = map(np.asarray, draw(jax.random.split(jax.random.key(0), 64)))
    assert (frames.shape, kinds.shape) == ((64, 6, 32, 32, 3), (64, 6))
    assert set(kinds.ravel()) == set(range(8))
    assert (kinds // 2 == kinds[:, :1] // 2).all()  # there and back, and no other way
    assert (np.diff(kinds, axis=1) != 0).any(axis=1).mean() < 0.5

    seen = frames[:16, :, :, :, 0].astype(float)
    change, middle = np.diff(seen, axis=1), (seen[:, 1:] + seen[:, :-1]) / 2
    down, across = np.gradient(middle, axis=(2, 3))
    y, x = np.mgrid[:32, :32] - 15.5
    parts = [across, down, (x * down - y * across) / 11, (x * across + y * down) / 11]
    told = np.empty((16, 5), int)
    for place in np.ndindex(16, 5):
        moved, *_ = np.linalg.lstsq(
            np.stack([part[place].ravel() for part in parts], axis=1), -change[place].ravel()
        )
        axis = np.abs(moved).argmax()
        told[place] = 2 * axis + (moved[axis] > 0)
    assert (told == kinds[:16, 1:]).mean() > 0.9  # a wave may turn back between two frames


def test_stills_are_of_one_contrast():
    dark = np.random.default_rng(0).normal(20, 2, (17, 16, 16, 3)).astype(np.uint8)
    found = stills(Videos(("dark",), dark, np.array([17])))
    assert found.shape == (3, 16, 16, 3)
    assert abs(found.mean() - 128) < 2
    assert 35 < found.std() < 64


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="size"):
        ClipsConfig(size=4)
    with pytest.raises(ConfigError, match="speed"):
        ClipsConfig(speed=0.0)
