"""Time stamps of a video's frames: from 0 on, they only grow."""

from __future__ import annotations

import math
from collections import Counter

STEADY = 0.2  # how much of itself a step between two frames may vary
NUDGE = 0.01  # of a step: a frame whose time has gone comes right after the one before


class VideoClock:
    """What is missing or runs back is made up, and counted in `recovered`. Where times
    `may_restart` in the midst, as in a broadcast, all that comes after is later.
    """

    def __init__(self, rate: float, recovered: Counter[str], may_restart: bool = True):
        self._usual, self._recovered, self._may_restart = 1 / rate, recovered, may_restart
        self._last: float | None = None
        self._shift, self._odd = 0.0, 0
        self._least, self._most = math.inf, 0.0
        self._steady: float | None = None

    def seconds(self, stamp: float | None) -> tuple[float, bool]:
        """Return the seconds of the next frame, and whether its time ran back."""
        step = self._steady or self._usual
        if self._last is None:
            self._shift = -(stamp or 0.0)
            self._last = 0.0
            return 0.0, False
        if stamp is None:
            self._recovered["frames without a time stamp"] += 1
            self._last += step
            return self._last, False
        now, back = stamp + self._shift, False
        if now <= self._last:
            self._recovered["time stamps that ran back"] += 1
            if not self._may_restart:  # it stands where a later one should, and those after it too
                self._last += NUDGE * step
                return self._last, False
            back = self._last - now > step
            self._shift += self._last + step - now
            now = self._last + step
        self._note(now - self._last)
        self._last = now
        return now, back

    def _note(self, step: float) -> None:
        """Tell one rate from another: where three steps in turn are of another length."""
        self._least, self._most = min(self._least, step), max(self._most, step)
        if self._steady is None:
            self._steady = step
        self._odd = self._odd + 1 if abs(step / self._steady - 1) > STEADY else 0
        if self._odd == 3:
            self._recovered["changes of rate"] += 1
            self._steady, self._odd = step, 0

    def notes(self) -> list[str]:
        """Return what there is to say of the frames' pace."""
        if self._most <= (1 + 2 * STEADY) * self._least:
            return []
        return [
            f"its frame rate varies: {1e3 * self._least:.0f} to {1e3 * self._most:.0f} ms from one "
            "frame to the next; a network ticks once a frame"
        ]
