"""Text to learn from that is at hand without a download: the source of the installed Python's
standard library, documentation and all; or a file or a folder of one's own.

It is parted by file: which part a file is in depends on its name alone, so that what is held out is
held out in every run. A folder's text is what of it is UTF-8; the rest is skipped, and told.
"""

from __future__ import annotations

import functools
import hashlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ontogeny.core.errors import DataError
from ontogeny.core.files import absolute, read_regular
from ontogeny.core.text import visible

HELD_OUT = 0.1  # of the files
NOT_THE_LIBRARY = ("site-packages", "dist-packages", "test", "tests", "idle_test")


class Corpus(NamedTuple):
    """Texts to learn from and texts that are held out, in the order of their names."""

    train: list[str]
    held_out: list[str]
    skipped: tuple[str, ...] = ()  # names of files that are no text


@functools.cache
def standard_library() -> Corpus:
    """Return the modules of the running Python's standard library, without its tests."""
    folder = Path(os.__file__).resolve().parent
    return _read(folder, [p for p in _files(folder, NOT_THE_LIBRARY) if p.suffix == ".py"])


def corpus_at(path: Path | str | None) -> Corpus:
    """Return the text of a file, or of the files in a folder and below it; None is the standard
    library. Links are not followed. A file alone is parted at nine tenths.

    Raises `DataError` where nothing lies there, or no text does.
    """
    if path is None:
        return standard_library()
    place = absolute(path)
    if not place.exists():
        raise DataError("there is no such file or folder", where=str(place), hint=HINT)
    if place.is_dir():
        return _read(place, list(_files(place)))
    whole = _decoded(place)
    if not whole:
        raise DataError("it holds no text in UTF-8", where=str(place), hint=HINT)
    cut = max(1, round((1 - HELD_OUT) * len(whole)))
    return Corpus([whole[:cut]], [whole[cut:]])


HINT = "give a text file, or a folder of them; leave it out for Python's standard library"


def _files(folder: Path, without: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the regular files in a folder and below it, but in folders of these names."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in without)
        for name in sorted(names):
            path = Path(here, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _read(folder: Path, paths: list[Path]) -> Corpus:
    texts: dict[str, str] = {}  # by name, and each once: a copy might be held out of the other
    known: set[str] = set()
    skipped: list[str] = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        text = _decoded(path)
        if text and text not in known:
            texts[name] = text
            known.add(text)
        elif text is None:
            skipped.append(name)
    if skipped:
        more = f" and {len(skipped) - 3} more" if len(skipped) > 3 else ""
        told = visible(", ".join(skipped[:3]))
        warnings.warn(f"{folder}: skipped what is no UTF-8 text: {told}{more}", stacklevel=4)
    if not texts:
        raise DataError("no file in it holds text in UTF-8", where=str(folder), hint=HINT)
    shares = {name: _share(name) for name in texts}
    out = {name for name, share in shares.items() if share < HELD_OUT}
    if len(out) in (0, len(texts)):  # a few files: the first of them in the order of the shares
        out = {min(shares, key=lambda name: shares[name])}
    parts = {False: list[str](), True: list[str]()}
    for name in sorted(texts):
        parts[name in out].append(texts[name])
    return Corpus(parts[False], parts[True], tuple(skipped))


def _decoded(path: Path) -> str | None:
    """Return the file's text; None where it is none, or can't be read."""
    try:
        text = read_regular(path).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return None if "\0" in text else text


def _share(name: str) -> float:
    """Return a number from 0 to 1 that the name alone decides, spread evenly over names."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:4]) / 2**32
