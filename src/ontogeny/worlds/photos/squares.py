"""Photographs as the squares that a packaged network looks at, from files or bytes of any origin.

A photograph is decoded no larger than is needed: its header says how large it is before anything is
decoded, and a JPEG is decoded at a half, a quarter or an eighth of its sides. How a picture in
other colours, with more bits or with transparency becomes RGB is in `worlds.photos.images`.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from jaxtyping import UInt8

from ontogeny.core.errors import DataError, MissingExtra
from ontogeny.core.files import open_regular
from ontogeny.worlds.photos.images import SUFFIXES, Picture, in_colour, on_paper, turn_of

if TYPE_CHECKING:
    from PIL import Image as Pillow

SIDE = 224  # pixels, of the squares that EfficientNet-Lite0 was trained on
AROUND = 32  # pixels that its crop leaves out, of a shorter side of SIDE + AROUND
LEAST = 8  # pixels of a side: less is no photograph
LARGEST = 64_000_000  # pixels that are decoded: more is a mistake, or an attack on the memory
LARGEST_JPEG = 160_000_000  # of which an eighth of the sides is decoded
FINER = 2  # a JPEG is decoded at this many times the size asked for, or more
SUPPORTED = "JPEG, PNG, WebP, TIFF, GIF and BMP are read"


def read_photo(photo: Path | str | bytes, side: int = SIDE) -> UInt8[np.ndarray, "{side} {side} 3"]:
    """Return a photograph as a square in colour; see `look_at_photo`."""
    return look_at_photo(photo, side).pixels


def look_at_photo(photo: Path | str | bytes, side: int = SIDE, suffix: str = "") -> Picture:
    """Return a photograph (a file, or a file's bytes and the suffix of its name) as a square in
    colour, and what was made of it that the file does not say: the middle, side / (side + 32) of
    the shorter side, as the backbone was trained on, by bicubic interpolation, turned as the camera
    was held.

    CMYK becomes RGB without a profile; 16 bits are scaled to 8; what is transparent is white, or
    black around what is nearly white; of several pictures in a file, it is the first. Raises
    `DataError` with the reason for one that is empty, cut, of a format that is not read, of fewer
    than 8 pixels a side or more than 64 million pixels in all (a JPEG 160 million); those are
    refused by their header. Raises `MissingExtra` without Pillow.
    """
    where = "a photograph in memory" if isinstance(photo, bytes) else str(photo)
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtra(
            "Pillow reads photographs, and is not installed",
            where=where,
            hint="pip install 'ontogeny[beauty]'",
        ) from error
    notes: list[str] = []
    again = "leave it out, or save it anew"
    head = b""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of is noted, or an error below
        try:
            with _opened(photo) as file:
                head = file.read(16)
                file.seek(0)
                if not head:
                    raise DataError("it is empty: 0 bytes", where=where, hint=again)
                with Image.open(file, "r", sorted(set(SUFFIXES.values()))) as image:
                    _check_size(image, where)
                    square = _square(image, side, notes)
                    turn = turn_of(image, notes)
                    named = suffix if isinstance(photo, bytes) else Path(photo).suffix
                    _note(image, named.lower(), notes)
        except DataError:
            raise
        except UnidentifiedImageError as error:
            raise DataError(
                f"it is no picture of a format that is read (it begins with {head[:8]!r})",
                where=where,
                hint=SUPPORTED,
            ) from error
        except FileNotFoundError as error:
            raise DataError("there is no such file", where=where) from error
        except OSError as error:  # also what Pillow raises for a file that is cut
            said = error.strerror or str(error)
            raise DataError(f"it can't be read ({said})", where=where, hint=again) from error
        except Exception as error:  # a damaged file leads Pillow anywhere
            raise DataError(
                f"it can't be read as a picture ({error})", where=where, hint=again
            ) from error
    upright = square if turn is None else square.transpose(Image.Transpose(turn))
    return Picture(np.array(upright, np.uint8), tuple(notes))


def _opened(photo: Path | str | bytes) -> BytesIO | BinaryIO:
    return BytesIO(photo) if isinstance(photo, bytes) else open_regular(Path(photo), links=True)


def _check_size(image: Pillow.Image, where: str) -> None:
    """Refuse what is too large or too small, by its header. Raises `DataError`."""
    most = LARGEST_JPEG if image.format in ("JPEG", "MPO") else LARGEST
    size = f"it has {image.width} x {image.height} pixels"
    if image.width * image.height > most:
        raise DataError(size, where=where, hint=f"bring it under {most:,} pixels")
    if min(image.size) < LEAST:
        raise DataError(size, where=where, hint=f"a photograph has {LEAST} a side or more")


def _square(image: Pillow.Image, side: int, notes: list[str]) -> Pillow.Image:
    """Return the middle of the picture in RGB, decoded no larger than is needed."""
    from PIL import Image

    if image.mode in ("RGB", "L", "YCbCr"):
        image.draft("RGB", (FINER * (side + AROUND), FINER * (side + AROUND)))
    image.load()
    kept = min(image.size) * side / (side + AROUND)
    left, top = ((n - kept) / 2 for n in image.size)
    box = (left, top, left + kept, top + kept)
    plain = image.mode in ("RGB", "L", "CMYK", "YCbCr") and "transparency" not in image.info
    if plain:
        colour = image if image.mode in ("RGB", "L") else image.convert("RGB")
    else:  # converted at its full size: a palette and an edge of transparency don't mix
        outer = (int(left), int(top), int(left + kept + 1), int(top + kept + 1))
        near = image if image.mode[0] in "IF" else image.crop(outer)
        colour = on_paper(in_colour(near, notes), notes)
        if near is not image:
            box = (left - outer[0], top - outer[1], box[2] - outer[0], box[3] - outer[1])
    return colour.resize((side, side), Image.Resampling.BICUBIC, box, FINER).convert("RGB")


def _note(image: Pillow.Image, suffix: str, notes: list[str]) -> None:
    """Note a name that says another format, and pictures that were not looked at."""
    told = "JPEG" if image.format == "MPO" else image.format  # a photograph with a depth or a proof
    if told != SUFFIXES.get(suffix, told):
        notes.append(f"{told}, whatever its name says")
    if told != "JPEG" and getattr(image, "is_animated", False):
        notes.append("the first of several pictures")
