"""A run is read and written wherever it lies: nothing recorded is lost to a reader, and an error
says what is in the way.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from ontogeny.core.errors import StoreError
from ontogeny.runtime.storage import database
from ontogeny.runtime.storage.folders import list_runs
from ontogeny.runtime.storage.store import FILE, Store

ROUNDS = 5
KILLED = """
import os, sys
from ontogeny.runtime.storage.store import Store
store = Store.create(sys.argv[1], status="growing", population=2)
for number in range(5):
    with store.transaction():
        store.add_metric("score", number, [1.0, 2.0])
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def place():
    """A folder that any user may look into."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def finished(place):
    with Store.create(place / "finished", status="finished", population=2) as store:
        for number in range(ROUNDS):
            with store.transaction():
                store.add_metric("score", number, [1.0, 2.0])
    return store.folder


@pytest.fixture(scope="module")
def killed(place):
    """A run whose driver was killed: its rounds are in the log beside the file."""
    subprocess.run([sys.executable, "-c", KILLED, str(place / "killed")], check=False)
    assert (place / "killed" / f"{FILE}-wal").stat().st_size
    return place / "killed"


def read(folder) -> tuple[int, str, float]:
    with Store(folder) as store:
        return store.rounds(), store.run()["status"], float(store.metric("score").sum())


def rows(folder) -> int:
    """Return what another program reads that is told that the file never changes."""
    with closing(sqlite3.connect(f"file:{folder / FILE}?immutable=1", uri=True)) as db:
        return db.execute("SELECT count(*) FROM metric").fetchone()[0]


@contextmanager
def reader_only(folder):
    """Be a user who may read the folder and not write it; root gives up its rights for that."""
    for file in (folder, *folder.iterdir()):
        file.chmod(0o555 if file.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for file in (folder, *folder.iterdir()):
            file.chmod(0o755 if file.is_dir() else 0o644)


def test_what_is_closed_is_whole_in_its_one_file(finished):
    assert sorted(file.name for file in finished.iterdir()) == ["alive", "lock", FILE]
    assert rows(finished) == 2 * ROUNDS


def test_a_reader_that_stays_leaves_the_file_whole_all_the_same(tmp_path):
    store = Store.create(tmp_path / "run", status="growing")
    with Store(store.folder) as reader:
        with store.transaction():
            store.add_metric("score", 0, [1.0, 2.0])
        store.close()
        assert rows(store.folder) == 2
        assert reader.rounds() == 1


def test_another_users_run_is_read(finished, killed):
    with reader_only(finished):
        assert read(finished) == (ROUNDS, "finished", 15.0)
        with pytest.raises(StoreError, match=r"can't lock the store \(Permission denied\)"):
            Store(finished, write=True)
    with reader_only(killed):
        assert rows(killed) == 0  # what SQLite would read without the log
        assert read(killed) == (ROUNDS, "stopped", 15.0)
    assert (killed / f"{FILE}-wal").stat().st_size  # nothing was changed by reading


def test_a_run_that_may_not_be_looked_into_says_so(place, finished):
    shut = shutil.copytree(finished, place / "shut")
    with reader_only(finished):
        os.seteuid(0) if os.getuid() == 0 else None
        shut.chmod(0)
        os.seteuid(65534) if os.getuid() == 0 else None
        with pytest.raises(StoreError, match="Permission denied"):
            Store(shut)
        assert shut in list_runs(place)  # so that `ontogeny list` says so


@pytest.mark.parametrize("code", ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def test_a_file_system_without_locks_is_written_and_read(tmp_path, monkeypatch, code, killed):
    number = getattr(errno, code)

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with Store.create(tmp_path / "run", status="growing") as store:
        with store.transaction():
            store.add_metric("score", 0, [1.0, 2.0])
        assert read(store.folder) == (1, "growing", 3.0)
        assert [(e.kind, os.strerror(number) in e.detail) for e in store.events()] == [
            ("unlocked", True)
        ]
    assert read(store.folder)[0] == 1
    moved = shutil.copytree(killed, tmp_path / "moved")
    assert read(moved) == (ROUNDS, "growing", 15.0)
    with Store(moved, write=True) as store, store.transaction():
        store.add_metric("score", ROUNDS, [1.0, 2.0])
    assert read(moved) == (ROUNDS + 1, "growing", 18.0)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_IOERR_WRITE, "free some space"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "can be written"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "another program"),
        (sqlite3.SQLITE_CANTOPEN, "who may read"),
        (sqlite3.SQLITE_CORRUPT, "not a whole store"),
        (sqlite3.SQLITE_NOTADB, "not a whole store"),
    ],
)
def test_an_error_says_what_is_in_the_way(tmp_path, code, said):
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    (tmp_path / FILE).touch()

    def fail() -> None:
        with database.explained(tmp_path, FILE, "read"):
            raise error

    with pytest.raises(StoreError, match="what SQLite says") as caught:
        fail()
    assert said in str(caught.value.hint)


def test_too_many_open_files_are_not_a_broken_store(finished):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/dev/fd"))) + 1, hard))
    taken: list[int] = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        with pytest.raises(StoreError, match="Too many open files") as caught:
            Store(finished)
    finally:
        for one in taken:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "ulimit" in str(caught.value.hint)


def test_a_log_without_room_beside_it_is_read_from_a_copy(killed, tmp_path, monkeypatch):
    """As on a full disk: SQLite can't make what it needs beside the file."""
    folder = shutil.copytree(killed, tmp_path / "run")
    (folder / f"{FILE}-shm").unlink()
    opened = database._connect

    def connect(path, how):
        if path.parent == folder and how == "mode=rw":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
            raise error
        return opened(path, how)

    monkeypatch.setattr(database, "_connect", connect)
    assert read(folder) == (ROUNDS, "stopped", 15.0)
    assert sorted(file.name for file in folder.iterdir()) == ["alive", "lock", FILE, f"{FILE}-wal"]
