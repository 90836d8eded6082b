"""How a run's SQLite file is opened and closed, wherever it lies: on a full disk, in a folder that
nobody may write, on a file system without locks.

While it is written, a log beside it takes the rounds, so that readers never wait. At the end the
log is folded in, and the file alone is whole: whoever copies it has everything, and it is read
where nothing can be written. A log that a killed process left is read with its file, from a copy
where SQLite can't do so in place.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ontogeny.core.errors import StoreError

PATIENCE = 0.1  # seconds for which the end of a growth waits for readers to close the file
BUSY = 30.0  # seconds for which a read or a write waits for another
LOGS = ("-wal", "-journal")  # what SQLite puts beside a file for what is not in it yet
ROOM = "choose a folder that can be written, with space left"
BROKEN = "the file is not a whole store; checkpoints beside it may still be read"
HINTS = {
    sqlite3.SQLITE_FULL: "free some space, then resume: what was recorded is intact",
    sqlite3.SQLITE_IOERR: "free some space, then resume: what was recorded is intact",
    sqlite3.SQLITE_BUSY: "another program holds the file: close it, then try again",
    sqlite3.SQLITE_LOCKED: "another program holds the file: close it, then try again",
    sqlite3.SQLITE_READONLY: ROOM,
    sqlite3.SQLITE_PERM: ROOM,
    sqlite3.SQLITE_CANTOPEN: "see who may read it, that there is space left, and that this process "
    "has not too many files open (ulimit -n)",
}


def open_private(path: Path) -> sqlite3.Connection:
    """Return a new file that nobody else knows of yet, open for writing: it needs no locks."""
    return _connect(path, "mode=rwc&nolock=1")


def open_to_write(path: Path, *, locks: bool = True) -> sqlite3.Connection:
    """Return the file, open for writing; without `locks` of the file system where it has none."""
    db = _connect(path, "mode=rw" if locks else "mode=rw&vfs=unix-none")
    try:
        # Where the log can't be had it stays as it is, which is slower and as safe.
        with suppress(sqlite3.OperationalError):
            if locks:
                db.execute("PRAGMA journal_mode = WAL")
            else:  # a log that was left is folded in, which goes without locks only so
                for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = DELETE"):
                    db.execute(f"PRAGMA {pragma}")
                db.execute("PRAGMA locking_mode = NORMAL")
        db.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path, *, locks: bool = True) -> sqlite3.Connection:
    """Return the file, open for reading: all that was ever recorded, also what a log holds. Without
    `locks` of the file system it is not asked for any.
    """
    if not locks:
        return _apart(path)
    try:
        db = _connect(path, "mode=rw")
        try:
            db.execute("PRAGMA query_only = ON")
            db.execute("PRAGMA user_version").fetchone()  # opens the log, which may be refused
        except BaseException:
            db.close()
            raise
        return db
    except sqlite3.OperationalError as error:
        if _code(error) == sqlite3.SQLITE_BUSY:
            raise
        try:
            return _apart(path)
        except (sqlite3.Error, OSError):
            raise error from None


def close_written(db: sqlite3.Connection) -> None:
    """Fold the log into the file and leave it without one. Where a reader stays for longer than a
    tenth of a second it keeps its log, emptied: the last one to close the file removes it.
    """
    limit = time.monotonic() + PATIENCE
    try:
        with suppress(sqlite3.OperationalError):  # a full disk: the log stays, and is whole
            db.execute("PRAGMA busy_timeout = 0")
            while not _left_log(db):
                if time.monotonic() > limit:
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    break
                time.sleep(0.002)
    finally:
        db.close()


def copy_recorded(db: sqlite3.Connection, path: Path) -> None:
    """Write all that is recorded to a new file, but for the board: the members' files that it tells
    of are not where the copy goes.
    """
    with closing(open_private(path)) as copy:
        db.backup(copy)
    copy = open_to_write(path)
    try:
        copy.execute("DELETE FROM board")
    finally:
        close_written(copy)


def check_place(path: Path) -> None:
    """Raise `StoreError` unless a file lies there that SQLite may open, and nothing beside it leads
    elsewhere: it follows links, and waits for pipes.
    """
    for end in ("", "-wal", "-shm", "-journal"):
        file = path.with_name(path.name + end)
        try:
            mode = file.lstat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is None and not end:
            raise StoreError(
                "no run is here",
                where=str(path.parent),
                hint="see the runs that there are with: ontogeny list",
            )
        if mode is not None and not stat.S_ISREG(mode):
            raise StoreError("it is no regular file", where=str(file), hint="remove it")


def place_of(path: Path) -> tuple[int, int] | None:
    """Return which file lies there, whatever its name; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def explained(folder: Path, file: str, verb: str) -> Generator[None]:
    """Turn what SQLite and the file system say of a run's file into a `StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        code, said = _code(error), str(error)
        if code == sqlite3.SQLITE_CANTOPEN:  # SQLite does not say why, the system does
            try:
                os.close(os.open(folder / file, os.O_RDONLY | os.O_NONBLOCK))
            except OSError as reason:
                said = reason.strerror or said
        raise StoreError(
            f"can't {verb} the store ({said})",
            where=str(folder / file),
            hint=HINTS.get(code, BROKEN),
        ) from error
    except UnicodeDecodeError as error:  # what SQLite says of damage quotes it
        said = error.object.decode("utf-8", "replace")
        raise StoreError(
            f"can't {verb} the store ({said})", where=str(folder / file), hint=BROKEN
        ) from error
    except OSError as error:
        raise StoreError(
            f"can't {verb} the store ({error.strerror or error})", where=str(folder), hint=ROOM
        ) from error


def _connect(path: Path, how: str) -> sqlite3.Connection:
    uri = f"{path.as_uri()}?{how}"
    return sqlite3.connect(uri, BUSY, isolation_level=None, check_same_thread=False, uri=True)


def _code(error: sqlite3.Error) -> int:
    """Return what kind of error SQLite says it is; 0 for one of Python's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _left_log(db: sqlite3.Connection) -> bool:
    """Return whether the file has no log any more; False while others have the file open."""
    try:
        db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _apart(path: Path) -> sqlite3.Connection:
    """Return what the file holds, read without a trace beside it: in place where it has no log,
    which such a reading passes over, else from a copy of both, in memory.
    """
    logs = [log for end in LOGS if (log := path.with_name(path.name + end)).is_file()]
    if not any(log.stat().st_size for log in logs):
        return _connect(path, "immutable=1")
    with tempfile.TemporaryDirectory() as folder:
        for file in (path, *logs):
            shutil.copyfile(file, Path(folder) / file.name)
        with closing(open_to_write(Path(folder) / path.name, locks=False)) as copy:
            db = _connect(Path("/memory"), "mode=memory")
            copy.backup(db)
    return db
