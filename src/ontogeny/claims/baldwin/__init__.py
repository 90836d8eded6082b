"""`reproduce baldwin`: evolution of what a lifetime of learning begins with.

Three parts. `needle`: Hinton and Nowlan's model, with its exact facts. `direction`: no learning,
learning, and learning that is inherited, on a goal that only rewards tell. `sinusoids`: error
against task evaluations, beside MAML. A fourth, `cheetah`, comes with `--all` or by name: brax's
half-cheetah.

Sources: Fernando et al. 2018, "Meta-Learning by the Baldwin Effect" (arXiv 1806.07917); Hinton and
Nowlan 1987, "How Learning Can Guide Evolution", Complex Systems 1.
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

    `quick` evolves for less long and with fewer seeds; the claims then say that they are
    under-powered. `longer` adds the half-cheetah.
    """
    from ontogeny.claims.baldwin.cheetah import measure_cheetah
    from ontogeny.claims.baldwin.direction import measure_direction
    from ontogeny.claims.baldwin.needle import measure_needle
    from ontogeny.claims.baldwin.sinusoids import measure_sinusoids

    how = Measuring("quick" if quick else "full", seed, progress)
    parts = {
        "needle": lambda: measure_needle(how),
        "direction": lambda: measure_direction(how),
        "sinusoids": lambda: measure_sinusoids(how),
        "cheetah": lambda: measure_cheetah(how),
    }
    left_out = () if longer or part else LONGER["baldwin"]
    chosen = {name: measure for name, measure in parts.items() if name not in left_out}
    return reproduce_parts("baldwin", chosen, seed, folder, part)
