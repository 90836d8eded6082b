"""`reproduce pbt`: the claims of Population Based Training, measured here.

Three parts. `toy` is the paper's two-parameter example, with its traps. `quadratic` asks in seconds
what the paper's ablations ask of agents. `breakout` holds it against random search in a real game.

Source: Jaderberg et al. 2017, "Population Based Training of Neural Networks" (arXiv 1711.09846).
"""

from __future__ import annotations

import time
from pathlib import Path

from ontogeny.core.errors import ConfigError
from ontogeny.recipes.claims import Claim, Figure, Progress, Reproduction

PARTS = ("toy", "quadratic", "breakout")


def reproduce(
    quick: bool,
    seed: int,
    progress: Progress,
    folder: Path | None = None,
    part: str | None = None,
) -> Reproduction:
    """Return the claims as measured, and write them with their figures into `folder` when given.

    `quick` leaves three of the quadratic's four populations out, and grows shorter and with fewer
    seeds in Breakout, where the claims are then under-powered and say so. `part` measures one part
    only. Raises `ConfigError` for a part that there is not, `StoreError` when `folder` can't be
    written.
    """
    if part is not None and part not in PARTS:
        raise ConfigError(
            f"there is no part {part!r}", where="reproduce pbt", hint=f"use {', '.join(PARTS)}"
        )
    from ontogeny.recipes.pbt_breakout import measure_breakout
    from ontogeny.recipes.pbt_quadratic import measure_quadratic
    from ontogeny.recipes.pbt_toy import measure_toy

    measures = {
        "toy": lambda: measure_toy(seed, progress),
        "quadratic": lambda: measure_quadratic(seed, quick, progress),
        "breakout": lambda: measure_breakout(seed, quick, progress),
    }
    begun = time.perf_counter()
    claims: list[Claim] = []
    figures: list[Figure] = []
    for name in PARTS if part is None else (part,):
        found, drawn = measures[name]()
        claims += found
        figures += drawn
    result = Reproduction("pbt", time.perf_counter() - begun, seed, claims, figures)
    if folder is not None:
        result.write(folder)
    return result
