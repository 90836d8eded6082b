"""Picture files as arrays, and any picture as the small square that a few-shot world has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Shaped, UInt8

from ontogeny.core.errors import DataError, MissingExtra

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
LARGEST = 50_000_000  # pixels: more is a mistake, or an attack on the memory


def picture_files(folder: Path | str) -> list[Path]:
    """Return the picture files of a folder itself, by name. Raises `DataError` for no folder."""
    path = Path(folder)
    if not path.is_dir():
        raise DataError("there is no such folder", where=str(folder))
    return sorted(
        file
        for file in path.iterdir()
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )


def read_picture(path: Path | str) -> UInt8[np.ndarray, "height width 3"]:
    """Return a picture in colour, the right way up. What is transparent is white. Raises
    `DataError` for a file that is no picture, is cut, or has more than 50 million pixels.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtra(
            "Pillow reads pictures, and is not installed",
            where=str(path),
            hint="pip install pillow",
        ) from error
    try:
        with Image.open(path) as image:
            if image.width * image.height > LARGEST:
                raise DataError(
                    f"it has {image.width} x {image.height} pixels",
                    where=str(path),
                    hint=f"bring it under {LARGEST:,} pixels",
                )
            upright = ImageOps.exif_transpose(image)
            if upright.mode[0] in "IF":  # more than 8 bits, which converting would cut off
                upright = Image.fromarray(_eight_bits(np.asarray(upright)))
            colour = upright.convert("RGBA")
    except UnidentifiedImageError as error:
        raise DataError(
            "it is no picture of a known format",
            where=str(path),
            hint="leave the file out, or save it anew as PNG",
        ) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f"it can't be read as a picture ({error})",
            where=str(path),
            hint="leave the file out, or save it anew as PNG",
        ) from error
    paper = Image.new("RGBA", colour.size, "white")
    return np.asarray(Image.alpha_composite(paper, colour).convert("RGB"), np.uint8)


def _eight_bits(grey: Shaped[np.ndarray, "height width"]) -> UInt8[np.ndarray, "height width"]:
    """Return 16 bits scaled to 8; other numbers have no scale of their own, and are stretched."""
    values = grey.astype(np.float64)
    if grey.dtype.itemsize == 2:
        return np.rint(values / 257).astype(np.uint8)
    if not np.isfinite(values).all():
        raise ValueError("a pixel is not finite")
    span = values.max() - values.min()
    return np.rint((values - values.min()) * (255 / span if span else 0)).astype(np.uint8)


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
