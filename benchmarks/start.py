"""Seconds from typing `ontogeny grow RECIPE` to the first numbers on the screen.

The command runs in a terminal of its own (a pty), as a person sees it: the clock stops when the
first best score is drawn. Cold means an empty compilation cache, warm the same cache once more.
Files may be in the system's page cache either way: nothing here empties that.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.result import Figure, Result, Target

NUMBERS = re.compile(r"best\s+[-+]?\d")
CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
PATIENCE = 600.0  # seconds
STATES = ("cold", "warm", "warm")  # of the cache, one after the other
TARGETS = {("toy", "warm"): Target(high=15.0)}


def measure(quick: bool) -> Result:
    """Return the seconds of each recipe, cold and warm."""
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(1 if quick else 3):
        for recipe in ("toy",) if quick else ("toy", "breakout"):
            with tempfile.TemporaryDirectory() as folder:
                for state in STATES:
                    took = until_numbers(recipe, Path(folder))
                    seconds.setdefault((recipe, state), []).append(took)
    return Result(
        {},
        [
            Figure(f"{recipe}, {state} cache", "s", values, TARGETS.get((recipe, state)))
            for (recipe, state), values in seconds.items()
        ],
    )


def until_numbers(recipe: str, folder: Path) -> float:
    """Return the seconds until the first numbers. Raises `RuntimeError` when the command ends
    before, or after ten minutes."""
    command = [str(Path(sys.executable).with_name("ontogeny")), "grow", recipe]
    settings = {
        "ONTOGENY_CACHE": str(folder / "cache"),
        "ONTOGENY_RUNS": str(folder / "runs"),
        "TERM": "xterm-256color",
        "COLUMNS": "100",
        "LINES": "30",
    }
    ours, theirs = pty.openpty()
    begun = time.perf_counter()
    child = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | settings,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        return _read(ours, begun)
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
        child.wait()
        os.close(ours)


def _read(terminal: int, begun: float) -> float:
    said = ""
    while time.perf_counter() - begun < PATIENCE:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other end has closed
            piece = b""
        if not piece:
            raise RuntimeError(f"it ended before any numbers came: {said[-500:]}")
        said = CODES.sub("", said[-2000:] + piece.decode(errors="replace"))
        if NUMBERS.search(said):
            return time.perf_counter() - begun
    raise RuntimeError(f"no numbers came in {PATIENCE:.0f} s: {said[-500:]}")
