"""A checkpoint read without the learner that it is of: what is recorded of the members, and their
states as nested dictionaries of arrays, which is as much as the files say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np

from ontogeny.core.archive import read_whole
from ontogeny.core.array_file import read_array_file
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.files import decoding, inside
from ontogeny.core.host import HostLearner
from ontogeny.runtime.apart.states import read_host_state


@dataclass(frozen=True)
class Unlearned:
    """The members of a checkpoint. Hypers and states are nested dictionaries, or single arrays."""

    population: Any  # what is known of a `Population`; `state` is `()` where members are files
    folder: Path
    files: list[str] | None  # the members' own

    def member(self, slot: int) -> Any:
        """Return the state of the member in a slot. Raises `StoreError` when there is none yet, or
        it can't be read without the learner.
        """
        if self.files is None:
            return jax.tree.map(lambda x: x[slot], self.population.state)
        if not self.files[slot]:
            raise StoreError(f"slot {slot} has lived no round yet", where=str(self.folder))
        path = inside(self.folder, self.files[slot])
        arrays, about = read_array_file(path)
        with decoding(str(path)):
            if about["kind"] == "arrays":
                return nested(arrays)
        nobody: Any = HostLearner(_unknown, _unknown, _unknown)
        return read_host_state(path, nobody)  # refuses a pickle

    def as_arrays(self) -> Unlearned:
        """Return the same. Raises `StructureError` for members that are files of their own."""
        if self.files is not None:
            raise StructureError(
                "members of processes are read one by one",
                where=str(self.folder),
                hint="use run.member(slot)",
            )
        return self


def read_unlearned(folder: Path, about: Mapping[str, Any]) -> Unlearned:
    """Return what a checkpoint's folder holds. Raises `StoreError` when it is not whole, anything
    when it is damaged otherwise: `read_newest` passes it over.
    """
    told = nested(read_whole(folder)[0])["population"]
    seen = SimpleNamespace(**{"state": (), "hypers": {}, **told})
    files = about.get("files")
    if files is not None and not all(isinstance(name, str) for name in files):
        raise TypeError(f"its files are {files!r:.60}")
    return Unlearned(seen, folder, files)


def nested(leaves: Mapping[str, np.ndarray]) -> Any:
    """Return arrays by dotted path as nested dictionaries; a single one under "value" as itself."""
    if set(leaves) == {"value"}:
        return leaves["value"]
    tree: dict[str, Any] = {}
    for path, leaf in leaves.items():
        *outer, last = path.split(".")
        branch = tree
        for name in outer:
            branch = branch.setdefault(name, {})
        branch[last] = leaf
    return tree


def _unknown(*_: Any) -> Any:
    raise AssertionError("nothing lives here")
