"""Photographs of every kind as squares; what is none is refused with the reason."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from ontogeny.core.errors import DataError
from ontogeny.worlds.photos.squares import LARGEST, look_at_photo, read_photo

PIXELS = astronaut()
PHOTO = Image.fromarray(PIXELS)


def encoded(image, kind, **how):
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def claiming(side):
    """Return a PNG that says it is so large, and has no more than the first of it."""
    file = encoded(Image.new("1", (8, 8)), "PNG")
    header = b"IHDR" + struct.pack(">II", side, side) + file[24:29]
    return file[:12] + header + struct.pack(">I", zlib.crc32(header)) + file[33:]


PLAIN = read_photo(encoded(PHOTO, "PNG")).astype(int)
BARS = Image.fromarray(np.repeat(np.array([[0, 90, 180]], np.uint8), 300, 0).repeat(100, 1))


def off(content):
    return np.abs(read_photo(content).astype(int) - PLAIN).mean()


def test_the_middle_is_what_the_network_was_trained_on():
    square = np.asarray(Image.open(io.BytesIO(encoded(PHOTO, "PNG"))).convert("RGB"))
    margin = 512 * 32 / 256 / 2  # of 512, 7 of 8 are kept
    box = (margin, margin, 512 - margin, 512 - margin)
    expected = Image.fromarray(square).resize((224, 224), Image.Resampling.BICUBIC, box)
    assert np.abs(PLAIN - np.asarray(expected, int)).mean() < 0.5
    assert PLAIN.shape == (224, 224, 3)
    wide = Image.fromarray(np.pad(PIXELS, ((0, 0), (300, 300), (0, 0))))
    assert np.abs(read_photo(encoded(wide, "PNG")).astype(int) - PLAIN).max() <= 1
    assert read_photo(encoded(PHOTO, "PNG"), 64).shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("like", "kind", "quality", "allowed"),
    [
        (lambda: PHOTO, "JPEG", {"quality": 95}, 1.5),
        (lambda: PHOTO, "JPEG", {"quality": 95, "progressive": True}, 1.5),
        (lambda: PHOTO.resize((2600, 2600)), "JPEG", {"quality": 95}, 2.5),  # decoded at a quarter
        (lambda: PHOTO.convert("CMYK"), "JPEG", {"quality": 95}, 1.5),
        (lambda: PHOTO.convert("CMYK"), "TIFF", {}, 1.0),
        (lambda: PHOTO.quantize(256), "PNG", {}, 3.0),
        (lambda: PHOTO.convert("RGBA"), "PNG", {}, 1.0),
        (lambda: PHOTO, "WEBP", {"quality": 95}, 3.0),
        (lambda: PHOTO, "BMP", {}, 1.0),
        (lambda: PHOTO, "GIF", {}, 3.0),
    ],
    ids=[
        "jpeg",
        "progressive",
        "large",
        "cmyk",
        "cmyk-tiff",
        "palette",
        "alpha",
        "webp",
        "bmp",
        "gif",
    ],
)
def test_a_photograph_is_the_same_in_any_format(like, kind, quality, allowed):
    assert off(encoded(like(), kind, **quality)) < allowed


def test_grey_ones_of_8_and_16_bits_agree():
    grey = np.asarray(PHOTO.convert("L"))
    eight, sixteen = (
        read_photo(encoded(Image.fromarray(g), "PNG")) for g in (grey, grey.astype(np.uint16) * 257)
    )
    assert np.abs(eight.astype(int) - sixteen).max() <= 1
    assert np.ptp(eight.astype(int), axis=2).max() == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_as_the_camera_was_held(orientation):
    ways = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions that undo each
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = BARS if orientation == 1 else BARS.transpose(ways[orientation])
    shown = read_photo(encoded(lying, "PNG", exif=exif))[..., 0].astype(int)
    assert [shown[100, at] for at in (5, 112, 218)] == pytest.approx([0, 90, 180], abs=2)


def test_what_is_transparent_is_laid_on_paper_and_told():
    ink = np.zeros((64, 64, 4), np.uint8)
    ink[:, 32:, 3] = 255
    pixels, notes = look_at_photo(encoded(Image.fromarray(ink), "PNG"))
    assert pixels[112, 20].tolist() == [255] * 3
    assert pixels[112, 200].tolist() == [0] * 3
    assert notes == ("transparent in part, laid on white",)


def test_of_an_animation_it_is_the_first_and_told():
    turned = PHOTO.transpose(Image.Transpose.ROTATE_180)
    for kind in ("GIF", "WEBP"):
        moving = encoded(PHOTO, kind, save_all=True, append_images=[turned])
        pixels, notes = look_at_photo(moving)
        assert notes == ("the first of several pictures",)
        assert np.abs(pixels.astype(int) - PLAIN).mean() < 6


def test_a_name_that_says_another_format_is_told(tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(encoded(PHOTO, "PNG"))
    pixels, notes = look_at_photo(file)
    assert (pixels == PLAIN).all()
    assert notes == ("PNG, whatever its name says",)
    assert look_at_photo(file.read_bytes(), suffix=".PNG").notes == ()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda: b"", "it is empty: 0 bytes"),
        (lambda: encoded(PHOTO, "JPEG")[:9000], "truncated"),
        (lambda: encoded(PHOTO, "PNG")[:9000], "can't be read"),
        (lambda: b"<html>no photograph</html>", "no picture of a format .* begins with"),
        (lambda: claiming(9000), "9000 x 9000 pixels"),
        (lambda: claiming(30_000), "900000000 pixels"),
        (lambda: encoded(Image.new("L", (4, 900)), "PNG"), "4 x 900 pixels"),
    ],
    ids=["empty", "cut-jpeg", "cut-png", "html", "huge", "bomb", "sliver"],
)
def test_what_is_no_photograph_is_refused_with_the_reason(content, why):
    with pytest.raises(DataError, match=why):
        read_photo(content())


def test_a_missing_file_a_folder_and_a_large_jpeg(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_photo(tmp_path / "none.jpg")
    with pytest.raises(DataError, match="no regular file"):
        read_photo(tmp_path)
    large = encoded(Image.new("L", (8200, 8200), 77), "JPEG")  # more than another may have
    assert LARGEST < 8200**2
    assert read_photo(large).mean() == 77
