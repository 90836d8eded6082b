"""`reproduce leo`: few-shot learning by descent in a latent space that generates the weights.

Parts: `characters`, `glyphs`, `embedded-glyphs`: LEO beside a generator that is not adapted, a head
that is adapted without one, prototypes, and what learns nothing before a task. `ablations`: what
each piece of LEO is worth, and that the names of the classes don't matter. `published`: the paper's
own table, where its embeddings are (`--data FOLDER`).

Source: Rusu et al. 2019, "Meta-Learning with Latent Embedding Optimization" (arXiv 1807.05960). The
thresholds are this project's own, set before the first measurement.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ontogeny.claims.claim import Measure, Measuring, Progress, Reproduction, reproduce_parts


def reproduce(
    quick: bool,
    seed: int,
    progress: Progress,
    folder: Path | None = None,
    part: str | None = None,
    data: Path | None = None,
) -> Reproduction:
    """Return the claims as measured; see `claims.reproduce_parts`.

    `quick` trains a third as long, on the drawn characters alone, without prototypes, and leaves
    out one piece of LEO; the claims then say that they are under-powered. `data` is the folder of
    the published embeddings: without it their part is left out, and `DataError` says what is
    missing when it is asked for by name.
    """
    from ontogeny.claims.leo.ablations import measure_ablations
    from ontogeny.claims.leo.order import MARGINS, measure_order
    from ontogeny.claims.leo.published import measure_published

    how = Measuring("quick" if quick else "full", seed, progress, data=data)
    sources = ["characters"] if quick and part is None else list(MARGINS)
    parts: dict[str, Measure] = {
        name: partial(measure_order, replace(how, part=name)) for name in sources
    }
    parts["ablations"] = partial(measure_ablations, how)
    if data is not None or part == "published":
        parts["published"] = partial(measure_published, how)
    return reproduce_parts("leo", parts, seed, folder, part)
