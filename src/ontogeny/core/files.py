"""Files and folders that appear whole under their names, or not at all.

What is written lies beside its place under another name until it is done; a reader, a kill and a
full disk never meet the half of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ontogeny.core.errors import StoreError

INTACT = "free some space or choose another place; what was written before is intact"


def absolute(path: Path | str) -> Path:
    """Return the path from the root, with `~` as the home: it stays true when the process goes to
    another folder. Links are left as they are.
    """
    return Path(os.path.expanduser(path)).absolute()


@contextmanager
def replace_file(
    path: Path, doing: str = "write it", *, hint: str = INTACT
) -> Generator[Path, None, None]:
    """Give the path to write to; what lies there when the block ends takes the name `path`, in
    place of what has it.

    It is not waited for: it outlives this process, but perhaps not a power cut. Whatever the block
    raises, nothing is left beside `path`; an `OSError` becomes a `StoreError`: can't `doing`.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.unlink(missing_ok=True)
        try:
            yield part
            part.replace(path)
        finally:  # when all went well too: renaming one name of a file to another does nothing
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _refusal(error, path, doing, hint) from error


@contextmanager
def replace_folder(
    folder: Path, doing: str = "write it", *, hint: str = INTACT
) -> Generator[Path, None, None]:
    """Give a new folder to fill, which takes the name `folder` when the block ends, in place of
    what has it.

    What the block writes is its own to `sync`; the name is waited for. Whatever the block raises,
    what stood there stays; an `OSError` becomes a `StoreError`: can't `doing`.
    """
    part, old = folder.with_name(folder.name + ".part"), folder.with_name(folder.name + ".old")
    try:
        if old.exists() and not folder.exists():
            old.rename(folder)  # a kill fell between the two renames below
        for leftover in (part, old):
            shutil.rmtree(leftover, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
        sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if old.exists() and not folder.exists():
            old.rename(folder)
        if isinstance(error, OSError):
            raise _refusal(error, folder, doing, hint) from error
        raise


def sync(path: Path) -> None:
    """Wait until the file or the folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system has no hard links, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _refusal(error: OSError, path: Path, doing: str, hint: str) -> StoreError:
    return StoreError(f"can't {doing} ({error.strerror or error})", where=str(path), hint=hint)
