"""Where runs are kept, and how one is found."""

from __future__ import annotations

import fnmatch
import glob
import itertools
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.core.files import absolute
from ontogeny.runtime.storage.database import explained
from ontogeny.runtime.storage.remote import as_url
from ontogeny.runtime.storage.store import FILE

GENERATION = re.compile(r"generation-([0-9]+)")  # a later run of a line, in the first's folder
NEWEST = "last"  # what finds the run that was written last, and so is no run's name


def runs_folder() -> Path:
    """Return where runs are kept: `$ONTOGENY_RUNS`, or `runs` in the current folder."""
    return absolute(os.environ.get("ONTOGENY_RUNS") or "runs")


def list_runs(runs: Path | str | None = None) -> list[Path]:
    """Return the folders of the runs, the most recently written last, with all generations of a
    line. Those that can't be looked into come first.
    """
    folder = absolute(runs) if runs else runs_folder()
    with explained(folder, FILE, "look for"):
        first = [one for one in folder.iterdir() if _is_run(one)] if folder.is_dir() else []
    there = [generation for one in first for generation in line_of(one)]
    return sorted(there, key=lambda run: (_written(run), run_name(run)))


def run_name(run: Path) -> str:
    """Return what a run in the runs folder is found by: its folder's name, behind that of its
    line's first run where it is a later generation.
    """
    first = line_of(run)[0]
    return run.name if first == run else f"{first.name}/{run.name}"


def short_path(folder: Path) -> str:
    """Return the folder as seen from where the person stands, when it is below."""
    try:
        return str(folder.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(folder)


def line_of(run: Path) -> list[Path]:
    """Return the runs of the line that a run is of, first to last: a run alone, or one that is
    followed by generations, which lie in its folder.
    """
    first = run.parent if GENERATION.fullmatch(run.name) and _is_run(run.parent) else run
    later: dict[int, Path] = {}
    with suppress(OSError):
        for place in first.glob("generation-*"):
            if (found := GENERATION.fullmatch(place.name)) and _is_run(place):
                later[int(found[1])] = place
    return [first, *(later[number] for number in sorted(later))]


def next_generation(run: Path) -> Path:
    """Return where the run that follows one lies: in the folder of the first of the line.

    >>> next_generation(Path("runs/mine"))
    PosixPath('runs/mine/generation-2')
    """
    first = line_of(run)[0]
    number = 1 if first == run else int(run.name.rpartition("-")[2])
    return first / f"generation-{number + 1}"


def find_run(name: Path | str) -> Path:
    """Return a run's folder by path, by name in the runs folder, by its address (`remote`), or
    "last". Raises `ConfigError`, and for an address what `fetched` does.
    """
    if url := as_url(name):
        folder = _fetched(url)
        if not _is_run(folder):
            raise ConfigError("no run is there", where=url, hint="grow one with: --folder")
        return folder
    for folder in (absolute(name), runs_folder() / str(name)):
        if _is_run(folder):
            return folder
    there = list_runs()
    if str(name) == NEWEST and there:
        return there[-1]
    raise unknown(
        "run",
        str(name),
        [run_name(folder) for folder in there],
        str(runs_folder()),
        otherwise="see what there is with: ontogeny list"
        if there
        else "there are none yet: grow one with: ontogeny grow toy",
    )


def find_runs(pattern: Path | str) -> list[Path]:
    """Return the folder of the run of this name, or of all whose names in the runs folder, or whose
    paths, fit it as a shell's pattern: `mine-*`. Raises `ConfigError` when there is none.
    """
    try:
        return [find_run(pattern)]
    except ConfigError:
        if not glob.has_magic(str(pattern)):
            raise
    named = [run for run in list_runs() if fnmatch.fnmatchcase(run_name(run), str(pattern))]
    found = named or [run for run in map(Path, glob.glob(str(absolute(pattern)))) if _is_run(run)]
    if not found:
        raise ConfigError(
            f"no run's name fits {str(pattern)!r}",
            where=str(runs_folder()),
            hint="see what there is with: ontogeny list",
        )
    return found


def new_run_folder(stem: str, runs: Path | str | None = None) -> Path:
    """Return the first folder `stem-N` that was not there, made: of those who ask at once, each
    gets its own. Raises `StoreError` when none can be made.
    """
    runs = absolute(runs) if runs else runs_folder()
    with explained(runs, FILE, "create"):
        runs.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            with suppress(FileExistsError):
                (runs / f"{stem}-{number}").mkdir()
                return runs / f"{stem}-{number}"
    raise AssertionError("there are always more numbers")


def _is_run(folder: Path) -> bool:
    """Return whether a run is there, as far as can be seen: opening it says what is wrong."""
    try:
        return stat.S_ISREG((folder / FILE).stat().st_mode)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False


def _written(run: Path) -> float:
    """Return when the run was written, seconds; 0 when that can't be seen."""
    try:
        return (run / FILE).stat().st_mtime
    except OSError:
        return 0.0


def chosen_folder(folder: Path | str | None, stem: str) -> Path:
    """Return where a run is kept: the folder that was given, or a new one in the runs folder.
    That of an address is one of this machine. Raises `ConfigError` for a folder that could not be
    found again.
    """
    if folder is None:
        return new_run_folder(stem)
    given: Any = folder
    if not isinstance(given, str | os.PathLike):
        raise ConfigError(
            f"folder is {given!r}", where="a run's folder", hint="give it as text or a Path"
        )
    if not str(folder).strip() or Path(folder).name in ("", NEWEST):
        raise ConfigError(
            f"folder is {str(folder)!r}",
            where="a run's folder",
            hint=f"give it a name of its own; {NEWEST!r} finds the newest run",
        )
    if url := as_url(folder):
        return _fetched(url)
    return absolute(folder)


def _fetched(url: str) -> Path:
    """Return the folder, in the runs folder, of the run of an address."""
    from ontogeny.runtime.mirror import (
        fetched,  # which needs JAX, and few runs have an address
    )

    return fetched(url, runs_folder())


def named_folder(name: str, where: str = "--name") -> Path:
    """Return the folder of a run in the runs folder. Raises `ConfigError` for what is no name."""
    if not isinstance(given := cast(Any, name), str):
        raise ConfigError(f"name is {given!r}", where=where, hint="give it as text")
    if not name.strip() or name[0] in ".-" or {"/", "\\"} & set(name) or not name.isprintable():
        raise ConfigError(
            f"{name!r} is no name for a run",
            where=where,
            hint="use letters and digits; a path is given as the folder",
        )
    return chosen_folder(runs_folder() / name, name)
