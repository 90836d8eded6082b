"""When a growth has grown enough, before its last round: its time is up, or its best score is good
enough.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from ontogeny.core.config import check_float32, real
from ontogeny.core.errors import ConfigError

UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
PART = r"(?:([0-9]+(?:\.[0-9]+)?){unit})?"
DURATION = re.compile("".join(PART.format(unit=unit) for unit in UNITS))
ENOUGH = "stopped"  # the kind of event that says why a growth was enough


@dataclass(frozen=True)
class Limits:
    """What is enough of a growth, or of several one after another."""

    seconds: float | None = None
    """Of growing, compiling included, counted from when this was made."""
    score: float | None = None
    """Of the best member, or more."""
    clock: Callable[[], float] = time.monotonic
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "begun", self.clock())


class Enough:
    """Why a growth is enough: "" until it is."""

    def __init__(self, limits: Limits):
        self._limits, self._best = limits, -np.inf
        self.why = ""

    def see(self, score: Float[np.ndarray, " pop"]) -> None:
        """Take in the scores after a round; those that are not finite say nothing."""
        self._best = np.max(score, initial=-np.inf, where=np.isfinite(score))

    def __call__(self) -> str:
        of, grown = self._limits, self._limits.clock() - self._limits.begun
        if self.why:
            return self.why
        if of.score is not None and self._best >= of.score:
            self.why = f"best score {self._best:.6g} ≥ {of.score:.6g}"
        elif of.seconds is not None and grown >= of.seconds:
            self.why = f"its {in_words(of.seconds)} are over"
        return self.why


def limits(max_time: float | str | None, target_score: float | None, where: str) -> Limits:
    """Return what is enough: seconds, or text as `90s`, `10m`, `1h30m`; and a score. Raises
    `ConfigError` for anything else.
    """
    score = None if target_score is None else real(target_score, "target_score", where)
    if score is not None:
        check_float32(score, "target_score", where)
    return Limits(None if max_time is None else seconds_of(max_time, where), score)


def seconds_of(told: Any, where: str) -> float:
    """Return the seconds that a duration has: a number of them, or text of days, hours, minutes and
    seconds. Raises `ConfigError` for anything else, and for none.

    >>> from ontogeny.runtime.limits import seconds_of
    >>> [seconds_of(told, "here") for told in (90, "90", "90s", "10m", "1h30m", "0.5d")]
    [90.0, 90.0, 90.0, 600.0, 5400.0, 43200.0]
    """
    seconds = 0.0
    if isinstance(told, str):
        text = told.strip().lower()
        found = DURATION.fullmatch(f"{text}s" if text[-1:].isdigit() else text)
        for unit, amount in zip(UNITS.values(), found.groups() if found else (), strict=False):
            seconds += unit * float(amount or 0)
    else:
        seconds = real(told, "max_time", where)
    if not 0 < seconds < np.inf:
        raise ConfigError(
            f"{told!r} is no time to grow for",
            where=where,
            hint="give seconds, or days, hours, minutes and seconds, as 90s, 10m, 2h, 1h30m",
        )
    return seconds


def in_words(seconds: float) -> str:
    """Return seconds as they are told to `seconds_of`: `10m`, `1h30m`."""
    words = ""
    for unit, size in UNITS.items():
        amount = seconds if unit == "s" else seconds // size
        words += f"{amount:g}{unit}" if amount else ""
        seconds -= amount * size
    return words
