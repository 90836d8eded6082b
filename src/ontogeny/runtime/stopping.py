"""A growth that stops before its last round: why, and how another process asks for it.

Who would have a run stop leaves a file in its folder. Its driver looks for that file between two
rounds, takes it away, and ends as Ctrl-C has it end: the round is finished, and all is saved.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ontogeny.core.errors import StoreError
from ontogeny.core.files import replace_file
from ontogeny.runtime.storage.locks import driver_lives
from ontogeny.runtime.storage.store import Store

FILE = "stop"
PATIENCE = 0.2  # seconds between two looks for it


def ask_to_stop(folder: Path) -> None:
    """Have the growth of the run in `folder` stop once its round is finished and saved. Raises
    `StoreError` where no run is, where none grows, and where the folder can't be written.

    >>> from ontogeny.runtime.stopping import ask_to_stop
    >>> run = og.grow("quadratic", population=4, rounds=2, steps=5, progress=False)
    >>> ask_to_stop(run.folder)
    Traceback (most recent call last):
    ontogeny.core.errors.StoreError: it isn't growing...
    """
    with Store(folder) as store:
        if driver_lives(store.folder) is False:
            raise StoreError(
                "it isn't growing: there is nothing to stop",
                where=str(store.folder),
                hint="see where it stands with: ontogeny show RUN",
            )
        with replace_file(store.folder / FILE, "ask it to stop") as part:
            part.write_text(f"asked by process {os.getpid()}\n", encoding="utf-8")


class Asked:
    """Why a growth stops that another process asked to: "" until then. What lay in its folder
    before it began asks nothing.
    """

    def __init__(
        self, folder: Path, tell: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ):
        """Look into the run's folder, at most once in `PATIENCE`, and `tell` once of what comes."""
        self._file, self._tell, self._clock, self._why = folder / FILE, tell, clock, ""
        self.take()
        self._next = clock() + PATIENCE

    def __call__(self) -> str:
        if not self._why and self._clock() >= self._next:
            self._next = self._clock() + PATIENCE
            if self.take():
                self._why = "another process asked for it"
                self._tell()
        return self._why

    def take(self) -> bool:
        """Take the file away, and return whether it was there."""
        with suppress(OSError):
            self._file.unlink()
            return True
        return False


class Stop:
    """Whether a growth is to stop when its round is over: once one of its reasons says why, and
    from then on.
    """

    def __init__(self, *reasons: Callable[[], str]):
        """Each reason returns "" until it is one."""
        self._reasons = reasons
        self.why = ""
        """The reason that came first; "" while there is none."""

    def __call__(self) -> bool:
        for reason in self._reasons:
            self.why = self.why or reason()
        return bool(self.why)
