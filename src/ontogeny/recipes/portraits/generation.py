"""What a generator has become: a sheet of its images; what a translator has: some sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from ontogeny.recipes.portraits.generation_figures import sentences_figure, sheet_figure
from ontogeny.views.figure import Figure

if TYPE_CHECKING:
    from ontogeny.learners.generation.sampler import Sampler
    from ontogeny.learners.generation.translator import Translator
    from ontogeny.worlds.catalogues import Pair

IMAGES = 100
SENTENCES = 16


def samples(sampler: Sampler, real: Float[np.ndarray, "batch height width"], seed: int) -> Figure:
    """Return the sheet of what a sampler makes."""
    return sheet(np.asarray(sampler(IMAGES, seed)), real)


def sheet(
    made: Float[np.ndarray, "batch height width"], real: Float[np.ndarray, "batch height width"]
) -> Figure:
    """Return the sheet: images that were made, none of them chosen, and real ones."""
    return Figure(
        "samples",
        f"{IMAGES} images that the winner makes, none of them chosen, and {IMAGES} real ones that "
        "nothing has learned from.",
        {"made": made, "real": real[:IMAGES]},
        {},
        lambda figure: sheet_figure({"made": figure.data["made"], "real": figure.data["real"]}),
    )


def sample_translations(translator: Translator, pairs: Sequence[Pair], seed: int) -> Figure:
    """Return the table: messages of several words from the test, none of them chosen."""
    several = [pair for pair in pairs if len(pair.source.split()) > 2] or list(pairs)
    order = np.random.default_rng(seed).permutation(len(several))[:SENTENCES]
    some = [several[place] for place in order]
    said = translator.many([pair.source for pair in some])
    return Figure(
        "translations",
        f"{len(some)} messages that nothing has learned from, drawn at random, as the winner puts "
        "them, and as the package's translators did.",
        {},
        {"message": [p.source for p in some], "said": said, "people": [p.target for p in some]},
        lambda figure: sentences_figure(
            "Translations",
            {name: list(map(str, rows)) for name, rows in figure.labels.items()},
        ),
    )
