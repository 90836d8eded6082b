"""`reproduce pbt`: the claims of Population Based Training, measured here.

Three parts, in ten minutes. `toy` is the paper's two-parameter example, with its traps. `quadratic`
asks in seconds what the paper's ablations ask of agents. `breakout` holds it against random search
in a real game.

Longer parts come with `--all`, or by name. `gan` and `translation` tune networks that make
something, `schedule` asks whether it is the schedule that is worth something, `size` how many
members it takes, and `strategies` what those that came after it add.

Source: Jaderberg et al. 2017, "Population Based Training of Neural Networks" (arXiv 1711.09846).
"""

from __future__ import annotations

from pathlib import Path

from ontogeny.claims.claim import Measuring, Progress, Reproduction, reproduce_parts
from ontogeny.recipes import LONGER


def reproduce(
    quick: bool,
    seed: int,
    progress: Progress,
    folder: Path | None = None,
    part: str | None = None,
    longer: bool = False,
) -> Reproduction:
    """Return the claims as measured; see `claims.reproduce_parts`.

    `quick` leaves three of the quadratic's four populations out, and grows shorter and with fewer
    seeds in Breakout and on the digits, where the claims are then under-powered and say so.
    `longer` adds the longer parts.
    """
    from ontogeny.claims.pbt.breakout import measure_breakout
    from ontogeny.claims.pbt.gan import measure_gan
    from ontogeny.claims.pbt.quadratic import measure_quadratic
    from ontogeny.claims.pbt.schedule import measure_schedule
    from ontogeny.claims.pbt.size import measure_size
    from ontogeny.claims.pbt.strategies import measure_strategies
    from ontogeny.claims.pbt.toy import measure_toy
    from ontogeny.claims.pbt.translation import measure_translation

    how = Measuring("quick" if quick else "full", seed, progress)
    parts = {
        "toy": lambda: measure_toy(how),
        "quadratic": lambda: measure_quadratic(how),
        "breakout": lambda: measure_breakout(how),
        "gan": lambda: measure_gan(how),
        "translation": lambda: measure_translation(how),
        "schedule": lambda: measure_schedule(how),
        "size": lambda: measure_size(how),
        "strategies": lambda: measure_strategies(how),
    }
    left_out = () if longer or part else LONGER["pbt"]
    chosen = {name: measure for name, measure in parts.items() if name not in left_out}
    return reproduce_parts("pbt", chosen, seed, folder, part)
