"""`note`: what you want to know of a run later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from ontogeny.cli.words import RunName, parse, say
from ontogeny.core.text import quoted, visible


@dataclass(frozen=True)
class Noting:
    """Note something of a run, in place of what was noted: `list`, `show` and the report say it.
    Without a text, say what is noted.
    """

    run: RunName
    text: Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(metavar="TEXT")] = None
    """What to note; '' removes the note."""
    json: bool = False
    """Print one JSON object."""


def note(arguments: list[str]) -> int:
    """Note something of a run, which may be growing."""
    from ontogeny.runtime.storage.folders import find_run
    from ontogeny.runtime.storage.notes import read_note, write_note

    chosen = parse(Noting, "note", arguments)
    folder = find_run(chosen.run)
    if chosen.text is not None:
        write_note(folder, chosen.text)
    told = read_note(folder)
    say(
        {"folder": str(folder), "note": told},
        chosen.json,
        lambda: visible(told) or "nothing is noted of it",
        f"ontogeny show {quoted(chosen.run)}",
    )
    return 0
