"""A person's pictures as the patterns of a memory: the middle square of each, averaged to the
memory's size, grey or in colour as its shape is.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.pictures_given import left_out_notes, named, pictures_given
from ontogeny.worlds.photos.images import look_at
from ontogeny.worlds.photos.photographs import middle_square


class Pictures(NamedTuple):
    """Pictures of a memory's shape, and what a person should know of how they came about."""

    pixels: UInt8[np.ndarray, "picture ..."]
    names: tuple[str, ...]
    """Of each, its path in the folder."""
    unread: dict[Path, str]
    """Pictures that could not be read, and why."""
    left_out: dict[Path, str]
    """What else lies there, and why it was not taken."""
    notes: list[str]

    @property
    def patterns(self) -> Float[np.ndarray, "picture ..."]:
        """The pictures as numbers from 0 to 1."""
        return as_patterns(self.pixels)


def as_patterns(pixels: UInt8[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return bytes as numbers from 0 to 1."""
    return pixels.astype(np.float32) / 255


def read_pictures(place: Path | str, shape: tuple[int, ...]) -> Pictures:
    """Return the pictures of a folder and its folders, or the one that is given, as patterns of a
    shape: [side, side] is grey, [side, side, 3] in colour.

    Raises `ConfigError` for patterns that are no square pictures, `DataError` for a folder without
    pictures and where none can be used; others that can't be are told in `unread`.
    """
    _check_shape(shape)
    root = Path(place).expanduser()
    found = pictures_given(root, "store")
    taken: dict[Path, UInt8[np.ndarray, "..."]] = {}
    unread: dict[Path, str] = {}
    made: Counter[str] = Counter()
    for file in found.taken:
        try:
            picture = look_at(file)
            taken[file] = _fitted(picture.pixels, shape, str(file))
            made.update(picture.notes)
        except DataError as error:
            unread[file] = error.what
    if not taken:
        raise DataError(
            f"none of the {len(unread)} pictures can be used ({next(iter(unread.values()))})",
            where=str(root),
            hint="PNG, JPEG, WebP, BMP, GIF and TIFF files are read",
        )
    notes = [
        *(f"{what}: {n}" for what, n in made.items()),
        *_twice(taken),
        *(f"not read, {why}: {file.name}" for file, why in unread.items()),
        *left_out_notes("pictures", found.left_out),
    ]
    names = tuple(str(file.relative_to(root)) if file != root else file.name for file in taken)
    return Pictures(np.stack(list(taken.values())), names, unread, found.left_out, notes)


def read_query(
    file: Path | str, shape: tuple[int, ...], known: Path | str | None = None
) -> tuple[Float[np.ndarray, "..."], Bool[np.ndarray, "..."]]:
    """Return a picture as a pattern of a shape, and which of its numbers are right: those whose
    whole area is white in the mask `known`; without one, none is said to be.

    Raises `ConfigError` for patterns that are no square pictures, `DataError` for a file that can't
    be read, and for a mask of another size than the picture.
    """
    _check_shape(shape)
    pixels = look_at(Path(file).expanduser()).pixels
    pattern = as_patterns(_fitted(pixels, shape, str(file)))
    if known is None:
        return pattern, np.zeros(shape, bool)
    mask = look_at(Path(known).expanduser()).pixels
    if mask.shape != pixels.shape:
        sizes = [f"{one.shape[0]} x {one.shape[1]}" for one in (mask, pixels)]
        raise DataError(
            f"the mask is {sizes[0]} pixels, and the picture {sizes[1]}",
            where=str(known),
            hint="draw it as large as the picture: white where the picture is right",
        )
    return pattern, _fitted(mask, shape, str(known)) == 255


def _fitted(
    pixels: UInt8[np.ndarray, "height width 3"], shape: tuple[int, ...], where: str
) -> UInt8[np.ndarray, "..."]:
    return middle_square(pixels, shape[0], shape[2:] == (3,), where).reshape(shape)


def _check_shape(shape: tuple[int, ...]) -> None:
    """Raise `ConfigError` for patterns that are no square pictures."""
    if len(shape) < 2 or shape[0] != shape[1] or shape[2:] not in ((), (1,), (3,)):
        what = f"{shape[0]} numbers" if len(shape) == 1 else f"shape {list(shape)}"
        raise ConfigError(
            f"this memory stores patterns of {what}, and no square pictures",
            where="memory",
            hint="grow one of pictures, or give `Memory.write` the patterns from Python",
        )


def _twice(taken: dict[Path, UInt8[np.ndarray, "..."]]) -> list[str]:
    """Return which pictures are the same, once they are small."""
    seen: dict[bytes, str] = {}
    same: list[str] = []
    for file, pixels in taken.items():
        first = seen.setdefault(pixels.tobytes(), file.name)
        same += [f"{file.name} as {first}"] * (first != file.name)
    return [f"the same picture twice: {named(same)}"] * bool(same)
