"""Which files of a folder are pictures, pictures as arrays, and any picture as the small square
that a few-shot world has.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Shaped, UInt8

from ontogeny.core.errors import DataError, MissingExtra
from ontogeny.core.files import open_regular

if TYPE_CHECKING:
    from PIL import Image as Pillow

# By suffix, what Pillow calls the format: a file is read as one of these, whatever it is named, and
# as no other (Pillow's reader of PostScript, for one, runs what it reads).
SUFFIXES = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **{f".{name.lower()}": name for name in ("PNG", "BMP", "GIF", "WEBP")},
}
LARGEST = 25_000_000  # pixels, of some 20 bytes each: more is a mistake, or an attack on the memory
HIDDEN = "hidden"
BRIGHT = 191  # of 255: what is brighter than that is hardly seen on white
ORIENTATION = 0x0112  # in EXIF: how the camera was held
TURNS = (2, 3, 4, 5, 6, 7, 8), (0, 3, 1, 5, 4, 6, 2)  # its values, and Pillow's way back of each


class Listing(NamedTuple):
    """What was found where pictures were looked for."""

    taken: list[Path]
    left_out: dict[Path, str]
    """The other files, and why: words that follow "left out, "."""


class Picture(NamedTuple):
    """A picture as it was read."""

    pixels: UInt8[np.ndarray, "height width 3"]
    notes: tuple[str, ...]
    """What was made of it that the file does not say."""


def list_pictures(place: Path | str) -> Listing:
    """Return the pictures of a folder, those in it by name and then those in its folders, or the
    one file that is given. Raises `DataError` where there is neither.
    """
    root = Path(place).expanduser()
    if root.is_file():
        return _listed([root], {})
    if not root.is_dir():
        raise DataError("there is no such folder", where=str(root))
    files, folders = _inside(root)
    left_out: dict[Path, str] = {}
    for folder in folders:
        if hidden(folder):
            left_out[folder] = HIDDEN
            continue
        beside, below = _inside(folder)
        files += beside
        deeper = "a folder deeper than is read"
        left_out |= {file: deeper for place in below for file in _all_files(place)}
    return _listed(files, left_out)


def picture_files(folder: Path | str) -> list[Path]:
    """Return the picture files of a folder itself, by name. Raises `DataError` for no folder."""
    root = Path(folder).expanduser()
    return [file for file in list_pictures(root).taken if file.parent == root]


def hidden(path: Path) -> bool:
    """Return whether a file or a folder is none that a person has put there."""
    return path.name.startswith((".", "__"))


def _inside(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the files and the folders in a folder, by name."""
    there = sorted(folder.iterdir())
    return [one for one in there if not one.is_dir()], [one for one in there if one.is_dir()]


def _all_files(folder: Path) -> list[Path]:
    return sorted(Path(place, name) for place, _, names in os.walk(folder) for name in names)


def _listed(files: Iterable[Path], left_out: dict[Path, str]) -> Listing:
    """Return the files, parted into those that are pictures by name and the others."""
    reasons = {file: _no_picture(file) for file in files}
    taken = [file for file, why in reasons.items() if not why]
    return Listing(taken, {file: why for file, why in reasons.items() if why} | left_out)


def _no_picture(file: Path) -> str:
    """Return why the file is not read as a picture; "" for one that is."""
    if hidden(file):
        return HIDDEN
    if not file.suffix:
        return "without a suffix that says what they are"
    if file.suffix.lower() not in SUFFIXES:
        return f"as {file.suffix}, which is not read"
    return "" if file.is_file() else "no files"


def read_picture(path: Path | str) -> UInt8[np.ndarray, "height width 3"]:
    """Return a picture in colour, the right way up; see `look_at`."""
    return look_at(path).pixels


