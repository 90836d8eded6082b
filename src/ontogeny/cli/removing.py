"""`remove`: a run and all that lies in its folder, once it was said twice."""

from __future__ import annotations

from dataclasses import dataclass

from ontogeny.cli.words import RunName, parse, say
from ontogeny.core.errors import StoreError
from ontogeny.core.text import quoted


@dataclass(frozen=True)
class Remove:
    """Remove a run: its folder, with the later generations of its line and whatever else is in it.
    Without --yes it only says what would go.
    """

    run: RunName
    yes: bool = False
    """Remove it; nothing brings it back."""
    json: bool = False
    """Print one JSON object."""


def remove(arguments: list[str]) -> int:
    """Remove a run. Raises `StoreError` for one that grows, and for what can't be removed."""
    from ontogeny.core.files import remove as remove_folder
    from ontogeny.runtime.storage.folders import find_run, line_of
    from ontogeny.runtime.storage.locks import driver_lives

    chosen = parse(Remove, "remove", arguments)
    folder = find_run(chosen.run)
    line = line_of(folder)
    going = line if line[0] == folder else [folder]
    for run in going:
        if driver_lives(run):
            raise StoreError("it grows", where=str(run), hint="stop it first: ontogeny stop RUN")
    files = [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    size = sum(path.lstat().st_size for path in files)
    if chosen.yes:
        remove_folder(folder)
        if folder.exists():
            raise StoreError("not all of it could be removed", where=str(folder))
    answer = {
        "folder": str(folder),
        "runs": len(going),
        "files": len(files),
        "bytes": size,
        "removed": chosen.yes,
    }
    what = f"{folder}: {len(files):,} files, {size:,} bytes"
    what += f", {len(going)} generations" if len(going) > 1 else ""
    then = "ontogeny list" if chosen.yes else f"ontogeny remove {quoted(chosen.run)} --yes"
    say(answer, chosen.json, lambda: f"{'removed' if chosen.yes else 'would remove'} {what}", then)
    return 0
