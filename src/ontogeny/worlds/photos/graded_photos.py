"""Photographs and graded degradations of them: which of two versions of the same square is the
better one is known, without anybody having rated anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Int, UInt8

from ontogeny.core.errors import DataError
from ontogeny.worlds.photos.degradations import KINDS, STRENGTHS, degrade
from ontogeny.worlds.photos.images import list_pictures, read_picture
from ontogeny.worlds.photos.photographs import packaged_files
from ontogeny.worlds.photos.squares import SIDE

LEAST_SHARE = 0.6  # of a photograph's shorter side that a square covers, if it has the pixels
ORIGINAL = "original"

Named: TypeAlias = Sequence[tuple[str, UInt8[np.ndarray, "_ _ 3"]]]
"""Photographs of any size, each with its name."""


@dataclass(frozen=True, eq=False)
class GradedPhotos:
    """Versions of squares of photographs, each with the photograph and the square that it is of."""

    kinds: tuple[str, ...]
    """Kinds of degradation; a version's is a place among them, or -1 for the original."""
    names: tuple[str, ...]
    """Of the photographs."""
    photo: Int[np.ndarray, " version"]
    square: Int[np.ndarray, " version"]
    """Numbered through: two versions of one square show the same."""
    kind: Int[np.ndarray, " version"]
    strength: Int[np.ndarray, " version"]
    """0 the original, 1 to 3."""

    def __len__(self) -> int:
        return len(self.photo)

    def at(self, rows: Int[np.ndarray, " row"]) -> GradedPhotos:
        """Return the versions at these places."""
        of = (values[rows] for values in (self.photo, self.square, self.kind, self.strength))
        return GradedPhotos(self.kinds, self.names, *of)

    def word(self, row: int) -> str:
        """Return what kind of version it is."""
        return ORIGINAL if self.kind[row] < 0 else self.kinds[self.kind[row]]

    def pairs(self) -> Int[np.ndarray, "pair 2"]:
        """Return every (better, worse) of one square: the original and each degraded version, and
        two strengths of one kind.
        """
        found: list[tuple[int, int]] = []
        for square in np.unique(self.square):
            rows = np.flatnonzero(self.square == square)
            for a in rows:
                below = self.strength[rows] > self.strength[a]
                same = (self.kind[rows] == self.kind[a]) | (self.strength[a] == 0)
                found += [(int(a), int(b)) for b in rows[below & same]]
        return np.array(found, np.int64).reshape(-1, 2)


def graded(
    photographs: Named,
    squares: int = 4,
    kinds: Sequence[str] = tuple(KINDS),
    key: int = 0,
    side: int = SIDE,
) -> tuple[GradedPhotos, Iterator[np.ndarray]]:
    """Return what there is of so many squares of each photograph (the middle one, and others drawn
    by the key), and the versions themselves, one after another: the original, and each kind at
    three strengths. Raises `DataError` for a photograph that is smaller than a square.
    """
    if not photographs:
        raise DataError("there are no photographs", where="graded")
    for name, picture in photographs:
        if min(picture.shape[:2]) < side:
            raise DataError(
                f"it is {picture.shape[0]} x {picture.shape[1]}, and a square is {side} pixels",
                where=name,
                hint="leave it out",
            )
    each = [(-1, 0), *((k, s) for k in range(len(kinds)) for s in range(1, STRENGTHS + 1))]
    n_squares, versions = len(photographs) * squares, len(each)

    def made() -> Iterator[np.ndarray]:
        for number in range(n_squares):
            picture = photographs[number // squares][1]
            rng = np.random.default_rng([key, number])
            square = _square(picture, number % squares, rng, side)
            for version, (kind, strength) in enumerate(each):
                if kind < 0:
                    yield square
                    continue
                own = int(np.random.SeedSequence([key, number, version]).generate_state(1)[0])
                yield degrade(kinds[kind], strength, square, own)

    about = GradedPhotos(
        tuple(kinds),
        tuple(name for name, _ in photographs),
        np.repeat(np.arange(len(photographs)), squares * versions),
        np.repeat(np.arange(n_squares), versions),
        np.tile([kind for kind, _ in each], n_squares),
        np.tile([strength for _, strength in each], n_squares),
    )
    return about, made()


def photographs_of(folder: Path | None = None) -> Named:
    """Return the photographs of a folder and its folders, or those that packages ship, by name; of
    a folder, those that are too small for a square are left out. Raises `DataError` for one that
    can't be read, `MissingExtra` for a package that is not installed.
    """
    paths = packaged_files() if folder is None else list_pictures(folder).taken
    read = [(path.name, read_picture(path)) for path in paths]
    return [(name, picture) for name, picture in read if min(picture.shape[:2]) >= SIDE]


def _square(
    picture: UInt8[np.ndarray, "height width 3"], number: int, rng: np.random.Generator, side: int
) -> UInt8[np.ndarray, "side side 3"]:
    """Return the middle of a photograph, or where the numbers drawn say, as a square."""
    from PIL import Image

    height, width = picture.shape[:2]
    whole = min(height, width)
    least = max(side, int(LEAST_SHARE * whole))
    kept = whole if number == 0 else int(rng.integers(least, whole + 1))
    room = np.array([height - kept, width - kept])
    top, left = room // 2 if number == 0 else rng.integers(0, room + 1)
    image = Image.fromarray(picture[top : top + kept, left : left + kept])
    small = image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2)
    return np.asarray(small, np.uint8)