def look_at(path: Path | str) -> Picture:
    """Return a picture in colour, the right way up, and what was made of it. What is transparent is
    white, or black around what is nearly white. Raises `DataError` for a file that is no picture,
    is cut, is of no format in `SUFFIXES`, or has more than 25 million pixels.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtra(
            "Pillow reads pictures, and is not installed",
            where=str(path),
            hint="pip install pillow",
        ) from error
    again, notes = "leave the file out, or save it anew as PNG", list[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of is noted, or an error below
        try:
            known = sorted(set(SUFFIXES.values()))
            with (
                open_regular(Path(path), links=True) as file,
                Image.open(file, "r", known) as image,
            ):
                if image.width * image.height > LARGEST:
                    raise DataError(
                        f"it has {image.width} x {image.height} pixels",
                        where=str(path),
                        hint=f"bring it under {LARGEST:,} pixels",
                    )
                told = "JPEG" if image.format == "MPO" else image.format  # several in one
                if told != SUFFIXES.get(Path(path).suffix.lower(), told):
                    notes.append(f"{told}, whatever their names say")
                colour = in_colour(image, notes)
                turn = turn_of(image, notes)
        except DataError:
            raise
        except UnidentifiedImageError as error:
            raise DataError(
                "it is no picture of a known format",
                where=str(path),
                hint=again,
            ) from error
        except Exception as error:  # a damaged file leads Pillow anywhere
            raise DataError(
                f"it can't be read as a picture ({error})", where=str(path), hint=again
            ) from error
    upright = colour if turn is None else colour.transpose(Image.Transpose(turn))
    return Picture(np.asarray(on_paper(upright, notes), np.uint8), tuple(notes))


def turn_of(image: Pillow.Image, notes: list[str]) -> int | None:
    """Return how the picture is to be turned, as its camera wrote; None for not at all."""
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
        return dict(zip(*TURNS, strict=True)).get(orientation)
    except Exception:  # whatever the camera or another program has left there
        notes.append("taken as they lie, for their EXIF can't be read")
        return None


def in_colour(image: Pillow.Image, notes: list[str]) -> Pillow.Image:
    """Return the picture in RGBA, of more than 8 bits scaled."""
    from PIL import Image

    if image.mode[0] not in "IF":  # of more than 8 bits, which converting would cut off
        return image.convert("RGBA")
    values = np.asarray(image)
    sixteen = values.dtype.itemsize == 2 or image.format == "PNG"  # which holds no more
    if not sixteen:
        notes.append("of numbers without a scale, which were stretched to black and white")
    colour = Image.fromarray(_eight_bits(values, sixteen)).convert("RGBA")
    if (clear := image.info.get("transparency")) is not None:
        colour.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return colour


def _eight_bits(
    grey: Shaped[np.ndarray, "height width"], sixteen: bool
) -> UInt8[np.ndarray, "height width"]:
    """Return 16 bits scaled to 8; other numbers have no scale of their own, and are stretched."""
    values = grey.astype(np.float64)
    if sixteen:
        return np.rint(values / 257).astype(np.uint8)
    if not np.isfinite(values).all():
        raise ValueError("a pixel is not finite")
    span = values.max() - values.min()
    return np.rint((values - values.min()) * (255 / span if span else 0)).astype(np.uint8)


def on_paper(colour: Pillow.Image, notes: list[str]) -> Pillow.Image:
    """Return the picture without its transparency, on paper on which it is seen."""
    from PIL import Image

    if colour.getchannel("A").getextrema()[0] == 255:
        return colour.convert("RGB")
    small = colour.resize((64, 64), Image.Resampling.BOX)
    grey, shown = (np.asarray(one, float) for one in (small.convert("L"), small.getchannel("A")))
    paper = "black" if (grey * shown).sum() > BRIGHT * shown.sum() else "white"
    notes.append(f"transparent in part, laid on {paper}")
    return Image.alpha_composite(Image.new("RGBA", colour.size, paper), colour).convert("RGB")


def ink_square(
    picture: UInt8[np.ndarray, "height width 3"], size: int
) -> UInt8[np.ndarray, "size size"]:
    """Return the picture as ink 255 on ground 0: grey, fitted into the square (its longer side
    fills it), middle on middle.

    What most of the border is counts as the ground; where that is bright, bright and dark change
    places. A square picture of the right size and ground stays as it is.
    """
    from PIL import Image

    grey = np.asarray(Image.fromarray(picture).convert("L"), np.uint8)
    ground = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    if ground > 127:
        grey, ground = 255 - grey, 255 - ground
    if grey.shape != (size, size):
        scale = size / max(grey.shape)
        height, width = (max(1, round(n * scale)) for n in grey.shape)
        kind = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
        grey = np.asarray(Image.fromarray(grey).resize((width, height), kind), np.uint8)
    square = np.full((size, size), int(ground), np.uint8)
    top, left = ((size - n) // 2 for n in grey.shape)
    square[top : top + grey.shape[0], left : left + grey.shape[1]] = grey
    return square
