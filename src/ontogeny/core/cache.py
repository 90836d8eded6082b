"""What can be made again, kept in the user's cache folder: arrays as one safetensors file.

A file is named after a digest of its stamp (versions, settings): another stamp is another file, and
never a stale one. It appears whole or not at all, holds no code, and what can't be read is made
again. Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save


class Made(NamedTuple):
    """Arrays by name, and anything that is JSON about them."""

    arrays: dict[str, np.ndarray]
    about: dict[str, Any]


def cache_folder() -> Path:
    """Return the folder for what can be made again: `$ONTOGENY_CACHE`, or `ontogeny` in the user's
    cache folder.
    """
    if own := os.environ.get("ONTOGENY_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ontogeny"


def remembered(name: str, stamp: Mapping[str, Any], make: Callable[[], Made]) -> Made:
    """Return what `make` returned when it was last called under this name and stamp (anything JSON:
    whatever the result depends on), or call it and keep what it returns.
    """
    words = json.dumps(stamp, sort_keys=True)
    digest = hashlib.sha256(words.encode()).hexdigest()[:16]
    path = cache_folder() / name / f"{digest}.safetensors"
    if (kept := _read(path, words)) is not None:
        return kept
    made = make()
    with contextlib.suppress(OSError):
        _write(path, made, words)
    return made


def _read(path: Path, words: str) -> Made | None:
    try:
        with safe_open(path, framework="numpy") as file:
            said = file.metadata() or {}
            if said.get("stamp") != words:
                return None
            names: list[str] = list(file.keys())
            return Made({name: file.get_tensor(name) for name in names}, json.loads(said["about"]))
    except (OSError, SafetensorError, ValueError, KeyError):
        return None


def _write(path: Path, made: Made, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in made.arrays.items()}
    data = save(arrays, {"stamp": words, "about": json.dumps(made.about)})
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(part).replace(path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise
