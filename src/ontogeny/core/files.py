"""Files and folders that appear whole under their names, or not at all.

What is written lies beside its place under another name until it is done; a reader, a kill and a
full disk never meet the half of it.

A run's folder may come from anyone: what lies in it is opened by `open_regular`, which follows no
link and waits for no pipe, and found by `inside`, which does not leave the folder.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ontogeny.core.errors import OntogenyError, StoreError

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
            remove(leftover)
        part.mkdir(parents=True)
        yield part
        if folder.exists() or folder.is_symlink():
            folder.rename(old)
        part.rename(folder)
        sync(folder.parent)
        remove(old)
    except BaseException as error:
        remove(part)
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
    """Give a file a second name; where the file system has no hard links, copy it. Raises `OSError`
    for what is no file of its own.
    """
    with open_regular(source) as file:
        try:
            os.link(source, target)
        except OSError:
            with target.open("xb") as copy:
                shutil.copyfileobj(file, copy)


def publish(part: Path, path: Path) -> None:
    """Give a file its name, if nothing has it yet: of those who try at once, one can. Raises
    `FileExistsError`.
    """
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links here
        if path.exists() or path.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        part.rename(path)
    else:
        part.unlink()


def open_regular(path: Path, *, links: bool = False) -> BinaryIO:
    """Open a file to read it. Raises `OSError` for a pipe or a device, which could keep one
    waiting, and for a link, which could lead anywhere, unless `links` may be followed.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            error.strerror = "it is a link, and what it leads to is not read"
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file that lies there itself. Raises `OSError`, as `open_regular`."""
    with open_regular(path) as file:
        return file.read()


def inside(folder: Path, name: str) -> Path:
    """Return the path of a name (with `/` between its parts) in a folder. Raises `StoreError` when
    it would leave the folder: by itself, or by a link on its way.
    """
    path = folder
    for part in name.split("/"):
        if part in ("", ".", "..") or "\0" in part:
            raise StoreError(f"{name!r} is no name of a file in it", where=str(folder))
        path = path / part
        if path.is_symlink():
            raise StoreError(
                "it is a link, which may lead out of the run's folder",
                where=str(path),
                hint="put the folder itself in the link's place",
            )
    return path


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, as far as that can be done; a link's target stays."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def decoding(where: str, what: str = "it is not readable") -> Generator[None, None, None]:
    """Turn whatever a decoder of a damaged file raises in the block into a `StoreError`."""
    try:
        yield
    except OntogenyError:
        raise
    except Exception as error:
        raise StoreError(f"{what} ({error!r:.300})", where=where) from error


def _refusal(error: OSError, path: Path, doing: str, hint: str) -> StoreError:
    return StoreError(f"can't {doing} ({error.strerror or error})", where=str(path), hint=hint)
