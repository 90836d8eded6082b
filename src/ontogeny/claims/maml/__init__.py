"""`reproduce maml`: learning to learn sinusoids, held against the ideal learner.

Two parts. `sinusoids`: MAML and its family, each meta-trained from nothing over several seeds, and
what each makes of ten points of a fresh sinusoid after 0 to 10 gradient steps. `tuning`: a
population of MAML learners tunes its own inner and outer rate.

Sources: Finn, Abbeel and Levine 2017 (arXiv 1703.03400); Li et al. 2017 (Meta-SGD, arXiv
1707.09835). The thresholds are this project's own, from pilots with another implementation.
"""

from __future__ import annotations

from pathlib import Path

from ontogeny.claims.claim import Measuring, Progress, Reproduction, reproduce_parts


def reproduce(
    quick: bool,
    seed: int,
    progress: Progress,
    folder: Path | None = None,
    part: str | None = None,
) -> Reproduction:
    """Return the claims as measured; see `claims.reproduce_parts`.

    `quick` trains MAML and its first-order form alone, over three seeds, and tunes two populations.
    """
    from ontogeny.claims.maml.sinusoids import measure_sinusoids
    from ontogeny.claims.maml.tuning import measure_tuning

    how = Measuring("quick" if quick else "full", seed, progress)
    parts = {"sinusoids": lambda: measure_sinusoids(how), "tuning": lambda: measure_tuning(how)}
    return reproduce_parts("maml", parts, seed, folder, part)
