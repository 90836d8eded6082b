"""Frames of videos that are odd, broken or nothing of the kind."""

from __future__ import annotations

import struct
import sys
from collections import Counter

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.runtime.video.clock import VideoClock
from ontogeny.runtime.video.source import VideoSource
from ontogeny.worlds.videos.decoding import pyav
from tiny_video import SIZE, spots, write_video

av = pytest.importorskip("av")
SHAPE = (16, 16, 3)


def read(path, shape=SHAPE, **settings):
    source = VideoSource(str(path), shape, **settings)
    return source, list(source.frames())


def turned(path, out):
    """Write an MP4 anew so that it asks to be turned by a quarter, with the clock."""
    data = bytearray(path.read_bytes())
    place = data.find(b"tkhd") + 4 + 40
    data[place : place + 36] = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 32 << 16, 0, 1 << 30)
    out.write_bytes(data)
    return out


def test_the_middle_is_seen_or_the_whole(tmp_path):
    path = write_video(tmp_path / "it.mp4", spots(5))
    source, frames = read(path)
    assert (source.size, source.rate, dict(source.recovered), source.notes) == (SIZE, 10, {}, [])
    assert [f.number for f in frames] == list(range(5))
    np.testing.assert_allclose([f.seconds for f in frames], np.arange(5) / 10, atol=1e-6)
    assert [f.is_cut for f in frames] == [True, False, False, False, False]
    last = frames[-1]
    assert last.picture.shape == (32, 48, 3)
    assert last.picture[14, 20].min() > 200  # the spot is at columns 18 to 22
    assert last.place == (8, 0, 32, 32)
    assert last.view.shape == SHAPE
    assert last.view[7, 6].min() > 180  # (20 - 8) / 2
    whole = read(path, (16, 16, 1), whole=True, pictures=False)[1][-1]
    assert (whole.picture, whole.place, whole.view.shape) == (None, (0, 0, 48, 32), (16, 16, 1))
    assert whole.view[7, 6, 0] > 150  # 20 / 3


def test_a_turned_video_is_set_upright(tmp_path):
    path = turned(write_video(tmp_path / "it.mp4", spots(5)), tmp_path / "turned.mp4")
    source, frames = read(path)
    assert source.size == (32, 48)
    assert "turned by -90 degrees" in source.notes[0]
    # row 14, column 20 of 32 rows comes to row 20, column 31 - 14
    assert frames[-1].picture[20, 17].min() > 200
    assert frames[-1].place == (0, 8, 32, 32)


def test_alpha_and_a_varying_rate_are_told(tmp_path):
    path = write_video(tmp_path / "it.mov", spots(3), codec="qtrle", form="argb", stamps=[0, 1, 5])
    source, frames = read(path)
    assert [round(f.seconds, 3) for f in frames] == [0, 0.1, 0.5]
    assert source.notes[0] == "its alpha channel is left out"
    assert "its frame rate varies: 100 to 400 ms" in source.notes[1]


def test_changes_in_the_midst_are_gone_over_and_counted(tmp_path):
    parts = [
        write_video(tmp_path / "a.ts", spots(6), codec="mpeg2video", rate=25),
        write_video(tmp_path / "b.ts", spots(6, (32, 32)), codec="mpeg2video", rate=50),
    ]
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    source, frames = read(path)
    assert source.size == SIZE
    assert source.recovered["changes of size"] == 1
    assert source.recovered["changes of rate"] == 1
    assert [f.number for f in frames if f.is_cut] == [0, len(frames) - 6]
    assert {f.picture.shape for f in frames} == {(32, 48, 3)}
    assert (np.diff([f.seconds for f in frames]) > 0).all()
    assert frames[-1].place == (8, 0, 32, 32)  # the square in the middle, black beside it
    assert frames[-1].picture[:, :6].max() < 8


