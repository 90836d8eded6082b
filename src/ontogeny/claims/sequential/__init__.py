"""`reproduce sequential`: memory-based meta-learning held against what is exactly optimal.

Four parts. `prediction`: predictors become Bayes mixtures. `machine`: their memory is a state
machine of sufficient statistics. `thompson`: imitating experts by log-loss gives posterior
sampling. `control`: rewards alone give the Bayes-optimal explorer.

Source: Ortega et al. 2019, "Meta-learning of Sequential Strategies" (arXiv 1905.03030).
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

    `quick` trains less, on fewer tasks; the claims then say that they are under-powered.
    """
    from ontogeny.claims.sequential.control import measure_control
    from ontogeny.claims.sequential.machine import measure_machine
    from ontogeny.claims.sequential.prediction import measure_prediction
    from ontogeny.claims.sequential.thompson import measure_thompson

    how = Measuring("quick" if quick else "full", seed, progress)
    parts = {
        "prediction": lambda: measure_prediction(how),
        "machine": lambda: measure_machine(how),
        "thompson": lambda: measure_thompson(how),
        "control": lambda: measure_control(how),
    }
    return reproduce_parts("sequential", parts, seed, folder, part)
