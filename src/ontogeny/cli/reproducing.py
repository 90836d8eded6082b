"""`reproduce`: the claims of a paper, measured here."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ontogeny.claims import system_named, system_names
from ontogeny.cli.words import parse, say
from ontogeny.core.files import absolute

FAILED = 3


@dataclass(frozen=True)
class Reproduce:
    """Measure the claims of a system's paper, and print each with what was measured. Exits 3 when
    one does not hold.
    """

    system: Annotated[
        str,
        tyro.conf.Positional,
        tyro.conf.arg(metavar="SYSTEM", help=f"Whose claims: {', '.join(system_names())}."),
    ]
    quick: bool = False
    """Fewer seeds and less growth: under two minutes, and wider intervals."""
    all: bool = False
    """The longer parts of the claims too: minutes to hours. What they trained is kept in `out`
    until the claims are written: a measurement that was stopped goes on when asked for again."""
    part: str | None = None
    """Only this part of the claims, also a longer one; a name that there is not lists them."""
    data: Path | None = None
    """A folder of data that is not shipped (leo: the published embeddings)."""
    seed: int = 0
    """The first of the seeds."""
    out: Path | None = None
    """A folder for the figures, the data behind them and the table (reproduce/SYSTEM)."""
    json: bool = False
    """Print one JSON object."""


def reproduce(arguments: list[str]) -> int:
    """Measure the claims of a system."""
    from ontogeny.claims import reproduction
    from ontogeny.views.terminal.tables import claims_table

    chosen = parse(Reproduce, "reproduce", arguments)
    system = system_named(chosen.system)  # what is asked for in vain is refused before JAX is there
    system.chosen(chosen.part, chosen.quick, chosen.all, chosen.data is not None)

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    result = reproduction.reproduce(
        chosen.system,
        "quick" if chosen.quick else "full",
        chosen.seed,
        progress,
        absolute(chosen.out or Path("reproduce") / chosen.system),
        chosen.part,
        chosen.all,
        chosen.data and absolute(chosen.data),
    )
    answer = result.to_json()
    say(answer, chosen.json, lambda: claims_table(answer["claims"], chosen.quick))
    return 0 if result.holds else FAILED
