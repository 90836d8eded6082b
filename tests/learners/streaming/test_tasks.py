"""Tasks: places are found where bumps are, and answers are judged by hand-computed numbers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.streaming.tasks import heat_maps, keypoints_task, motion_task, places
from ontogeny.worlds.videos.real_videos import ClipsConfig, Videos

VIDEOS = [
    Videos((name,), np.full((9, 48, 48, 3), grey, np.uint8), np.array([9]))
    for name, grey in (("learn", 50), ("held", 200))
]


def logits(bumps):
    return jnp.log(jnp.clip(bumps, 1e-6, 0.999) / (1 - jnp.clip(bumps, 1e-6, 0.999)))


def test_places_are_where_bumps_are_between_pixels_too():
    joints = np.float32([[3.5, 4.5], [7.2, 9.9], [1.6, 14.3]])

    @jax.jit
    def look(joints, far):
        maps = heat_maps(joints, 16, 16)
        return maps, places(logits(maps)), places(far)

    far = np.full((16, 16, 1), -1e4, np.float32)
    far[5, 6] = -9e3  # no sigmoid is above 0
    maps, found, found_far = jax.device_get(look(joints, far))
    assert maps.shape == (16, 16, 3)
    assert maps[3, 4, 0] == 1.0
    np.testing.assert_allclose(maps[4, 4, 0], np.exp(-0.5), rtol=1e-6)
    np.testing.assert_allclose(found, joints, atol=0.3)
    np.testing.assert_allclose(found[0], joints[0], atol=1e-4)
    np.testing.assert_allclose(found_far[0], [5.5, 6.5])


def test_keypoints_are_judged_in_pixels_of_the_map():
    task = keypoints_task(*VIDEOS, ClipsConfig(frames=5))

    @jax.jit
    def look(key):
        (frames, joints), (other, _) = task.draw(key), task.held(key)
        right, off = (heat_maps(joints / 2 + jnp.array([x, 0.0]), 16, 16) for x in (0.0, 2.0))
        both = [(task.measures(x, joints), task.loss(x, joints)) for x in map(logits, (right, off))]
        return frames, joints, other, right, both, task.loss(jnp.zeros((5, 16, 16, 3)), joints)

    frames, joints, other, right, both, even = look(jax.random.key(0))
    (told, lost), (wrong, lost_off) = both
    assert frames.shape == (5, 32, 32, 3)
    assert abs(np.median(frames) - 50) < 1
    assert abs(np.median(other) - 200) < 1
    assert told["pck"].tolist() == [1.0] * 5
    assert float(told["error"].max()) < 0.4
    inside = np.asarray(joints)[..., 0] / 2 + 2 < 15.5
    assert (np.asarray(wrong["pck"])[inside.all(axis=1)] == 0).all()
    assert (lost < lost_off).all()
    # an answer of 0.5 everywhere: the weights are all that differs
    weights = 1 + 19 * np.asarray(right).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(even, np.log(2) * weights, rtol=1e-5)


def test_motions_are_judged_by_the_cross_entropy_and_the_accuracy():
    stills = np.zeros((2, 48, 48, 3), np.uint8)
    task = motion_task(stills, stills, ClipsConfig(size=16, frames=4))
    kinds, outputs = np.array([0, 1, 7, 7]), 3 * np.eye(8, dtype=np.float32)[[0, 1, 7, 2]]
    told, lost = jax.jit(lambda *given: (task.measures(*given), task.loss(*given)))(outputs, kinds)
    assert told["accuracy"].tolist() == [1, 1, 1, 0]
    total = np.log(np.exp(3) + 7)
    np.testing.assert_allclose(lost, total - np.array([3, 3, 3, 0]), rtol=1e-5)
    frames, labels = jax.eval_shape(task.held, jax.random.key(0))
    assert (frames.shape, labels.shape) == ((4, 16, 16, 3), (4,))


def test_videos_that_are_too_small_or_too_short_are_refused():
    with pytest.raises(ConfigError, match=r"48 pixels.*\n.*packaged_videos\(97\)"):
        keypoints_task(*VIDEOS, ClipsConfig(size=96))
    with pytest.raises(DataError, match="the longest has 9 frames, and a clip 10"):
        keypoints_task(*VIDEOS, ClipsConfig(frames=10))
    with pytest.raises(ConfigError, match="48 pixels across"):
        motion_task(VIDEOS[0].frames, VIDEOS[1].frames)
