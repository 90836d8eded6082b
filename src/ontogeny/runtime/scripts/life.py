"""A call of a script's `train`, in a thread that runs while its slot's round is lived and waits
between rounds.

One thread runs at a time, so the random numbers of Python, NumPy and PyTorch can be seeded as a
round begins: then a round does not depend on who else lives in the process. The working directory
is its own, too.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.errors import StructureError
from ontogeny.core.host import host_key
from ontogeny.core.purpose import Purpose
from ontogeny.core.script import Script
from ontogeny.runtime.scripts.member import Member, Report, Span
from ontogeny.runtime.scripts.parts import handed_on, read_files, write_files

PATIENCE = 5.0  # seconds that a script has to end when it is told to


class Ended(BaseException):
    """Thrown into a script that waits, to end it: others go on in its place."""


class Life:
    """See the module's text."""

    def __init__(
        self, script: Script, seed: int, slot: int, hypers: Any, left: Any, folder: Path, lived: int
    ):
        """`left` is what it goes on with (None: it begins anew); `folder`, which does not exist,
        will hold its files.
        """
        self.script, self.seed, self.slot = script, seed, slot
        self.hung = False
        self._place, self._lived = folder, lived
        restored = None if left is None else left["state"]
        self.member = Member(seed, slot, hypers, restored, self._folder, self._wait)
        if left is not None and left["files"]:
            write_files(self._folder(), left["files"])
        self._span = Span(lived, 0)
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._error: BaseException | None = None
        self._over = self._ending = self._begun = self._waits = False
        self._here = os.getcwd()
        self._thread = threading.Thread(target=self._run, name=f"slot {slot}", daemon=True)

    def live(self, lived: int, steps: int) -> list[Report]:
        """Live a round, and return what was reported in it, one or more. Raises what the script
        raised, `TimeoutError` past the limit, `StructureError` when it reported nothing or ended.
        """
        self._span = Span(lived, steps)
        self.member.reports = []
        if not self._begun:
            self._thread.start()
        self._begun = True
        self._resume()
        if self._error is not None:
            raise self._error
        if self._over:
            self._raise_ended(lived + steps)
        if not self.member.reports:
            raise StructureError(
                f"a round of {steps} {'step' if steps == 1 else 'steps'} went by without a report",
                where=self.member.loop,
                hint="call member.report(score) in the loop, at least when member.ends_round",
            )
        return self.member.reports

    def left(self) -> dict[str, Any]:
        """Return what it hands on: its parts and its files, as arrays and plain values."""
        parts = {name: handed_on(value) for name, value in self.member.parts.items()}
        return {"state": parts, "files": read_files(self._place) if self._place.exists() else {}}

    def end(self) -> None:
        """End the script where it waits, and remove its files."""
        if self._begun and not self._over and not self.hung:
            self._ending = True
            self._go.release()
            self.hung = not self._back.acquire(timeout=PATIENCE)
        self._over = True
        shutil.rmtree(self._place, ignore_errors=True)

    def _resume(self) -> None:
        """Let the thread run until it waits again, ends, or is past the limit."""
        before = os.getcwd()
        with suppress(OSError):  # it may have removed where it was
            os.chdir(self._here)
        try:
            self._go.release()
            self.hung = not self._back.acquire(timeout=self.script.limit)
            with suppress(OSError):
                self._here = os.getcwd()
        finally:
            os.chdir(before)
        if self.hung:
            raise TimeoutError(self._past_limit())

    def _run(self) -> None:
        process = os.getpid()
        try:
            self._go.acquire()
            seed_all(host_key(self.seed, Purpose.INIT, self.slot, self._lived))
            self.script.train(self.member)
        except Ended:
            pass
        except SystemExit as left:
            self._error = RuntimeError(f"the script left by SystemExit({left.code!r})")
            self._error.__cause__ = left
        except BaseException as error:
            self._error = error
        if os.getpid() != process:  # a fork of the script, which ends here
            if self._error is not None:
                traceback.print_exception(self._error)
            os._exit(1)
        self._over = True
        self._back.release()

    def _wait(self) -> Span:
        """Return the round that is to be lived: the first one at once, the next when there is
        one.
        """
        if self._waits:
            self._back.release()
            self._go.acquire()
            if self._ending:
                raise Ended
        self._waits = True
        seed_all(host_key(self.seed, Purpose.STEP, self.slot, self._span.lived))
        return self._span

    def _folder(self) -> Path:
        self._place.mkdir(parents=True, exist_ok=True)
        return self._place

    def _raise_ended(self, due: int) -> None:
        code = getattr(self.script.train, "__code__", None)
        where = f"{code.co_filename}:{code.co_firstlineno}" if code else repr(self.script.train)
        said = f"it returned in the midst of its rounds, of which the next ends at step {due}"
        raise StructureError(
            said if self.member.loop else "it returned without a loop over member.steps()",
            where=self.member.loop or where,
            hint="loop over member.steps(), which never ends by itself: how long a member lives is "
            "for its population's rounds to say",
        )

    def _past_limit(self) -> str:
        running = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
        frames = traceback.extract_stack(running.get(self._thread.ident or 0))
        own = getattr(getattr(self.script.train, "__code__", None), "co_filename", "")
        at = [frame for frame in frames if frame.filename == own] or frames[-1:]
        line = f"{at[-1].filename}:{at[-1].lineno}, in {at[-1].name}" if at else "an unknown place"
        return (
            f"the round was not over after its limit of {self.script.limit:g} s: it was at {line}"
        )


def seed_all(key: int) -> None:
    """Seed the random numbers of Python, NumPy, and PyTorch if it was imported."""
    random.seed(key)
    np.random.seed(key)
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(key)
