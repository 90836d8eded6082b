"""What a network says of a video, drawn over it: points in their places, labels with bars, or
numbers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import jax
import numpy as np
from jaxtyping import Float, UInt8

from ontogeny.core.errors import MissingExtra
from ontogeny.ops.peaks import peaks

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

Place: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height of what the network sees, in the picture's pixels."""

# Okabe and Ito 2008, for colour-blind eyes too
BLUE = (0, 114, 178)
WARM = ((230, 159, 0), (213, 94, 0), (240, 228, 66), (204, 121, 167))
COLOURS = (WARM[0], (86, 180, 233), (0, 158, 115), *WARM[1:], BLUE)
INK, GROUND, RIM = (240, 240, 240), (0, 0, 0, 150), (20, 20, 20)
SMOOTH = 4  # marks are drawn so many times as large
SHOWN = 3  # labels
LISTED = 5  # labels in a line of JSON
SURE = 0.5  # a point that is less sure is a ring
FAINT = 0.05  # a point that is less sure is not drawn


class Point(NamedTuple):
    """One that a map shows, in the picture's pixels."""

    name: str
    x: float
    y: float
    confidence: float


class Label(NamedTuple):
    """A class, and how probable it is."""

    name: str
    confidence: float


class Number(NamedTuple):
    """One of a vector that is no logits."""

    name: str
    value: float


Read: TypeAlias = Sequence[Point] | Sequence[Label] | Sequence[Number]
_peaks = jax.jit(peaks)


def read(
    said: Float[np.ndarray, "..."], labels: Sequence[str], place: Place, is_logits: bool = True
) -> Read:
    """Return the points that maps [rows, columns, map] show, the classes of a vector of logits, the
    most probable first, or the numbers of another vector. What is not finite says nothing.
    """
    if not np.isfinite(said).all():
        return []
    names: list[str] = list(labels) or [str(i) for i in range(said.shape[-1])]
    if said.ndim == 3:
        found, (left, top, width, height) = jax.device_get(_peaks(said)), place
        x, y = left + width * found.x, top + height * found.y
        return [
            Point(*one)
            for one in zip(names, x.tolist(), y.tolist(), found.confidence.tolist(), strict=True)
        ]
    if not is_logits:
        return [Number(*one) for one in zip(names, said.tolist(), strict=True)]
    odds = np.exp(said.astype(np.float64) - said.max())
    chances = odds / odds.sum()
    order = np.argsort(-chances, kind="stable")
    return [Label(names[i], float(chances[i])) for i in order]


def told(read_: Read) -> list[dict[str, Any]]:
    """Return what was read for a line of JSON: all points and numbers, or the first classes."""
    few = read_[:LISTED] if read_ and isinstance(read_[0], Label) else read_
    return [
        {name: round(x, 4) if isinstance(x, float) else x for name, x in one._asdict().items()}
        for one in few
    ]


def drawn(
    picture: UInt8[np.ndarray, "height width 3"],
    place: Place,
    read_: Read,
) -> UInt8[np.ndarray, "height width 3"]:
    """Return the picture with a frame around what the network sees, where that is not all of it,
    and what was read drawn in. Raises `MissingExtra` without Pillow.
    """
    image, draw = _canvas(picture)
    unit = max(1.0, min(picture.shape[:2]) / 160)  # a line's width
    _frame(draw, place, image.size, unit)
    for number, one in enumerate(read_ if not read_ or isinstance(read_[0], Point) else ()):
        assert isinstance(one, Point)
        _point(image, draw, one, COLOURS[number % len(COLOURS)], unit)
    classes = [one for one in read_ if not isinstance(one, Point)][:SHOWN]
    if classes:
        _bars(draw, classes, image.size)
    return np.asarray(image)


def _canvas(picture: np.ndarray) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise MissingExtra(
            "Pillow draws over videos, and is not installed",
            where="overlay",
            hint="pip install 'ontogeny[video]'",
        ) from error
    image = Image.fromarray(picture)
    return image, ImageDraw.Draw(image, "RGBA")


def _frame(draw: Any, place: Place, size: tuple[int, int], unit: float) -> None:
    left, top, width, height = place
    if width < size[0] - 1 or height < size[1] - 1:
        box = (left, top, left + width - 1, top + height - 1)
        draw.rectangle(box, outline=(*INK, 90), width=max(1, round(unit / 2)))


def _point(image: Image.Image, draw: Any, one: Point, colour: tuple[int, ...], unit: float) -> None:
    if one.confidence < FAINT:
        return
    mark = _mark(colour, one.confidence >= SURE, round(6 * unit))
    left, top = (round(at - side / 2) for at, side in zip((one.x, one.y), mark.size, strict=True))
    image.paste(mark, (left, top), mark)
    if not one.name.isdecimal():
        font = _font(max(9, round(5 * unit)))
        where = (one.x + 4.5 * unit, one.y)
        draw.text(
            where, one.name, fill=INK, font=font, anchor="lm", stroke_width=1, stroke_fill=RIM
        )


@functools.cache
def _mark(colour: tuple[int, ...], is_full: bool, side: int) -> Image.Image:
    """Return a disc with a dark rim, or a ring of so many pixels, with smooth edges."""
    from PIL import Image, ImageDraw

    large = SMOOTH * side
    mark = Image.new("RGBA", (large, large), (*RIM, 0))
    draw, rim = ImageDraw.Draw(mark), large / 10
    draw.ellipse((0, 0, large - 1, large - 1), fill=(*RIM, 255 if is_full else 0), outline=RIM)
    inner = (rim, rim, large - 1 - rim, large - 1 - rim)
    draw.ellipse(inner, (*colour, 255 if is_full else 0), (*colour, 255), round(2 * rim))
    return mark.resize((side, side), Image.Resampling.BOX)


def _bars(draw: Any, classes: Sequence[Label | Number], size: tuple[int, int]) -> None:
    """Draw the classes at the lower left, one a line: its probability as a bar, and in words; or
    numbers, without bars.
    """
    points = max(9, min(22, size[1] // 16))
    font, line = _font(points), round(points * 1.5)
    words = [
        (one.name, f"{one[1]:{'.0%' if isinstance(one, Label) else '.2f'}}") for one in classes
    ]
    across = max(font.getlength(name) for name, _ in words) + font.getlength("  100%") + points
    across = min(across, size[0])
    top = size[1] - line * len(words)
    draw.rectangle((0, top, across, size[1]), fill=GROUND)
    for number, (one, (name, chance)) in enumerate(zip(classes, words, strict=True)):
        upper, middle = top + number * line, top + (number + 0.5) * line
        if isinstance(one, Label):
            bar = (0, upper + 1, across * one.confidence, upper + line - 1)
            draw.rectangle(bar, fill=(*BLUE, 190))
        draw.text((points / 2, middle), name, fill=INK, font=font, anchor="lm")
        draw.text((across - points / 2, middle), chance, fill=INK, font=font, anchor="rm")


@functools.cache
def _font(points: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(points)
