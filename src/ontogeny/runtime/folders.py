"""Where runs are kept, and how one is found."""

from __future__ import annotations

import os
from pathlib import Path

from ontogeny.core.errors import unknown
from ontogeny.runtime.store import FILE


def runs_folder() -> Path:
    """Return where runs are kept: `$ONTOGENY_RUNS`, or `runs` in the current folder."""
    return Path(os.environ.get("ONTOGENY_RUNS", "runs"))


def list_runs(runs: Path | None = None) -> list[Path]:
    """Return the folders of the runs, the most recently written last."""
    found = (runs or runs_folder()).glob(f"*/{FILE}")
    return [file.parent for file in sorted(found, key=lambda file: file.stat().st_mtime)]


def find_run(name: Path | str) -> Path:
    """Return a run's folder by path, by name in the runs folder, or "last". Raises
    `ConfigError`.
    """
    for folder in (Path(name), runs_folder() / str(name)):
        if (folder / FILE).is_file():
            return folder
    there = list_runs()
    if str(name) == "last" and there:
        return there[-1]
    raise unknown(
        "run",
        str(name),
        [folder.name for folder in there],
        str(runs_folder()),
        otherwise="see what there is with: ontogeny list"
        if there
        else "there are none yet: grow one with: ontogeny grow toy",
    )


def new_run_folder(stem: str, runs: Path | None = None) -> Path:
    """Return the first folder `stem-N` that does not exist yet."""
    runs = runs or runs_folder()
    number = 1
    while (runs / f"{stem}-{number}").exists():
        number += 1
    return runs / f"{stem}-{number}"
