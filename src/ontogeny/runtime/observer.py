"""Who watches a growth: called by the driver between rounds, never from inside a compiled
program.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
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
    hires: bool = False  # whether workers are started, which compile, rather than this process
    enough: Callable[[], str] = (
        str  # why it ends before its last round of its own; "" if it doesn't
    )
    ahead: int = 0  # rounds of members that were lived beyond `first`, each at its own pace


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


class Audience:
    """All who watch one growth. One that raises is told nothing more but the end, and the growth
    goes on: what it shows is worth less than what is grown.
    """

    def __init__(self, observers: Sequence[Observer]):
        self._all, self._left = tuple(observers), list(observers)
        self.wrong: list[str] = []
        """What observers raised, for the record; whoever writes it down empties it."""

    def tell(self, hook: str, *told: Any) -> None:
        """Call the hook of everybody who is left (at the end, of everybody), and warn once of each
        that raises.
        """
        begun, stopped = len(self.wrong), None
        for observer in self._all if hook == "ended" else tuple(self._left):
            try:
                getattr(observer, hook)(*told)
            except (Exception, SystemExit) as error:  # which a console raises that lost its reader
                if observer in self._left:
                    self._left.remove(observer)
                    name, kind = type(observer).__name__, type(error).__name__
                    said = f"{kind}: {error}" if str(error) else kind
                    said = "that its reader is gone" if kind == "SystemExit" else said
                    self.wrong.append(f"{name} sees no more of it: its {hook}() raised {said}")
            except BaseException as error:
                stopped = stopped or error
                if hook != "ended":
                    break
        for text in self.wrong[begun:]:
            warnings.warn(text, RuntimeWarning, stacklevel=3)
        if stopped is not None:
            raise stopped
