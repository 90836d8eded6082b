"""A script as something to grow: a function with a loop of its own, or a whole command."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from ontogeny.core.config import real
from ontogeny.core.errors import ConfigError
from ontogeny.core.script import Script
from ontogeny.runtime.scripts.command import command_of
from ontogeny.runtime.scripts.member import Member

WHERE = "og.script"


def script(
    train: Callable[[Member], None] | str | Path | Sequence[str | Path],
    *,
    limit: float | None = None,
    hypers: Literal["flags", "environment"] = "flags",
    folder_flag: str | None = None,
) -> Script:
    """Return a script as something to grow: `og.grow(og.script(train), space=space)`.

    `train(member)` is ordinary code with a loop over `member.steps()`, in which it reads
    `member.hypers` and calls `member.report(score, **numbers)`; `member.state(…)` says what heirs
    inherit. It is suspended between rounds, and called anew when its slot inherits. A round that
    takes more than `limit` seconds is an error that names the line where it was.

    A file of Python, or a command, is run once a step, its hypers being flags (or variables of its
    environment), and prints JSON with a "score" on a line. Of those, `folder_flag` is the flag that
    gives the folder of its checkpoints, which is in ONTOGENY_FOLDER too.

    >>> def train(member):
    ...     x = member.state(x=np.ones(3))
    ...     for step in member.steps():
    ...         x *= 1 - member.hypers["rate"]
    ...         member.report(-(x**2).sum(), step=step)
    >>> space = og.Space({"rate": og.Log(1e-3, 1e-1)})
    >>> where = og.Processes(1)
    >>> run = og.grow(
    ...     og.script(train), space=space, population=2, rounds=2, executor=where, progress=False
    ... )
    >>> run.best.state["state"]["x"].shape
    (3,)
    """
    if limit is not None:
        limit = real(limit, "limit", WHERE)
        if not 0 < limit < math.inf:
            raise ConfigError(f"limit is {limit}", where=WHERE, hint="use seconds, above 0")
    if callable(train):
        if folder_flag is not None or hypers != "flags":
            raise ConfigError(
                "a function has no flags",
                where=WHERE,
                hint="it reads member.hypers, and keeps files in member.folder",
            )
        return Script(train, limit)
    given: Any = train
    words = [given] if isinstance(given, str | Path) else list(given)
    return Script(command_of(words, hypers, folder_flag, limit))
