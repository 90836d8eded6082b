"""Features of graded photographs: what a scorer of technical quality learns from, when nobody has
rated anything.

The network is asked once; what it said is kept in the user's cache (`core.cache`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.cache import Made, remembered
from ontogeny.learners.beauty.backbone import SEEN, Backbone
from ontogeny.learners.beauty.features import Sees, Tell
from ontogeny.learners.beauty.rated import Rated
from ontogeny.learners.beauty.ratings import Ratings
from ontogeny.learners.beauty.tuned import Below, Maps
from ontogeny.worlds.photos.degradations import KINDS, STRENGTHS
from ontogeny.worlds.photos.graded_photos import GradedPhotos, Named, graded

TOGETHER = 64  # photographs in memory at a time
RECIPE = 1  # of how versions are made: another number where the code makes others


class GradedFeatures(NamedTuple):
    """Versions of photographs, and what the backbone says of each."""

    about: GradedPhotos
    features: Float[np.ndarray, "version 2560"]
    maps: Maps | None = None
    """What the network's last blocks are given, where those are to learn too."""

    def at(self, rows: Int[np.ndarray, " row"]) -> GradedFeatures:
        """Return those at these places."""
        maps = None if self.maps is None else self.maps.at(rows)
        return GradedFeatures(self.about.at(rows), self.features[rows], maps)

    def rated(self) -> Rated:
        """Return them as rated photographs: a version's rating is minus its strength, pairs are of
        one square, and groups are photographs.
        """
        about = self.about
        pairs, n = about.pairs(), len(about)
        ratings = Ratings(
            tuple(f"{about.names[p]}, {row}" for row, p in enumerate(about.photo)),
            -about.strength.astype(float),
            np.ones(n),
            pairs=pairs,
            pair_weights=np.ones(len(pairs)),
            topics=tuple(about.word(row) for row in range(n)),
        )
        return Rated(ratings, self.features, about.photo, self.maps)


def graded_features(
    photographs: Named,
    squares: int,
    kinds: Sequence[str] = tuple(KINDS),
    key: int = 0,
    tell: Tell = lambda done, of: None,
    network: Sees | None = None,
    tuned_blocks: int = 0,
) -> GradedFeatures:
    """Return the features of every version of so many squares of each photograph, and what so many
    last blocks are given, where those are to be tuned. `tell` is told
    how many are done, of how many. Raises `MissingExtra` without the backbone's weights,
    `DataError` for photographs that are too small.
    """
    about, versions = graded(photographs, squares, kinds, key)
    below = Below(tuned_blocks) if tuned_blocks else None
    sees: Sees = below or network or Backbone()
    numbers, kind = (SEEN, np.float32) if below is None else (below.numbers, np.float16)

    def make() -> Made:
        found, waiting = np.empty((len(about), numbers), kind), list[np.ndarray]()
        for row, version in enumerate(versions):
            waiting.append(version)
            if len(waiting) == TOGETHER or row + 1 == len(about):
                found[row + 1 - len(waiting) : row + 1] = sees(np.stack(waiting))
                waiting.clear()
                tell(row + 1, len(about))
        return Made({"features": found}, {})

    content = hashlib.sha256()
    for name, picture in photographs:
        content.update(f"{name} {picture.shape}".encode())
        content.update(picture.tobytes())
    stamp = {
        "backbone": sees.version,
        "photographs": content.hexdigest(),
        "squares": squares,
        "kinds": list(kinds),
        "strengths": STRENGTHS,
        "key": key,
        "recipe": RECIPE,
    }
    found = remembered("graded-photos", stamp, make).arrays["features"]
    if below is None:
        return GradedFeatures(about, found)
    maps = below.maps(found)
    return GradedFeatures(about, maps.features(), maps)
