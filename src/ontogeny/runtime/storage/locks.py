"""Who grows a run: its driver holds two files of the run's folder, `lock` and `alive`.

Drivers alone take `lock`, so that there is one. Readers who would know whether it lives try `alive`
for an instant, which a driver waits out: no reader can keep a driver out. Locks go with the
process. Where the file system has none, nobody is kept out, and the store says so.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from ontogeny.core.errors import StoreError

LOCK, ALIVE = "lock", "alive"
PATIENCE = 1.0  # seconds for which a driver waits for readers
NEW = os.O_RDWR | os.O_CREAT
PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a link leads elsewhere, a pipe hangs


def take_locks(folder: Path) -> tuple[list[int], str]:
    """Return the descriptors that hold the folder's locks, and why they hold nothing: "" as a rule,
    what the file system says where it has no locks. Raises `StoreError` when another process has
    them, `OSError` where no file can be made.
    """
    held: list[int] = []
    try:
        for name in (LOCK, ALIVE):
            held.append(os.open(folder / name, NEW | PLAIN, 0o666))
        try:
            free = _had(held[0], fcntl.LOCK_EX)
            limit = time.monotonic() + PATIENCE
            while free and not _had(held[1], fcntl.LOCK_EX) and time.monotonic() < limit:
                time.sleep(0.001)
        except OSError as error:
            return held, error.strerror or str(error)
        if not free:
            raise StoreError(
                "another process is growing this run",
                where=str(folder),
                hint="wait until it ends, or look at it with: ontogeny show",
            )
        return held, ""
    except BaseException:
        release(held)
        raise


def release(held: list[int]) -> None:
    """Let go of the locks."""
    while held:
        os.close(held.pop())


def driver_lives(folder: Path) -> bool | None:
    """Return whether a driver holds the run; None where that can't be asked. Nothing that a driver
    must have is taken for it.
    """
    try:
        alive = os.open(folder / ALIVE, os.O_RDONLY | PLAIN)
    except OSError as error:
        return False if isinstance(error, FileNotFoundError) else None
    try:
        return not _had(alive, fcntl.LOCK_SH)
    except OSError:
        return None
    finally:
        os.close(alive)


def _had(descriptor: int, kind: int) -> bool:
    """Return whether the lock was had, without waiting. Raises `OSError` where there are none."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:  # the one answer that says that another has it
        return False
    return True
