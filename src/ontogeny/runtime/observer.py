"""Who watches a growth: called by the driver between rounds, never from inside a compiled
program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ontogeny.runtime.executor import Job, Lived


class Setting(NamedTuple):
    """What an observer is told before the first round."""

    job: Job
    folder: Path
    first: int  # the round to begin with; above 0 in a resumed run
    units: dict[str, float]  # what one member's step costs in units that a person counts
    machine: dict[str, Any]


class Observer:
    """Does nothing; override what you want to see.

    >>> class Scores(og.Observer):
    ...     def lived(self, round_, moved, dead):
    ...         print(f"round {round_.number}: {moved} moved, {dead} dead")
    >>> run = og.grow(
    ...     "quadratic", population=4, rounds=2, steps=5, progress=False, observers=[Scores()]
    ... )
    round 0: 0 moved, 0 dead
    round 1: 1 moved, 0 dead
    """

    def compiling(self, setting: Setting) -> None:
        """The program is being compiled."""

    def compiled(self, seconds: float) -> None:
        """The program is compiled."""

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        """A round was recorded: how many slots inherited at its start, and how many are dead at its
        end.
        """

    def stopping(self) -> None:
        """An interruption was asked for; the round is being finished."""

    def ended(self, status: str) -> None:
        """The growth ended: finished, interrupted or failed."""
