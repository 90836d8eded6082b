"""`reproduce`: the claims of a paper, measured here."""

from __future__ import annotations

import importlib
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from ontogeny.cli.words import parse, say
from ontogeny.core.errors import ConfigError, unknown
from ontogeny.recipes import LONGER, SYSTEMS

FAILED = 3


@dataclass(frozen=True)
class Reproduce:
    """Measure the claims of a system's paper, and print each with what was measured. Exits 3 when
    one does not hold.
    """

    system: Annotated[
        str,
        tyro.conf.Positional,
        tyro.conf.arg(metavar="SYSTEM", help=f"Whose claims: {', '.join(SYSTEMS)}."),
    ]
    quick: bool = False
    """Fewer seeds and less growth: under two minutes, and wider intervals."""
    all: bool = False
    """The longer parts of the claims too: minutes to an hour."""
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
    from ontogeny.runtime.machine import prepare
    from ontogeny.views.tables import claims_table

    chosen = parse(Reproduce, "reproduce", arguments)
    if chosen.system not in SYSTEMS:
        raise unknown("system with claims", chosen.system, SYSTEMS)
    if chosen.all and chosen.system not in LONGER:
        raise ConfigError(
            f"{chosen.system} has no longer parts",
            where="reproduce --all",
            hint=f"leave --all out; it is for {', '.join(LONGER)}",
        )
    prepare()
    module = importlib.import_module(f"ontogeny.claims.{SYSTEMS[chosen.system]}")
    folder = chosen.out or Path("reproduce") / chosen.system

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    given: dict[str, Any] = {"longer": True} if chosen.all else {}
    if chosen.data is not None:
        if "data" not in inspect.signature(module.reproduce).parameters:
            raise ConfigError(
                f"the claims of {chosen.system} read no data", hint="leave --data out"
            )
        given["data"] = chosen.data
    result = module.reproduce(
        quick=chosen.quick,
        seed=chosen.seed,
        part=chosen.part,
        progress=progress,
        folder=folder,
        **given,
    )
    answer = result.to_json()
    say(answer, chosen.json, lambda: claims_table(answer["claims"]))
    return 0 if result.holds else FAILED
