"""Whole commands as members: a script of yours, tuned without a line of it being changed.

A round is a run of the command (or several, `steps`). It is told its hypers as flags, or as
variables of its environment, prints JSON with a "score" on a line, and finds what it inherits in a
folder, whose name is in ONTOGENY_FOLDER, and a flag if it has one for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import tyro

from ontogeny.core.archive import read_about, read_whole, write_archive
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import absolute, decoding
from ontogeny.core.product import Product
from ontogeny.core.space import Space
from ontogeny.recipes.executors import AnyExecutor
from ontogeny.recipes.recipe import Recipe
from ontogeny.recipes.space_file import read_space
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.executor import Job
from ontogeny.runtime.scripts.parts import write_files
from ontogeny.runtime.scripts.script import script


@dataclass(frozen=True)
class Scripts(Recipe):
    """Members are runs of a command of yours: told their hypers, they print how good they are."""

    script: str = ""
    """The file of Python, or the command: --script "train.py --epochs 3"."""
    space_file: Annotated[str, tyro.conf.arg(name="space")] = ""
    """The file with the hypers (TOML): learning_rate = {log = [1e-4, 1.0]}."""
    hypers: Literal["flags", "environment"] = "flags"
    """How it is told its hypers: --learning_rate 0.1, or LEARNING_RATE=0.1."""
    folder_flag: str | None = None
    """The flag of the script that takes the folder of its checkpoints: --folder-flag=--out."""
    limit: float | None = None
    """Seconds that a run of it may take."""
    steps: int = 1
    """Runs of the command in a round."""
    executor: Annotated[AnyExecutor, tyro.conf.AvoidSubcommands] = field(default_factory=Processes)

    def __post_init__(self) -> None:
        if self.space_file:
            object.__setattr__(self, "space_file", str(absolute(self.space_file)))
        super().__post_init__()

    def learner(self) -> Any:
        """Return the command as something to grow. Raises `ConfigError` when none is given."""
        for name, given in (("script", self.script), ("space", self.space_file)):
            if not given:
                raise ConfigError(
                    f"no {name} is given",
                    where=f"--{name}",
                    hint="write: ontogeny grow --script train.py --space space.toml",
                )
        return script(
            self.script, limit=self.limit, hypers=self.hypers, folder_flag=self.folder_flag
        )

    def space(self) -> Space:
        return read_space(Path(self.space_file)) if self.space_file else Space({})

    def _grown(self) -> Any:
        return self.learner()

    def job(self) -> Job:
        return super().job()._replace(source=None)  # it is small, and needs no recipe to be made

    def product(self, state: Any) -> Files:
        return Files({name: np.asarray(data).tobytes() for name, data in state["files"].items()})


@dataclass(frozen=True)
class Files(Product):
    """The files of a script's best member. Called with a name, it returns that file's bytes."""

    kind: ClassVar[str] = "script files"

    files: Mapping[str, bytes]

    def __call__(self, *args: Any) -> bytes:
        """Return the bytes of the file of this name. Raises `ConfigError` when there is none."""
        name = str(args[0]) if args else ""
        if name not in self.files:
            there = ", ".join(self.files) or "none"
            raise ConfigError(f"it has no file {name!r}", hint=f"there are: {there}")
        return self.files[name]

    def unpack(self, folder: Path | str) -> Path:
        """Write the files into the folder, and return it."""
        place = absolute(folder)
        place.mkdir(parents=True, exist_ok=True)
        write_files(place, {n: np.frombuffer(data, np.uint8) for n, data in self.files.items()})
        return place

    def save(self, folder: Path) -> None:
        """Write the files as an archive."""
        arrays = [np.frombuffer(data, np.uint8) for data in self.files.values()]
        write_archive(Path(folder), arrays, {"kind": self.kind, "names": list(self.files)})


def load_files(folder: Path) -> Files:
    """Return the files that were saved. Raises `StoreError` for a folder that holds none."""
    names = read_about(folder, Files.kind)["names"]
    arrays, _ = read_whole(folder)
    with decoding(str(folder)):
        return Files({str(n): arrays[str(i)].tobytes() for i, n in enumerate(names)})
