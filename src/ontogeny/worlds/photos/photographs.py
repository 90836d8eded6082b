"""Real photographs: those that scikit-image and scikit-learn ship, and a person's own, as squares.

Of scikit-image: an astronaut (NASA), a photographer at work (grey), a cup of coffee, a motorcycle
(Scharstein et al. 2014), a cat, a rocket (NASA/SpaceX). Of scikit-learn: a Chinese temple, a
flower. They are read from the installed packages, which need not be imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from ontogeny.core.errors import DataError, MissingExtra
from ontogeny.worlds.photos.images import list_pictures, read_picture

SIDE = 128  # pixels of a square
HELD_EVERY = 4  # of a person's own pictures
LUMA = np.array([0.299, 0.587, 0.114])  # how bright red, green and blue are (ITU-R BT.601)

IMAGE, LEARN = ("skimage", "data"), ("sklearn", "datasets", "images")
TO_LEARN = (
    (*IMAGE, "astronaut.png"),
    (*IMAGE, "coffee.png"),
    (*IMAGE, "motorcycle_left.png"),
    (*LEARN, "china.jpg"),
)
GREY = ((*IMAGE, "camera.png"),)  # to learn from too, where colours are not asked for
HELD = ((*IMAGE, "chelsea.png"), (*IMAGE, "rocket.jpg"), (*LEARN, "flower.jpg"))

Squares: TypeAlias = UInt8[np.ndarray, "_ side side chan"]


def packaged_photographs(side: int = SIDE, colour: bool = False) -> tuple[Squares, Squares]:
    """Return the photographs to learn from and those that are held, as squares. Raises
    `MissingExtra` where one of them is not installed.
    """
    learn = TO_LEARN if colour else (*TO_LEARN, *GREY)
    parts = [[_packaged(place) for place in places] for places in (learn, HELD)]
    return squares(parts[0], side, colour), squares(parts[1], side, colour)


def packaged_files() -> list[Path]:
    """Return where all photographs are that packages ship, those in grey too. Raises `MissingExtra`
    where one of them is not installed.
    """
    return [_packaged(place) for place in (*TO_LEARN, *GREY, *HELD)]


def folder_pictures(
    folder: Path | str, side: int = SIDE, colour: bool = False
) -> tuple[Squares, Squares]:
    """Return the pictures of a folder and its folders as squares: those to learn from, and every
    fourth (the fourth, the eighth; the last of fewer than four), which is held.

    Raises `DataError` for fewer than two, for one that can't be read, or is too small.
    """
    paths = list_pictures(folder).taken
    if len(paths) < 2:
        raise DataError(
            f"{len(paths)} of its files are pictures",
            where=str(folder),
            hint="give a folder with two or more: one to learn from, and one that is held",
        )
    held = paths[HELD_EVERY - 1 :: HELD_EVERY] or paths[-1:]
    learn = [path for path in paths if path not in held]
    return squares(learn, side, colour), squares(held, side, colour)


def squares(paths: Iterable[Path], side: int, colour: bool) -> Squares:
    """Return the pictures as `middle_square` does. Raises `DataError` for one that can't be read,
    or is smaller.
    """
    return np.stack([middle_square(read_picture(path), side, colour, str(path)) for path in paths])


def middle_square(
    picture: UInt8[np.ndarray, "height width 3"], side: int, colour: bool, where: str
) -> UInt8[np.ndarray, "side side chan"]:
    """Return a picture shrunk to `side` pixels along the shorter side, the middle of it; in grey
    with one channel. Raises `DataError`, which says `where`, for one that is smaller.
    """
    height, width = picture.shape[:2]
    if min(height, width) < side:
        raise DataError(
            f"it is {height} x {width}, and its shorter side is to be {side} pixels",
            where=where,
            hint="leave it out, or ask for a smaller side",
        )
    middle = min(height, width)
    top, left = (height - middle) // 2, (width - middle) // 2
    whole = np.moveaxis(picture[top : top + middle, left : left + middle], 2, 0)
    channels = whole if colour else np.tensordot(LUMA, whole, 1)[None]
    return np.rint(np.moveaxis(averaged(channels, side, side), 0, 2)).astype(np.uint8)


def averaged(
    pictures: Shaped[np.ndarray, "picture rows columns"], height: int, width: int
) -> Float[np.ndarray, "picture height width"]:
    """Return the pictures with fewer pixels, each the mean of the area that it covers."""
    rows, columns = pictures.shape[1:]
    down, across = _shares(rows, height), _shares(columns, width)
    return np.matmul(down, np.matmul(pictures.astype(np.float32), across.T))


def _shares(n: int, fewer: int) -> Float[np.ndarray, "fewer n"]:
    """Return how much of each of `fewer` equal parts of a line lies in each of its n pixels."""
    ends = np.arange(fewer + 1) * (n / fewer)
    low = np.maximum(ends[:-1, None], np.arange(n))
    high = np.minimum(ends[1:, None], np.arange(n) + 1)
    return (np.maximum(high - low, 0) * (fewer / n)).astype(np.float32)


def _packaged(place: tuple[str, ...]) -> Path:
    package, *inside = place
    spec = find_spec(package)
    roots = [] if spec is None else spec.submodule_search_locations or []
    for root in roots:
        if (path := Path(root, *inside)).is_file():
            return path
    named = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[package]
    raise MissingExtra(
        f"{inside[-1]} is a photograph that {named} ships, and is not installed",
        where="photo_patches",
        hint="pip install 'ontogeny[photographs]'",
    )
