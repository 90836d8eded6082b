"""Small pictures side by side, each enlarged and with a word below it, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import ConfigError, MissingExtra
from ontogeny.core.files import absolute, replace_file

SIDE = 128  # pixels that a picture is enlarged to, at least
GAP, WORDS, POINTS = 8, 24, 13  # pixels: between two, the line of words, and their letters
INK, GROUND = (28, 28, 28), (255, 255, 255)


def write_strip(
    pictures: Sequence[Float[np.ndarray, "..."]], words: Sequence[str], path: Path
) -> None:
    """Write pictures [height, width] or [height, width, chan], numbers from 0 to 1, as a PNG: every
    pixel a square, a word below each picture.

    The file appears whole, or not at all. Raises `ConfigError` for a name that is no PNG's,
    `MissingExtra` without Pillow, `StoreError` when it can't be written.
    """
    path = absolute(path)
    check_png(path)
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise MissingExtra(
            "Pillow writes pictures, and is not installed",
            where=str(path),
            hint="pip install pillow",
        ) from error
    rows = np.rint(255 * np.clip(np.stack(pictures), 0, 1)).astype(np.uint8)
    height, width = rows.shape[1:3]
    colours = np.broadcast_to(rows.reshape(len(rows), height, width, -1), (*rows.shape[:3], 3))
    scale = -(-SIDE // max(height, width))
    across, down = width * scale, height * scale
    font = ImageFont.load_default(POINTS)
    size = (GAP + len(rows) * (across + GAP), GAP + down + WORDS)
    sheet = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(sheet)
    for number, (colour, word) in enumerate(zip(colours, words, strict=True)):
        left = GAP + number * (across + GAP)
        large = Image.fromarray(colour).resize((across, down), Image.Resampling.NEAREST)
        sheet.paste(large, (left, GAP))
        middle = (left + across / 2, GAP + down + WORDS / 2)
        draw.text(middle, word, fill=INK, font=font, anchor="mm")
    with replace_file(path, "write the picture") as part:
        sheet.save(part, format="PNG")


def check_png(path: Path) -> None:
    """Raise `ConfigError` for a name that is no PNG's."""
    if path.suffix.lower() != ".png":
        raise ConfigError(
            f"{path.name} is no name of a PNG", where="--out", hint="let it end in .png"
        )
