"""The runs of a folder, looked at again and again: what each one's line says now.

A look costs what has changed. A run whose files are as they were is not opened; of one that grows,
what is new is read. How much a look may take of a core is bounded: the dearer it was, the longer
the next one waits. Of very many runs, some are read in one look and the others in the next.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
import time
from pathlib import Path
from typing import Any, TypeAlias

from ontogeny.core.errors import OntogenyError
from ontogeny.runtime.storage.folders import list_runs, run_name
from ontogeny.runtime.storage.growing_store import GrowingStore
from ontogeny.runtime.storage.locks import driver_lives
from ontogeny.runtime.storage.store import FILE
from ontogeny.views.terminal.tables import run_summary

SHARE = 0.02  # of a core that looking may take
PATIENCE = 1.0  # seconds between two looks, at least
SLICE = 0.1  # seconds that one look may take, of many runs that it does not know yet
SEEK = 10.0  # seconds after which runs are looked for that there were not
YOUNG = 20_000_000  # nanoseconds: a file system's clock ticks by some of them
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/generation-[0-9]+)?")

Stamp: TypeAlias = tuple[Any, ...]


class Line:
    """One run of the list."""

    def __init__(self, folder: Path):
        """`summary` is that of `tables.run_summary`, or tells of an `error`; None until it is read.
        `version` is that of the list in which it said so first.
        """
        self.folder, self.name = folder, run_name(folder)
        self.id = run_id(self.name)
        self.summary: dict[str, Any] | None = None
        self.version = 0
        self._stamp: Stamp | None = None
        self._store: GrowingStore | None = None

    @property
    def status(self) -> str:
        """What the run says of itself; `unreadable` where it can't be read, "" until it is."""
        return "" if self.summary is None else str(self.summary["status"])

    def is_stale(self) -> bool:
        """Return whether the run is another than it was when it was read."""
        return self._stamp is None or self._stamp != stamp(self.folder)

    def read(self) -> None:
        """Read the run, as far as it is new."""
        self._stamp = stamp(self.folder)
        try:
            if self._store is None:
                self._store = GrowingStore(self.folder)
            with self._store.opened() as store:
                self.summary = run_summary(store.follow())
        except Exception as error:  # whatever is wrong with one run, it must not hide the others
            said = error.what if isinstance(error, OntogenyError) else repr(error)
            self.summary = {"name": self.name, "status": "unreadable", "error": said}
            self._store = None


class Watchlist:
    """The runs of a folder. Many may read it, in any thread; one at a time looks."""

    def __init__(self, runs: Path):
        """Look at nothing yet."""
        self.folder = runs
        self.version = 0
        self.epoch = secrets.token_hex(4)  # versions of another process say nothing here
        self.lines: dict[str, Line] = {}  # by their `id`, those that grow first, then the newest
        self.whole = False  # whether all of them were read
        self._looking = threading.Lock()
        self._next = 0.0
        self._folders: list[Path] = []
        self._sought = float("-inf")

    @property
    def due(self) -> bool:
        """Whether it is time to look again."""
        return time.monotonic() >= self._next

    def fill(self) -> None:
        """Look until all runs were read once."""
        while not self.whole:
            self.look()

    def look(self) -> None:
        """See what there is, and read what has changed; nothing where another is about it, and
        something is known.
        """
        if not self._looking.acquire(blocking=not self.version):
            return
        try:
            begun = time.thread_time()
            self._look()
            spent = time.thread_time() - begun
            wait = max(PATIENCE, spent / SHARE) if self.whole else 0.0
            self._next = time.monotonic() + wait
        finally:
            self._looking.release()

    def _look(self) -> None:
        limit = time.monotonic() + SLICE
        known = {line.folder: line for line in self.lines.values()}
        lines = [known.get(folder) or Line(folder) for folder in self._there()]
        changed = {line.id for line in lines} != self.lines.keys()
        whole = True
        for line in lines:
            if line.summary is None and time.monotonic() > limit:
                whole = False  # these are read in the next look
            elif line.is_stale():
                before = line.summary
                line.read()
                if line.summary != before:  # a file that is very new is read again as it was
                    line.version, changed = self.version + 1, True
        there = [line for line in lines if line.status != "unreadable" or _exists(line.folder)]
        lines, changed = there, changed or len(there) < len(lines)
        self.whole = whole
        lines.sort(key=lambda line: str((line.summary or {}).get("begun") or ""), reverse=True)
        lines.sort(key=lambda line: line.status != "growing")
        self.lines = {line.id: line for line in lines}
        self.version += changed

    def _there(self) -> list[Path]:
        """Return the folders of the runs, the newest first. They are looked for when the folder has
        changed of late, and now and then.
        """
        try:
            changed = time.time() - self.folder.stat().st_mtime
        except OSError:
            changed = 0.0
        if time.monotonic() - self._sought > SEEK or (self.whole and abs(changed) < SEEK):
            self._sought = time.monotonic()
            try:
                self._folders = list_runs(self.folder)[::-1]
            except OntogenyError:  # nobody may look into it: no run is there
                self._folders = []
        return self._folders


def run_id(name: str) -> str:
    """Return what a run is called in an address: its name where that is plain, else a digest, in
    which no name of a folder can mean anything to whoever reads it.

    >>> run_id("quadratic-1"), run_id("pong/generation-2"), run_id("../x") == run_id("<b>")
    ('quadratic-1', 'pong~generation-2', False)
    """
    if PLAIN.fullmatch(name):
        return name.replace("/", "~")
    return "~" + hashlib.blake2b(os.fsencode(name), digest_size=8).hexdigest()


def stamp(folder: Path) -> Stamp | None:
    """Return what changes whenever a run does: of its files, and whether a driver holds it, for a
    killed one changes nothing else. None while a file is so new that it may yet change and show the
    same time.
    """
    found: list[tuple[int, int, int] | None] = []
    path = os.path.join(folder, FILE)  # as text: a list asks for hundreds a second
    for file in (path, f"{path}-wal", f"{path}-journal"):
        try:
            told = os.stat(file)
            found.append((told.st_ino, told.st_size, told.st_mtime_ns))
        except OSError:
            found.append(None)
    newest = max((told[2] for told in found if told), default=0)
    if 0 <= time.time_ns() - newest < YOUNG:
        return None
    return (*found, driver_lives(folder) if found[1] or found[2] else None)


def _exists(folder: Path) -> bool:
    return os.path.lexists(folder / FILE)
