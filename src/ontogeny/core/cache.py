"""What can be made again, kept in the user's cache folder: arrays as one file (`core.array_file`).

A file is named after a digest of its stamp (versions, settings): another stamp is another file, and
never a stale one. It appears whole or not at all, holds no code, and what can't be read is made
again. Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ontogeny.core.array_file import read_array_file, write_array_file
from ontogeny.core.errors import StoreError
from ontogeny.core.files import absolute


class Made(NamedTuple):
    """Arrays by name, and anything that is JSON about them."""

    arrays: dict[str, np.ndarray]
    about: dict[str, Any]


def cache_folder() -> Path:
    """Return the folder for what can be made again: `$ONTOGENY_CACHE`, or `ontogeny` in the user's
    cache folder.
    """
    own = os.environ.get("ONTOGENY_CACHE")
    return absolute(own or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "ontogeny"))


def remembered(name: str, stamp: Mapping[str, Any], make: Callable[[], Made]) -> Made:
    """Return what `make` returned when it was last called under this name and stamp (anything JSON:
    whatever the result depends on), or call it and keep what it returns.
    """
    words = json.dumps(stamp, sort_keys=True)
    digest = hashlib.sha256(words.encode()).hexdigest()[:16]
    path = cache_folder() / name / f"{digest}.safetensors"
    with contextlib.suppress(StoreError, KeyError, TypeError):
        arrays, beside = read_array_file(path)
        if beside["stamp"] == words:
            return Made(arrays, beside["about"])
    made = make()
    with contextlib.suppress(OSError, StoreError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_array_file(path, made.arrays, {"stamp": words, "about": made.about})
    return made
