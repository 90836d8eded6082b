"""Videos: what is written is read, small and parted by video; what is none is refused in words."""

from __future__ import annotations

import importlib
import subprocess
import sys

import av
import jax
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.worlds.videos.real_videos import (
    folder_videos,
    frames,
    joined,
    packaged_video,
    packaged_videos,
    squares,
)


def write_video(path, pictures, codec="mpeg4"):
    """Write pictures [time, height, width, 3] as a video."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=10)
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def greys(levels, height=32, width=48):
    return np.tile(np.asarray(levels, np.uint8)[:, None, None, None], (1, height, width, 3))


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_folder_is_parted_by_video_and_decoded_once(tmp_path, own_cache, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()
    for number in range(3):
        write_video(folder / f"{number}.mp4", greys([60 * number + 20] * (4 + number)))
    (folder / "notes.txt").write_text("no video")
    (folder / ".hidden.mp4").write_bytes(b"")
    learn, held = folder_videos(folder, 16)
    assert (learn.names, held.names) == (("0.mp4", "1.mp4"), ("2.mp4",))
    assert learn.frames.shape == (18, 16, 16, 3)  # 48 wide: two squares each
    assert learn.ends.tolist() == [4, 8, 13, 18]
    levels = learn.frames.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(levels, np.repeat([20, 80], [8, 10]), atol=4)
    assert learn.begins(4).tolist() == [0, 4, 8, 9, 13, 14]
    with pytest.raises(DataError, match="the longest has 5 frames, and a clip 6"):
        learn.begins(6)
    drawn = jax.vmap(lambda key: held.draw(key, 5))(jax.random.split(jax.random.key(0), 3))
    assert drawn.shape == (3, 5, 16, 16, 3)
    every = joined(learn, held)
    begun, ended = every.parted(0.25)
    assert begun.ends.tolist() == [3, 6, 10, 14, 18, 22]
    assert ended.ends.tolist() == [1, 2, 3, 4, 6, 8]
    np.testing.assert_array_equal(ended.frames[:3], every.frames[[3, 7, 12]])
    np.testing.assert_array_equal(ended.frames[-2:], held.frames[-2:])
    monkeypatch.setattr(
        "ontogeny.worlds.videos.real_videos.frames", None
    )  # nothing is decoded again
    np.testing.assert_array_equal(folder_videos(folder, 16)[0].frames, learn.frames)
    assert len(list(own_cache.rglob("*.safetensors"))) == 3


def test_a_tall_video_is_cut_from_top_to_bottom_and_frames_come_in_order(tmp_path, own_cache):
    rows = np.repeat(np.linspace(0, 250, 64)[:, None], 16, axis=1)
    picture = np.repeat(rows[..., None], 3, axis=2).astype(np.uint8)
    path = write_video(tmp_path / "tall.avi", np.stack([picture // 2, picture]))
    found = squares({"tall": path}, 8).frames
    assert found.shape == (8, 8, 8, 3)  # four squares of two frames
    means = found.mean(axis=(1, 2, 3)).reshape(4, 2)
    assert (np.diff(means, axis=0) > 0).all()
    assert (np.diff(means, axis=1) > 0).all()
    assert next(frames(path)).shape == (64, 16, 3)


def test_what_is_no_video_is_refused_in_words(tmp_path, own_cache):
    whole = write_video(tmp_path / "whole.mp4", greys([9] * 4)).read_bytes()
    coded = write_video(tmp_path / "coded.mp4", greys([9] * 4), "libx264").read_bytes()
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate = 44100
        out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    for name, content, said in (
        ("empty", b"", "the file is empty"),
        ("cut", whole[:40], r"can't be read as a video \(Invalid data"),
        ("shorn", whole[:-100], "it has no frames"),
        ("words", b"no video" * 99, "can't be read as a video"),
        ("strange", coded.replace(b"avc1", b"zzzz"), "has no decoder for its codec.*\n.*libx264"),
        ("sound", None, "it has no video, but audio"),
    ):
        path = tmp_path / f"{name}.mp4"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DataError, match=said) as caught:
            squares({name: path}, 8)
        assert caught.value.where == str(path)
    with pytest.raises(DataError, match="there is no such folder"):
        folder_videos(tmp_path / "none")
    (tmp_path / "one").mkdir()
    with pytest.raises(DataError, match="0 of its files are videos"):
        folder_videos(tmp_path / "one")
    with pytest.raises(DataError, match="can't be read"):
        squares({"gone": tmp_path / "gone.mp4"})


def test_the_packaged_videos_are_read_or_asked_for(monkeypatch):
    learn, held = packaged_videos(32)
    assert (learn.names, held.names) == (("bikes", "bigbuckbunny"), ("carphone",))
    assert learn.ends.tolist() == [250, 500, 750, 882, 1014]
    assert held.frames.shape == (240, 32, 32, 3)
    with pytest.raises(ConfigError, match="did you mean 'bikes'"):
        packaged_video("bike")
    monkeypatch.setattr("ontogeny.worlds.videos.real_videos.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"ontogeny\[video\]"):
        packaged_videos()


def test_without_pyav_its_extra_is_named(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingExtra, match=r"ontogeny\[video\]"):
        next(frames(tmp_path / "any.mp4"))


def test_who_stops_in_the_midst_is_not_kept_waiting():
    command = [sys.executable, "-c", STOPS_EARLY]
    subprocess.run(command, check=True, timeout=60)


STOPS_EARLY = """
import av
from ontogeny.worlds.videos.real_videos import frames, packaged_video

av.logging.set_level(av.logging.PANIC)  # as another part of a program may: decoders ask for a lock
for _ in range(60):
    for number, frame in enumerate(frames(packaged_video("carphone"), side=32)):
        if number == 10:
            break
"""
