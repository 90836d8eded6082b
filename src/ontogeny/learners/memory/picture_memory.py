"""A memory of a person's pictures, beside which their names and small originals are kept: to say
which one an answer is, and how far off.

What is kept beside a memory is none of its numbers: it reads as well without.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8

from ontogeny.core.archive import read_whole, write_archive
from ontogeny.core.errors import DataError, StoreError
from ontogeny.learners.memory.from_pictures import Pictures, as_patterns
from ontogeny.learners.memory.product import Memory

HIDDEN = 0.5  # what stands where a picture is hidden


class Recalled(NamedTuple):
    """How far off pictures come back: the root mean square over all numbers, each from 0 to 1."""

    whole: float
    """Asked with the pictures themselves."""
    half: float
    """Asked with the upper halves, which are said to be right."""
    half_before: float
    """How far off those queries are."""


class Asked(NamedTuple):
    """What a query led to."""

    reads: Float[np.ndarray, "read ..."]
    """Every iterate, the query first and the answer last."""
    energies: list[float]
    """Of every iterate."""
    strangeness: float | None
    """The share of the stored pictures whose energy is below the query's; None where the originals
    were not kept."""
    nearest: int | None
    """The stored picture that is nearest to the answer, and how far off the answer is from it, and
    the query was: root mean squares."""
    distance: float | None
    distance_before: float | None


@dataclass(frozen=True)
class PictureMemory:
    """A memory, and what is kept beside it. Nothing changes in place."""

    memory: Memory
    names: tuple[str, ...] = ()
    originals: UInt8[np.ndarray, "picture ..."] | None = None
    """None where they were not kept, of all or of some."""

    def write(self, pictures: Pictures) -> PictureMemory:
        """Return the memory that has these pictures and no others. Warns as `Memory.write` does."""
        return PictureMemory(self.memory.write(pictures.patterns), pictures.names, pictures.pixels)

    def add(self, pictures: Pictures) -> PictureMemory:
        """Return the memory with these pictures too: where the originals were kept all are written
        anew, together; else over what there is, which suffers. Warns as `Memory.write` does.
        """
        if not self.memory.count:
            return self.write(pictures)
        names = self.names + pictures.names
        if self.originals is None or len(self.originals) < self.memory.count:
            return PictureMemory(self.memory.add(pictures.patterns), names)
        both = np.concatenate([self.originals, pictures.pixels])
        return PictureMemory(self.memory.write(as_patterns(both)), names, both)

    def erase(self, pictures: Pictures) -> PictureMemory:
        """Return the memory without these pictures: where the originals were kept the others are
        written anew, together; else these are written with the sign turned, and the others suffer.
        Raises `DataError` for one that is not stored: by its look, or where originals were not kept
        by its name.
        """
        kept = list(range(len(self.names)))
        unnamed = self.memory.count - len(kept)  # written by what keeps no names
        for name, pixels in zip(pictures.names, pictures.pixels, strict=True):
            same = [i for i in kept if self._is(i, name, pixels)]
            if not same and unnamed > 0:
                unnamed -= 1
                continue
            if not same:
                raise DataError(
                    f"{name} is not stored in it",
                    where="memory erase",
                    hint="leave it out: erasing what is not stored spoils what is",
                )
            kept.remove(same[0])
        names = tuple(self.names[i] for i in kept)
        if self.originals is None or len(self.originals) < self.memory.count:
            return PictureMemory(self.memory.erase(pictures.patterns), names)
        left = self.originals[kept]
        if not kept:
            return PictureMemory(self.memory.emptied(), names, left)
        return PictureMemory(self.memory.write(as_patterns(left)), names, left)

    def without_originals(self) -> PictureMemory:
        """Return the memory with the names alone."""
        return dataclasses.replace(self, originals=None)

    def recalled(self, pixels: UInt8[np.ndarray, "picture ..."]) -> Recalled:
        """Return how far off these pictures come back."""
        patterns = as_patterns(pixels)
        known = np.zeros(patterns.shape, bool)
        whole = np.asarray(self.memory.read(patterns, known))
        known[:, : patterns.shape[1] // 2] = True
        half = np.where(known, patterns, np.float32(HIDDEN))
        back = np.asarray(self.memory.read(half, known))
        return Recalled(*(_apart(one, patterns) for one in (whole, back, half)))

    def ask(
        self, query: Float[np.ndarray, "..."], known: Bool[np.ndarray, "..."] | None = None
    ) -> Asked:
        """Return what the query leads to. Raises `DataError` where nothing was written."""
        if self.memory.stored is None:
            raise DataError(
                "nothing is written in this memory",
                where="memory read",
                hint="write pictures first: ontogeny memory write RUN FOLDER --out FILE",
            )
        reads = np.asarray(self.memory.reads(query, known))
        stored = as_patterns(np.zeros((0, *query.shape), np.uint8))
        if self.originals is not None:
            stored = as_patterns(self.originals)
        energies = np.asarray(self.memory.energy(np.concatenate([reads, stored])), float)
        along, of_stored = energies[: len(reads)], energies[len(reads) :]
        if not len(stored):
            return Asked(reads, along.tolist(), None, None, None, None)
        apart = [_apart(reads[-1], one) for one in stored]
        nearest = int(np.argmin(apart))
        strangeness = float(np.mean(of_stored < along[0]))
        before = _apart(query, stored[nearest])
        return Asked(reads, along.tolist(), strangeness, nearest, apart[nearest], before)

    def save(self, folder: Path) -> None:
        """Write it as an archive, which `load_memory` reads too. Raises `StoreError` when it can't
        be written.
        """
        tree, about = self.memory.as_archive()
        kept = {} if self.originals is None else {"originals": self.originals}
        write_archive(folder, tree | kept, about | {"names": list(self.names)})

    def _is(self, place: int, name: str, pixels: UInt8[np.ndarray, "..."]) -> bool:
        if self.originals is None:
            return self.names[place] == name
        return np.array_equal(self.originals[place], pixels)


def with_kept(memory: Memory, folder: Path) -> PictureMemory:
    """Return a memory with what is kept beside it in the folder that it was read from. Raises
    `StoreError` where that is damaged.
    """
    arrays, about = read_whole(folder)
    names: Any = about.get("names", [])
    originals = arrays.get("originals")
    fits = originals is None or (
        originals.dtype == np.uint8 and originals.shape == (len(names), *memory.shape)
    )
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names) or not fits:
        raise StoreError(
            "the names and originals beside the memory don't fit it",
            where=str(folder),
            hint="write the pictures anew: ontogeny memory write",
        )
    return PictureMemory(memory, tuple(names), originals)


def _apart(one: Any, other: Any) -> float:
    return float(np.sqrt(np.mean(np.square(one - other, dtype=float))))
