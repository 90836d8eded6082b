"""Pictures from files: digits, a small written Omniglot, a person's own."""

from __future__ import annotations

import contextlib
import os

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngImageFile

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.worlds.classes.digits import digits
from ontogeny.worlds.classes.omniglot import omniglot
from ontogeny.worlds.photos.images import SUFFIXES, ink_square, look_at, picture_files, read_picture


def grey(values):
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=-1)


def test_a_picture_of_the_right_size_stays_and_a_bright_ground_is_turned():
    ink = np.zeros((6, 6), np.uint8)
    ink[2:4, 1:5] = 200
    np.testing.assert_array_equal(ink_square(grey(ink), 6), ink)
    np.testing.assert_array_equal(ink_square(grey(255 - ink), 6), ink)


def test_a_larger_picture_is_fitted_middle_on_middle():
    wide = np.zeros((8, 16), np.uint8)
    wide[2:6, 4:12] = 240
    found = ink_square(grey(wide), 8)
    expected = np.zeros((8, 8), np.uint8)
    expected[3:5, 2:6] = 240
    np.testing.assert_array_equal(found, expected)
    assert ink_square(grey(np.zeros((1, 500))), 8).shape == (8, 8)


def test_transparent_is_white_and_photographs_are_turned_upright(tmp_path):
    see_through = Image.new("RGBA", (3, 2), (0, 0, 0, 0))
    see_through.putpixel((1, 0), (10, 20, 30, 255))
    see_through.save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png")
    assert found.shape == (2, 3, 3)
    assert found[0, 1].tolist() == [10, 20, 30]
    assert found[1, 1].tolist() == [255, 255, 255]
    image = Image.new("RGB", (4, 2))
    exif = image.getexif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    image.save(tmp_path / "b.jpg", exif=exif)
    assert read_picture(tmp_path / "b.jpg").shape == (4, 2, 3)
    assert [path.name for path in picture_files(tmp_path)] == ["a.png", "b.jpg"]


def test_a_picture_under_another_formats_name_is_read_with_a_note(tmp_path):
    Image.new("RGB", (4, 2), "red").save(tmp_path / "a.jpg", format="PNG")
    seen = look_at(tmp_path / "a.jpg")
    assert seen.pixels[0, 0].tolist() == [255, 0, 0]
    assert seen.notes == ("PNG, whatever their names say",)
    two = Image.new("RGB", (4, 2))
    two.save(tmp_path / "b.jpg", format="MPO", save_all=True, append_images=[two])
    assert look_at(tmp_path / "b.jpg").notes == ()  # as cameras write JPEG of two pictures


def test_what_is_nearly_white_is_seen_on_black(tmp_path):
    ink = np.zeros((4, 4, 4), np.uint8)
    ink[1:3, 1:3] = 255, 255, 240, 255
    Image.fromarray(ink).save(tmp_path / "a.png")
    seen = look_at(tmp_path / "a.png")
    assert seen.pixels[0, 0].tolist() == [0, 0, 0]
    assert seen.pixels[1, 1].tolist() == [255, 255, 240]
    assert seen.notes == ("transparent in part, laid on black",)
    Image.fromarray(ink[..., 3]).convert("P").save(tmp_path / "b.png", transparency=255)
    assert read_picture(tmp_path / "b.png")[:, 0, 0].tolist() == [0, 0, 0, 0]
    assert read_picture(tmp_path / "b.png")[1, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(tmp_path, orientation):
    """As Pillow itself turns it."""
    image = Image.fromarray(np.arange(18, dtype=np.uint8).reshape(2, 3, 3))
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as turned:
        expected = np.asarray(ImageOps.exif_transpose(turned))
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), expected)


def test_damaged_exif_neither_stops_nor_hides(tmp_path, monkeypatch):
    """Some of what cameras write is refused by some versions of Pillow, in many ways."""
    image = Image.new("RGB", (4, 2), "red")
    exif = image.getexif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    image.save(tmp_path / "a.jpg", exif=exif)
    data = (tmp_path / "a.jpg").read_bytes()
    chance = np.random.default_rng(0)
    begin = data.index(b"Exif")
    read = 0
    for _ in range(40):
        changed = bytearray(data)
        for place in chance.integers(begin, begin + 60, 4):
            changed[place] = chance.integers(256)
        (tmp_path / "b.jpg").write_bytes(changed)
        with contextlib.suppress(DataError):
            assert sorted(read_picture(tmp_path / "b.jpg").shape) == [2, 3, 4]
            read += 1
    assert read > 20

    def refuse(self):
        raise TypeError("not a number")

    image.save(tmp_path / "c.png")
    monkeypatch.setattr(PngImageFile, "getexif", refuse)
    seen = look_at(tmp_path / "c.png")
    assert seen.pixels.shape == (2, 4, 3)
    assert seen.notes == ("taken as they lie, for their EXIF can't be read",)


