"""`stop`: a growth of another process, ended gently."""

from __future__ import annotations

from dataclasses import dataclass

from ontogeny.cli.words import RunName, parse, say
from ontogeny.core.text import quoted


@dataclass(frozen=True)
class Stop:
    """Have a run that grows in another process stop, as Ctrl-C there would: its round is finished,
    all is saved, and it can be resumed.
    """

    run: RunName
    json: bool = False
    """Print one JSON object."""


def stop(arguments: list[str]) -> int:
    """Ask a growth to stop. Raises `StoreError` for one that doesn't grow."""
    from ontogeny.runtime.stopping import ask_to_stop
    from ontogeny.runtime.storage.folders import find_run

    chosen = parse(Stop, "stop", arguments)
    folder = find_run(chosen.run)
    ask_to_stop(folder)
    say(
        {"folder": str(folder), "asked": True},
        chosen.json,
        lambda: f"{folder}: asked to stop when its round is over",
        f"ontogeny show {quoted(chosen.run)}",
    )
    return 0
