"""What a script is given of itself: its hypers, its steps, whom to tell how good it is, and what it
inherits.
"""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ontogeny.core.config import LARGEST
from ontogeny.core.errors import StructureError
from ontogeny.core.host import host_key
from ontogeny.core.metrics import check_metrics
from ontogeny.core.purpose import Purpose
from ontogeny.runtime.scripts.parts import taken


class Span(NamedTuple):
    """A round, as steps of the slot's own count."""

    lived: int
    steps: int


class Report(NamedTuple):
    """What a script has told of itself."""

    score: float
    metrics: dict[str, float]
    where: str  # the line that told it


class Member:
    """A script's own side. It lives one call of `train`: when its slot inherits, or its hypers
    change, `train` is called anew.
    """

    def __init__(
        self,
        seed: int,
        slot: int,
        hypers: Any,
        restored: dict[str, Any] | None,
        folder: Callable[[], Path],
        next_round: Callable[[], Span],
    ):
        """`restored` is what the script has to go on with, by name; None when it begins anew.
        `next_round` returns the next round once there is one.
        """
        self.slot, self.hypers = slot, hypers
        self.seed, self.ends_round = seed, False
        self.reports: list[Report] = []
        self.parts: dict[str, Any] = {}
        self.loop = ""  # the line of its loop
        self.told = ""  # the line that handed on something
        self._seed, self._folder, self._next = seed, folder, next_round
        self._restored, self._looked = restored, False
        self._process = os.getpid()

    @property
    def restored(self) -> dict[str, Any] | None:
        """What it has to go on with, by name: arrays and plain values, state dicts, of JAX's trees
        the leaves. None when it begins anew.
        """
        self._looked = True
        return self._restored

    @property
    def folder(self) -> Path:
        """A folder for files of its own, which heirs find in theirs."""
        return self._folder()

    def steps(self) -> Iterator[int]:
        """Yield the numbers of the steps, without an end; between rounds it waits. `seed` is then
        of that step, and `ends_round` says whether a score is due by its end.

        Raises `StructureError` for a second loop, and when what is inherited was not asked for.
        """
        where = _caller()
        self._check_process(where)
        if self.loop:
            raise StructureError(
                f"there is a second loop over member.steps(), after that of {self.loop}",
                where=where,
                hint="loop once: the first never ends by itself",
            )
        self.loop = where
        missed = sorted((self._restored or {}).keys() - self.parts.keys())
        if missed and not self._looked:
            raise StructureError(
                f"it inherits {', '.join(missed)}, and has not asked for it",
                where=where,
                hint="call member.state(…) before the loop, and go on with what it returns",
            )
        while True:
            span = self._next()
            for step in range(span.lived, span.lived + span.steps):
                self.seed = host_key(self._seed, Purpose.STEP, self.slot, step)
                self.ends_round = step + 1 == span.lived + span.steps
                yield step
                self._check_process(where)

    def state(self, **parts: Any) -> Any:
        """Say what heirs inherit, by name, and return it as it is to be gone on with: the first
        time that a name is given, what is inherited, if anything is, in place of what is given.

        What has a `state_dict` is filled, and looked at when a round ends; so are arrays that
        change in place. Give anything else again when it is another. Of several parts a tuple is
        returned, in the order in which they are given.
        """
        self.told = where = _caller()
        self._check_process(where)
        for name, value in parts.items():
            if name not in self.parts and self._restored is not None:
                value = self._inherited(name, value, where)
            self.parts[name] = value
        found = [self.parts[name] for name in parts]
        return found[0] if len(found) == 1 else tuple(found)

    def report(self, score: Any, /, **metrics: Any) -> None:
        """Tell how good it is (bigger is better), and numbers to record. The last score of a round
        counts, and each number's mean. A score that is not finite is the member's death.

        Raises `StructureError` for what is no number.
        """
        self.take(score, metrics, _caller())

    def take(self, score: Any, metrics: dict[str, Any], where: str) -> None:
        """Take a report that the line `where` gives."""
        self._check_process(where)
        if not self.loop:
            raise StructureError(
                "it reports before its loop", where=where, hint="report in the loop"
            )
        check_metrics(metrics, where)
        numbers = {name: _number(value, name, where) for name, value in metrics.items()}
        own = _number(score, "the score", where)
        self.reports.append(Report(own if abs(own) <= LARGEST else math.nan, numbers, where))

    def _inherited(self, name: str, value: Any, where: str) -> Any:
        inherited = self._restored or {}
        if self.loop:
            raise StructureError(
                f"member.state({name}=…) comes first after the loop has begun, too late to inherit",
                where=where,
                hint="give it before the loop too, and go on with what that returns",
            )
        if name not in inherited:
            raise StructureError(
                f"it inherits {', '.join(inherited) or 'files alone'}, and no {name!r}",
                where=where,
                hint="hand on the same names in every round",
            )
        return taken(name, value, inherited[name], where)

    def _check_process(self, where: str) -> None:
        if os.getpid() != self._process:
            raise StructureError(
                "a fork of the script goes on with its loop",
                where=where,
                hint="leave a forked process by os._exit; use the subprocess module for others",
            )


def _caller() -> str:
    """Return the line that calls whoever asks."""
    frame: Any = inspect.currentframe()
    frame = frame.f_back.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _number(value: Any, name: str, where: str) -> float:
    try:
        if isinstance(value, str | bytes | None):
            raise TypeError
        return float(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise StructureError(
            f"it reports {value!r:.60} as {name}, which is not one number",
            where=where,
            hint="report numbers; of an array its mean, or .item()",
        ) from error
