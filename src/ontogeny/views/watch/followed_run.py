"""One run followed closely: its whole record as it stands, and the parts of its report, each drawn
when it is asked for, and drawn once.
"""

from __future__ import annotations

import threading
from pathlib import Path

from ontogeny.runtime.storage.growing_store import GrowingStore
from ontogeny.views.growth.record import Record, read_record
from ontogeny.views.growth.report import PARTS
from ontogeny.views.watch.watchlist import Stamp, stamp


class FollowedRun:
    """A run in a folder, for any thread: one at a time reads and draws."""

    def __init__(self, folder: Path):
        """Open the run. Raises `StoreError` when it is missing or corrupt."""
        self._store = GrowingStore(folder)
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._record: Record | None = None
        self._drawn: dict[str, str] = {}

    def record(self) -> Record:
        """Return the run as it is now; of a run that has not changed, what was read before. Raises
        `StoreError` when it can't be read, or is not what was written.
        """
        with self._lock:
            return self._now()

    def part(self, name: str) -> str:
        """Return a part of the report (one of `PARTS`) as HTML, of the run as it is now."""
        with self._lock:
            record = self._now()
            if name not in self._drawn:
                self._drawn[name] = PARTS[name](record)
            return self._drawn[name]

    def _now(self) -> Record:
        now = stamp(self._store.folder)
        if self._record is None or now is None or now != self._stamp:
            self._record, self._stamp = read_record(self._store.follow()), now
            self._drawn = {}
        return self._record
