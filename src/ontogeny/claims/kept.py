"""What a long part has trained so far, kept beside where its claims will be: a measurement that was
stopped goes on where it stood.

A training is known by its place in the part, by all that it was asked for, and by the code of this
package: after a change of any of them it is trained again.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.archive import read_whole, write_archive
from ontogeny.core.errors import StoreError
from ontogeny.core.fingerprint import TOOLS
from ontogeny.core.trees import fitted

PACKAGE = Path(__file__).parents[1]


class Kept:
    """The trainings of one part, in its folder, in the order in which they are asked for."""

    def __init__(self, folder: Path):
        self.folder, self.asked = folder, 0

    def one(
        self, said: dict[str, Any], like: Callable[[], Any], train: Callable[[], dict[str, Any]]
    ) -> tuple[dict[str, Any], bool]:
        """Return the next training, a dictionary of arrays, and whether it was kept from an earlier
        measurement; else it is made by `train` and kept. `said` is all that it was asked for, in
        JSON's terms, and `like` returns the shapes of its "states". Raises `StoreError` when it
        can't be written.
        """
        place = self.folder / str(self.asked)
        said = said | {"code": code(), "tools": TOOLS}
        self.asked += 1
        with suppress(StoreError):  # there is none yet, or it is damaged
            arrays, about = read_whole(place)
            if about == said:
                return _told(arrays, like(), str(place)), True
        made = train()
        write_archive(place, made, said)
        return made, False

    def done(self) -> None:
        """Forget all of it: the claims are written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _told(arrays: dict[str, np.ndarray], states: Any, where: str) -> dict[str, Any]:
    """Return the dictionary that was written as these arrays."""
    plain = {path: x for path, x in arrays.items() if not _of("states", path)}
    metrics = {path.partition(".")[2]: x for path, x in plain.items() if _of("metrics", path)}
    rest = {path: x for path, x in plain.items() if not _of("metrics", path)}
    found: dict[str, Any] = fitted(arrays, {"states": states, "metrics": metrics, **rest}, where)
    return found


def _of(name: str, path: str) -> bool:
    return path.partition(".")[0] == name


@functools.cache
def code() -> str:
    """Return a digest of every module of this package."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