def test_times_only_grow():
    recovered = Counter[str]()
    clock = VideoClock(10, recovered, may_restart=False)
    seconds = [clock.seconds(stamp)[0] for stamp in (7, 7.1, 7.5, 7.2, None, 7.6)]
    np.testing.assert_allclose(seconds, (0, 0.1, 0.5, 0.501, 0.601, 0.602), atol=1e-9)
    assert recovered == {"time stamps that ran back": 2, "frames without a time stamp": 1}
    broadcast = VideoClock(10, recovered)
    told = [broadcast.seconds(stamp) for stamp in (7, 7.1, 0.5, 0.6)]
    np.testing.assert_allclose([at for at, _ in told], (0, 0.1, 0.2, 0.3), atol=1e-9)
    assert [is_cut for _, is_cut in told] == [False, False, True, False]


def test_broken_packets_are_gone_over(tmp_path):
    path = write_video(tmp_path / "it.ts", spots(40), codec="mpeg2video")
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = np.random.default_rng(0).bytes(third)
    path.write_bytes(data)
    source, frames = read(path)
    assert 10 < len(frames) < 40
    assert source.recovered["damaged packets"] > 0
    cut = tmp_path / "cut.mkv"
    whole = write_video(tmp_path / "whole.mkv", spots(40), codec="mjpeg", form="yuvj420p")
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 10 < len(read(cut)[1]) < 30
    noise = np.random.default_rng(0).integers(0, 256, (40, 32, 48, 3), np.uint8)
    fast = write_video(tmp_path / "fast.mp4", noise, options={"movflags": "faststart"})
    fast.write_bytes(fast.read_bytes()[: fast.stat().st_size // 2])
    source, frames = read(fast)
    assert source.recovered["missing frames"] == 40 - len(frames) > 0


def test_what_is_no_video_says_so(tmp_path, monkeypatch):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video at all" * 99)
    strange = write_video(tmp_path / "strange.mkv", spots(2), codec="mpeg4")
    strange.write_bytes(strange.read_bytes().replace(b"V_MPEG4/ISO/ASP", b"V_NONESUCH/XXXX"))
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    whole = write_video(tmp_path / "whole.mp4", spots(9)).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    for name, said in {
        "none.mp4": "no such file",
        "empty.mp4": "no video that can be read",
        "text.mp4": "no video that can be read",
        "cut.mp4": "no video that can be read",
        ".": "no video that can be read",
        "strange.mkv": "no decoder for its codec",
        "sound.wav": "it has no video, but audio",
    }.items():
        with pytest.raises(DataError, match=said):
            VideoSource(str(tmp_path / name), SHAPE)
    with pytest.raises(DataError, match="no camera answers"):
        VideoSource("97", SHAPE)
    with pytest.raises(ConfigError, match="5 channels"):
        VideoSource(str(tmp_path / "whole.mp4"), (8, 8, 5))
    with pytest.raises(ConfigError, match="raw frames on standard input"):
        VideoSource("whole.mp4", SHAPE, raw_size=(4, 4))
    monkeypatch.setattr(sys, "platform", "beos")
    with pytest.raises(ConfigError, match="this is beos"):
        VideoSource("0", SHAPE)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"ontogeny\[video\]"):
        pyav()


def test_a_camera_that_stops_is_an_error_and_its_frames_are_good(tmp_path):
    """No camera is plugged in: a video stands for it, whose reading fails as a camera's does."""
    source = VideoSource(str(write_video(tmp_path / "it.mp4", spots(9))), SHAPE)
    packets = list(source._container.demux(source._stream))

    class Camera:
        def demux(self, stream):
            yield from packets[:6]
            raise av.error.OSError(19, "No such device")

        def close(self):
            pass

    source._container.close()
    source._container, source.is_camera = Camera(), True
    source._stream.thread_type = "SLICE"
    frames = source.frames()
    assert [next(frames).number for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DataError, match=r"the camera stopped after \d frames \(No such device\)"):
        list(frames)