def test_16_bits_with_a_transparent_grey(tmp_path):
    deep = np.array([[0, 257, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png", transparency=0)
    assert read_picture(tmp_path / "deep.png")[0, :, 0].tolist() == [255, 1, 255]


def test_pictures_of_more_than_8_bits_are_scaled(tmp_path):
    deep = np.array([[0, 257, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert read_picture(tmp_path / "deep.png")[0, :, 0].tolist() == [0, 1, 255]
    Image.fromarray(np.array([[-1.0, 0.0, 1.0]], np.float32)).save(tmp_path / "numbers.tif")
    assert read_picture(tmp_path / "numbers.tif")[0, :, 0].tolist() == [0, 128, 255]
    Image.fromarray(np.array([[0, np.nan]], np.float32)).save(tmp_path / "nan.tif")
    with pytest.raises(DataError, match="a pixel is not finite"):
        read_picture(tmp_path / "nan.tif")


def test_what_is_no_picture_is_said(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"a\.png: it is no picture"):
        read_picture(tmp_path / "a.png")
    Image.new("RGB", (64, 64), "red").save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:80])
    with pytest.raises(DataError, match=r"cut\.png: it can't be read as a picture"):
        read_picture(tmp_path / "cut.png")
    Image.new("1", (10_000, 6_000)).save(tmp_path / "huge.png")
    with pytest.raises(DataError, match="10000 x 6000 pixels"):
        read_picture(tmp_path / "huge.png")
    with pytest.raises(DataError, match="no such folder"):
        picture_files(tmp_path / "nowhere")


@pytest.fixture
def written(tmp_path):
    """Omniglot's folders: 4 alphabets of 2 characters by 3 writers, strokes black on white."""
    for part, alphabets in (("background", "ABC"), ("evaluation", "D")):
        for alphabet in alphabets:
            for character in (1, 2):
                folder = tmp_path / f"images_{part}" / alphabet / f"character{character:02}"
                folder.mkdir(parents=True)
                for writer in (1, 2, 3):
                    page = np.ones((105, 105), bool)
                    page[30 : 30 + 10 * writer, 40:60] = False
                    Image.fromarray(page).save(folder / f"000{character}_{writer:02}.png")
    return tmp_path


def test_a_file_is_read_as_one_of_the_formats_and_as_nothing_else(tmp_path):
    """Pillow's reader of PostScript would hand the file to Ghostscript, which runs it."""
    for name in ("a.png", "b.jpg", "c.jfif", "d.bmp", "e.gif", "f.webp", "g.tif", "h.PNG"):
        Image.new("RGB", (3, 2), "white").save(tmp_path / name, SUFFIXES[name[1:].lower()])
        assert read_picture(tmp_path / name).shape == (2, 3, 3)
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) (w) file closefile showpage\n"
    ppm = b"P6 1 1 255 abc"
    for number, data in enumerate((script, ppm)):
        path = tmp_path / f"{number}.png"
        path.write_bytes(data)
        with pytest.raises(DataError, match="no picture of a known format"):
            read_picture(path)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(DataError, match="no regular file"):
        read_picture(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")  # a person's own data may be links
    assert read_picture(tmp_path / "link.png").shape == (2, 3, 3)


def test_too_many_pixels_are_refused_before_they_are_read(tmp_path):
    Image.new("1", (5001, 5000)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="5001 x 5000 pixels"):
        read_picture(tmp_path / "a.png")


def test_omniglot_is_read_and_split_by_alphabet(written):
    splits = omniglot(written, validation_alphabets=1)
    assert splits.names == {
        "train": ("A/character01", "A/character02", "B/character01", "B/character02"),
        "validation": ("C/character01", "C/character02"),
        "test": ("D/character01", "D/character02"),
    }
    assert splits.train.items.shape == (12, 28, 28)
    assert splits.train.size.tolist() == [3, 3, 3, 3]
    items = np.asarray(splits.train.items)
    assert items[:, 0, 0].max() == 0
    assert items.max() == 255
    ink = items[:3].astype(float).sum(axis=(1, 2))
    np.testing.assert_allclose(ink / ink[0], [1, 2, 3], rtol=0.02)


def test_an_omniglot_that_is_not_whole_is_said(written, tmp_path):
    with pytest.raises(ConfigError, match="3 of 3 alphabets are for validation"):
        omniglot(written, validation_alphabets=3)
    with pytest.raises(DataError, match="there are no alphabets"):
        omniglot(tmp_path / "elsewhere")
    (written / "images_evaluation" / "D" / "character03").mkdir()
    with pytest.raises(DataError, match=r"character03: there are no pictures"):
        omniglot(written, validation_alphabets=1)


def test_digits_are_ten_classes():
    splits = digits()
    assert sorted(name for names in splits.names.values() for name in names) == list("0123456789")
    assert splits.train.items.shape[1:] == (8, 8)
    assert sum(p.items.shape[0] for p in (splits.train, splits.validation, splits.test)) == 1797
    assert int(splits.train.items.max()) == 255
    with pytest.raises(ConfigError, match="10 classes can't be split"):
        digits((9, 1, 1))
