"""A photograph as a page shows it: whole, upright, no larger than a screen, without what the camera
wrote of the place and the owner.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np

from ontogeny.core.errors import DataError, MissingExtra
from ontogeny.core.files import open_regular
from ontogeny.worlds.photos.images import SUFFIXES, in_colour, on_paper, turn_of
from ontogeny.worlds.photos.squares import LARGEST, LARGEST_JPEG

LONGEST = 1600  # pixels of the longer side
QUALITY = 88  # of the JPEG
PLAIN = ("RGB", "L", "CMYK", "YCbCr")


def shown_photo(path: Path, longest: int = LONGEST) -> bytes:
    """Return a photograph as a JPEG whose longer side has at most so many pixels. Raises
    `DataError` with the reason for one that can't be read, or is too large by its header;
    `MissingExtra` without Pillow.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra(
            "Pillow reads photographs, and is not installed",
            where=str(path),
            hint="pip install 'ontogeny[beauty]'",
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of is an error below, or harmless
        try:
            known = sorted(set(SUFFIXES.values()))
            with open_regular(path, links=True) as file, Image.open(file, "r", known) as image:
                most = LARGEST_JPEG if image.format in ("JPEG", "MPO") else LARGEST
                if image.width * image.height > most:
                    raise DataError(
                        f"it has {image.width} x {image.height} pixels", where=str(path)
                    )
                turn = turn_of(image, [])
                if image.mode in PLAIN:
                    image.draft("RGB", (longest, longest))  # a JPEG is decoded smaller
                plain = image.mode in PLAIN and "transparency" not in image.info
                colour = image.convert("RGB") if plain else on_paper(in_colour(image, []), [])
            colour.thumbnail((longest, longest), Image.Resampling.LANCZOS)
            upright = colour if turn is None else colour.transpose(Image.Transpose(turn))
            written = BytesIO()
            bare = Image.fromarray(np.asarray(upright, np.uint8))  # without its EXIF and profile
            bare.save(written, "JPEG", quality=QUALITY)
        except DataError:
            raise
        except Exception as error:  # a damaged file leads Pillow anywhere
            raise DataError(f"it can't be read as a picture ({error})", where=str(path)) from error
    return written.getvalue()
