from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from ontogeny.core.errors import ConfigError, DataError, MissingExtra, StoreError
from ontogeny.views.pictures import film
from ontogeny.views.pictures.film import write_film


def frames(n: int = 6, size: int = 20) -> np.ndarray:
    made = np.zeros((n, size, size, 3), np.uint8)
    for t in range(n):
        made[t, t, :] = (200, 40, 10)
        made[t, :, t] = (10, 220, 90)
    return made


def read(path) -> list[np.ndarray]:
    with Image.open(path) as film:
        shown = []
        for t in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(t)
            shown.append(np.asarray(film.convert("RGB")))
        return shown


def test_every_pixel_of_every_frame_comes_back(tmp_path):
    path = write_film(frames(), tmp_path / "new" / "film.gif", scale=3, frames_per_second=20)
    shown = read(path)
    assert len(shown) == 6
    for frame, picture in zip(frames(), shown, strict=True):
        np.testing.assert_array_equal(picture, frame.repeat(3, axis=0).repeat(3, axis=1))
    with Image.open(path) as film:
        assert (film.info["loop"], film.info["duration"]) == (0, 50)
    assert [p.name for p in path.parent.iterdir()] == ["film.gif"]


def test_a_small_mark_keeps_its_colour_among_many_others(tmp_path):
    grey = np.arange(120, dtype=np.uint8)[None, :, None] + np.arange(0, 120, 2)[:, None, None]
    made = np.repeat(grey, 3, axis=2).astype(np.uint8) + np.array([0, 5, 11], np.uint8)
    made = np.stack([made, np.roll(made, 7, axis=2)])  # more colours than a GIF has
    made[:, 30, 40:43] = mark = (255, 220, 0)
    for picture in read(write_film(made, tmp_path / "film.gif")):
        assert np.abs(picture[30, 40:43].astype(int) - mark).max() < 8


def test_the_score_is_drawn_in_a_strip_below(tmp_path):
    path = write_film(
        frames(), tmp_path / "f.gif", scale=10, caption="breakout", scores=[0, 0, 1, 1, 2, 88]
    )
    shown = read(path)
    height, width = shown[0].shape[:2]
    assert width == 200
    assert height > 200
    np.testing.assert_array_equal(shown[3][:200], frames()[3].repeat(10, axis=0).repeat(10, axis=1))
    strips = [picture[200:] for picture in shown]
    assert all(strip.max() > 200 for strip in strips)
    right = [strip[:, 100:] for strip in strips]
    np.testing.assert_array_equal(right[2], right[3])
    assert (right[1] != right[2]).any()
    assert (right[4] != right[5]).any()
    np.testing.assert_array_equal(strips[0][:, :90], strips[5][:, :90])  # the caption stays


def test_a_narrow_film_keeps_its_score_and_drops_its_caption(tmp_path):
    long = write_film(
        frames(), tmp_path / "a.gif", scale=2, caption="a caption that is long", scores=range(6)
    )
    alone = write_film(frames(), tmp_path / "b.gif", scale=2, scores=range(6))
    for a, b in zip(read(long), read(alone), strict=True):
        right = slice(a.shape[1] // 2, None)
        assert (a[40:, right] > 200).any()
        assert (b[40:, right] > 200).any()
        assert not (a[42:, : a.shape[1] // 3] > 60).any()


def test_a_film_of_one_frame(tmp_path):
    assert len(read(write_film(frames(1), tmp_path / "one.gif"))) == 1


def test_an_mp4_has_every_frame_at_an_even_size(tmp_path):
    path = write_film(frames(6, 21), tmp_path / "new" / "film.MP4", frames_per_second=20)
    command = [film.ffmpeg(), "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    read = subprocess.run(command, capture_output=True, check=True)
    assert all(said in read.stderr for said in (b"h264", b"yuv420p", b" 22x22", b" 20 fps"))
    shown = np.frombuffer(read.stdout, np.uint8).reshape(6, 22, 22, 3)
    luma = [movie.astype(int) @ (3, 6, 1) / 10 for movie in (frames(6, 21), shown[:, :21, :21])]
    assert np.abs(luma[0] - luma[1]).mean() < 5
    assert [p.name for p in path.parent.iterdir()] == ["film.MP4"]


def test_what_ffmpeg_refuses_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(film, "ffmpeg", lambda: shutil.which("false"))
    with pytest.raises(StoreError, match="can't write the film"):
        write_film(frames(), tmp_path / "f.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((3, 4, 4), np.uint8),
        np.zeros((3, 4, 4, 3)),
        np.zeros((0, 4, 4, 3), np.uint8),
        np.zeros((2, 3), np.uint8),
    ],
)
def test_frames_of_another_kind_are_refused(wrong, tmp_path):
    with pytest.raises(DataError, match="frames are"):
        write_film(wrong, tmp_path / "f.gif")
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_are_refused(tmp_path):
    for bad in ({"scale": 0}, {"frames_per_second": 0}, {"frames_per_second": 60}):
        with pytest.raises(ConfigError, match="frames a second"):
            write_film(frames(), tmp_path / "f.gif", **bad)
    with pytest.raises(DataError, match="2 scores for 6 frames"):
        write_film(frames(), tmp_path / "f.gif", scores=[1, 2])


def test_a_machine_without_pillow_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r"pip install 'ontogeny\[worlds\]'"):
        write_film(frames(), tmp_path / "f.gif")


def test_an_mp4_without_its_encoder_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'ontogeny\[films\]'"):
        write_film(frames(), tmp_path / "f.mp4")


def test_a_film_that_cannot_be_written(tmp_path):
    (tmp_path / "f.gif").mkdir()
    with pytest.raises(StoreError, match="can't write the film"):
        write_film(frames(), tmp_path / "f.gif")
    assert [p.name for p in tmp_path.iterdir()] == ["f.gif"]
