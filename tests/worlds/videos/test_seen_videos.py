"""Clips that a strong network has seen: the pupil sees the same places, and nothing is asked of the
strong network twice.
"""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.worlds.photos.backbone import backbone_version, seen
from ontogeny.worlds.videos.real_videos import ClipsConfig, Videos
from ontogeny.worlds.videos.seen_videos import (
    FrameTeacher,
    efficientnet_teacher,
    roomy_side,
    seen_clips,
)

CONFIG = ClipsConfig(size=8, frames=5)
SIDE = roomy_side(CONFIG)


def moving_squares(n=18):
    rng = np.random.default_rng(0)
    return Videos(("noise",), rng.integers(0, 256, (n, SIDE, SIDE, 3), np.uint8), np.array([n]))


def test_pupil_and_teacher_see_the_same_places_and_the_teacher_once(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path))
    asked = list[int]()

    def see(pictures):
        asked.append(len(pictures))
        assert pictures.shape[1:] == (24, 24, 3)
        return pictures.reshape(-1, 8, 3, 8, 3, 3).mean(axis=(2, 4), dtype=np.float32)[:, 2, 3]

    videos, teacher = moving_squares(), FrameTeacher("one place", see)
    made = seen_clips(videos, 3, CONFIG, teacher)
    assert made.frames.shape == (3, 5, 8, 8, 3)
    assert made.frames.dtype == np.uint8
    np.testing.assert_allclose(made.frames[:, :, 2, 3], made.features, atol=0.5)
    assert (np.diff(made.frames[:, :, 2, 3].astype(int), axis=1) != 0).any(axis=(1, 2)).all()
    assert (made.frames[0] != made.frames[1]).any()
    again = seen_clips(videos, 3, CONFIG, teacher)
    np.testing.assert_array_equal(again.features, made.features)
    assert asked == [15]
    seen_clips(videos, 3, CONFIG, FrameTeacher("another", see))
    assert asked == [15, 15]


def test_what_is_too_small_or_too_short_is_refused_and_the_packaged_network_is_asked_else():
    with pytest.raises(ConfigError, match=r"36 pixels across.*\n.*packaged_videos\(72\)"):
        seen_clips(moving_squares(), 2, ClipsConfig(size=16))
    with pytest.raises(DataError, match="the longest has 4 frames, and a clip 5"):
        seen_clips(moving_squares(4), 2, CONFIG)
    assert efficientnet_teacher() == (backbone_version(), seen)
