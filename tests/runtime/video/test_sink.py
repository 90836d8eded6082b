"""What is written stays good when it stops."""

from __future__ import annotations

import json
import resource
import shutil
from collections import deque
from contextlib import contextmanager

import numpy as np
import pytest

from ontogeny.core.errors import MissingExtra, StoreError
from ontogeny.runtime.video import sink as video_sink
from ontogeny.runtime.video.sink import JsonLines, Mp4
from tiny_video import pictures_of, spots

av = pytest.importorskip("av")


@contextmanager
def full_at(n):
    """Let no file of this process grow beyond so many bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_pictures_come_back_at_their_times(tmp_path):
    path, pictures = tmp_path / "it.mp4", spots(5, (33, 17))  # odd sides, which MP4 can't have
    sink = Mp4(path, (33, 17), 10)
    for picture, seconds in zip(pictures, (0, 0.1, 0.1, 0.5, 0.6), strict=True):
        sink.write(picture, seconds)
    sink.close()
    seen = pictures_of(path)
    assert seen.shape == (5, 18, 34, 3)
    assert np.abs(seen[:, :17, :33].astype(float) - pictures).mean() < 6
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(times, (0, 0.1, 0.1, 0.5, 0.6), atol=1e-4)
    assert (np.diff(times) > 0).all()
    assert b"moof" not in path.read_bytes()  # an ordinary MP4 in the end, for old players


def test_what_was_written_before_a_kill_can_be_played(tmp_path):
    path = tmp_path / "it.mp4"
    sink = Mp4(path, (48, 32), 10)
    for number, picture in enumerate(spots(90)):
        sink.write(picture, number / 10)
    left = shutil.copy(path, tmp_path / "left.mp4")  # as a kill leaves it: nothing is closed
    sink.close()
    assert 20 <= len(pictures_of(left)) < 90
    assert len(pictures_of(path)) == 90


def test_a_full_disk_is_told_and_what_was_written_can_be_played(tmp_path):
    path, noise = tmp_path / "it.mp4", np.random.default_rng(0)
    sink = Mp4(path, (48, 32), 10)

    def write_on():
        for number in range(900):
            sink.write(noise.integers(0, 256, (32, 48, 3), np.uint8), number / 10)

    said = r"can't write on \(File too large\) after \d+ frames"
    with full_at(60_000):
        with pytest.raises(StoreError, match=said):
            write_on()
        with pytest.raises(StoreError, match="can't write on"):
            sink.close()
    assert path.stat().st_size <= 60_000
    assert len(pictures_of(path)) >= 10


def test_lines_are_whole_when_the_disk_is_full(tmp_path):
    sink = JsonLines(tmp_path / "it.jsonl")
    with full_at(100), pytest.raises(StoreError, match="after 7 frames"):
        deque(map(sink.write, ({"frame": number} for number in range(99))))
    sink.close()
    lines = (tmp_path / "it.jsonl").read_text().splitlines()
    assert [json.loads(line)["frame"] for line in lines[:7]] == list(range(7))


def test_where_nothing_can_be_written_is_told(tmp_path, monkeypatch):
    for kind in (JsonLines, lambda path: Mp4(path, (4, 4), 10)):
        with pytest.raises(StoreError, match="can't write there"):
            kind(tmp_path / "no" / "it")
    monkeypatch.setattr(video_sink, "ENCODERS", ("none",))
    with pytest.raises(MissingExtra, match="no encoder"):
        Mp4(tmp_path / "it.mp4", (4, 4), 10)
