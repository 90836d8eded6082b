"""`verify`: whether all that was recorded is as it was written."""

from __future__ import annotations

from dataclasses import dataclass

from ontogeny.cli.words import RunName, parse, say
from ontogeny.core.text import quoted


@dataclass(frozen=True)
class Verify:
    """Read all of a run, and say what is not as it was written: its store, checkpoints, members'
    files, schedule and product.
    """

    run: RunName
    json: bool = False
    """Print one JSON object."""


def verify(arguments: list[str]) -> int:
    """Verify a run; return 3 when something is damaged."""
    from ontogeny.runtime.storage.folders import find_run

    chosen = parse(Verify, "verify", arguments)
    folder = find_run(chosen.run)  # before anything heavy is imported
    from ontogeny.runtime.verifying import verify as verified
    from ontogeny.views.terminal.tables import plain_table

    parts = verified(folder)
    whole = not any(part.wrong for part in parts)
    answer = {"folder": str(folder), "whole": whole, "parts": [part._asdict() for part in parts]}
    rows = [[part.name, part.wrong or "whole"] for part in parts]
    then = f"ontogeny show {quoted(chosen.run)}" if whole else ""
    say(answer, chosen.json, lambda: plain_table(["part", "as it was written?"], rows), then)
    return 0 if whole else 3
