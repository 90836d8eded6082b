"""Features of photographs in files, computed once: kept beside the photographs, by their content.

A kept file (`core.array_file`: safetensors, no code in it) holds some digests and their features,
and appears whole or not at all; a photograph that is renamed, copied or moved within the folder is
known again, and one that is changed is not. Where the folder can't be written they are kept in the
user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, UInt8

from ontogeny.core.array_file import read_array_file, write_array_file
from ontogeny.core.cache import cache_folder
from ontogeny.core.errors import DataError, StoreError
from ontogeny.core.files import open_regular
from ontogeny.learners.beauty.backbone import SEEN, Backbone
from ontogeny.worlds.photos.squares import SIDE, read_photo

FOLDER = ".ontogeny-features"  # a hidden one: no photographs are looked for in it
TOGETHER = 128  # photographs of a kept file
LARGEST = 2**28  # bytes of a photograph's file

Tell = Callable[[int, int], None]


@runtime_checkable
class Sees(Protocol):
    """What gives features: the backbone, or another, or what is below its last blocks."""

    @property
    def version(self) -> str:
        """Which it is: features of others are not comparable."""
        ...

    def __call__(
        self, photos: UInt8[np.ndarray, "photo 224 224 3"]
    ) -> Float[np.ndarray, "photo _"]:
        """Return the features of photographs."""
        ...


class Features(NamedTuple):
    """Features of the photographs that could be read."""

    names: tuple[str, ...]
    values: Float[np.ndarray, "photo _"]
    groups: Int[np.ndarray, " photo"]
    """Files of the same content have the same number."""
    unread: dict[str, str]
    """The others, and why."""


def features_of(
    photos: Mapping[str, Path],
    beside: Path,
    tell: Tell = lambda done, of: None,
    network: Sees | None = None,
    numbers: int = SEEN,
) -> Features:
    """Return the features of photographs, so many `numbers` each, given their files by name; what
    is not kept `beside` them yet is computed, and kept. `tell` is told how many are done, of how
    many. Raises `DataError` where none can be read, `MissingExtra` without the backbone's weights.
    """
    network = network or Backbone()
    stamp = hashlib.sha256(f"{network.version}, {SIDE}".encode()).hexdigest()[:12]
    folder = _folder(beside, stamp)
    kept = _kept(folder, numbers)
    digests, unread = dict[str, bytes](), dict[str, str]()
    for name, path in photos.items():
        try:
            digests[name] = hashlib.sha256(_content(path)).digest()
        except (DataError, OSError) as error:
            unread[name] = _reason(error)
    waiting = {digest: name for name, digest in digests.items() if digest not in kept}
    todo, done = list(waiting.items()), len(digests) - len(waiting)
    bad: dict[bytes, str] = {}
    for start in range(0, len(todo), TOGETHER):
        some, pixels = list[bytes](), list[np.ndarray]()
        for digest, name in todo[start : start + TOGETHER]:
            try:
                pixels.append(read_photo(_content(photos[name])))
                some.append(digest)
            except (DataError, OSError) as error:
                bad[digest] = _reason(error)
        if some:
            found = network(np.stack(pixels))
            kept |= zip(some, found, strict=True)
            _keep(folder, some, found)
        done += len(todo[start : start + TOGETHER])
        tell(done, len(digests))
    unread |= {name: bad[digest] for name, digest in digests.items() if digest in bad}
    names = tuple(name for name in digests if name not in unread)
    if not names:
        said = "; ".join(f"{name}: {why}" for name, why in list(unread.items())[:3])
        raise DataError(
            f"none of {len(photos)} photographs can be read{said and f' ({said})'}",
            where=str(beside),
            hint="JPEG, PNG, WebP, TIFF, GIF and BMP are read",
        )
    known: dict[bytes, int] = {}
    groups = [known.setdefault(digests[name], len(known)) for name in names]
    values = np.stack([kept[digests[name]] for name in names])
    return Features(names, values, np.array(groups), unread)


def _content(path: Path) -> bytes:
    """Return a file's bytes. Raises `DataError` for what is too large to be a photograph."""
    with open_regular(path, links=True) as file:
        if (size := os.fstat(file.fileno()).st_size) > LARGEST:
            raise DataError(f"it has {size:,} bytes", where=str(path))
        return file.read()


def _reason(error: Exception) -> str:
    if isinstance(error, DataError):
        return error.what
    strerror = getattr(error, "strerror", None)
    return str(strerror or error)


def _folder(beside: Path, stamp: str) -> Path | None:
    """Return where features are kept: beside the photographs, or in the user's cache; None where
    neither can be written.
    """
    whose = hashlib.sha256(str(beside.resolve()).encode()).hexdigest()[:12]
    for place in (beside / FOLDER / stamp, cache_folder() / "photo-features" / whose / stamp):
        with contextlib.suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            if os.access(place, os.W_OK):
                return place
    return None


def _kept(folder: Path | None, numbers: int) -> dict[bytes, np.ndarray]:
    """Return what is kept, by digest; a file that is damaged is passed over, and made again."""
    found: dict[bytes, np.ndarray] = {}
    for path in sorted(folder.glob("*.safetensors")) if folder else ():
        with contextlib.suppress(StoreError, KeyError):
            arrays, _ = read_array_file(path)
            digests, values = arrays["digests"], arrays["features"]
            if digests.shape == (len(values), 32) and values.shape[1:] == (numbers,):
                found |= {row.tobytes(): value for row, value in zip(digests, values, strict=True)}
    return found


def _keep(folder: Path | None, digests: list[bytes], values: np.ndarray) -> None:
    if folder is None:
        return
    rows = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
    with contextlib.suppress(OSError, StoreError):  # a full disk: they are computed again
        path = folder / f"{secrets.token_hex(8)}.safetensors"
        write_array_file(path, {"digests": rows, "features": values}, {})
