"""What a person wants to know of a growth: how far, how good, how fast, how long still."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import numpy as np

from ontogeny.runtime.executor import Lived
from ontogeny.runtime.observer import Setting
from ontogeny.views.growth.record import RECENT


class Progress:
    """The growth so far, told by `note` after each round. Everything else only reads."""

    def __init__(self, setting: Setting, clock: Callable[[], float] = time.monotonic):
        self.setting = setting
        self.clock = clock
        self.begun = clock()
        self.done = setting.first
        self.rounds = setting.job.rounds
        # One list, for the display's thread: a round is there whole, or not yet.
        self.courses: list[tuple[float, float]] = []  # (best, median) of the living, NaN when none
        self.moved = self.moves = self.dead = self.deaths = 0
        self._members = setting.ahead
        self._marks: deque[tuple[float, int, int]] = deque(maxlen=RECENT + 1)

    def note(self, round_: Lived, moved: int, dead: int) -> None:
        """Take in a round that was recorded."""
        alive = round_.score[np.isfinite(round_.score)]
        best, median = (alive.max(), np.median(alive)) if alive.size else (np.nan, np.nan)
        everybody = len(round_.ready)
        if not self._marks:  # spawning, which comes before the first round, says nothing of speed
            self._marks.append((self.clock() - round_.seconds, self.done, self._members))
        # A round of the population is over when as many members' are, whoever's they were.
        begins = self._members % everybody == 0 or not self.courses
        self._members += int(np.sum(round_.ready))
        ends = self._members % everybody == 0
        self.done = self.setting.first + self._members // everybody
        if begins:
            self.courses.append((np.nan, np.nan))
            self.moved = self.dead = 0
        self.courses[-1] = (float(best), float(median))
        self.moved += moved
        self.dead += dead
        self.moves += moved
        self.deaths += dead
        if ends:
            self._marks.append((self.clock(), self.done, self._members))

    @property
    def elapsed(self) -> float:
        """Seconds since the program began to be compiled."""
        return self.clock() - self.begun

    @property
    def seconds_a_round(self) -> float | None:
        """Wall-clock seconds of a recent round and its recording; None before the first."""
        span = self._span()
        return None if span is None or not span[1] else span[0] / span[1]

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the last round, at the recent pace; None before the first round."""
        pace = self.seconds_a_round
        return None if pace is None else pace * (self.rounds - self.done)

    @property
    def speed(self) -> tuple[float, str] | None:
        """What all members did a second of late, and its unit (the recipe's first, or updates)."""
        span = self._span()
        if span is None or span[0] <= 0:
            return None
        unit, each = next(iter(self.setting.units.items()), ("updates", 1.0))
        return each * self.setting.job.steps * span[2] / span[0], unit.replace("_", " ")

    def _span(self) -> tuple[float, int, int] | None:
        """Return seconds, rounds and members' rounds between the oldest mark that counts and the
        newest.
        """
        if len(self._marks) < 2:
            return None
        first, last = self._marks[0], self._marks[-1]
        return last[0] - first[0], last[1] - first[1], last[2] - first[2]
