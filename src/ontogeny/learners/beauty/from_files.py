"""A person's ratings and the photographs that they are of, brought together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.features import Sees, Tell, features_of
from ontogeny.learners.beauty.rated import Rated
from ontogeny.learners.beauty.rating_files import read_ratings
from ontogeny.learners.beauty.ratings import Ratings, few
from ontogeny.learners.beauty.tuned import Below


class RatedPhotos(NamedTuple):
    """What can be learned from, and what can't be."""

    rated: Rated
    unread: dict[str, str]
    """Rated photographs that are there and can't be read, and why."""


def rated_photos(
    ratings: Path | str | Ratings,
    folder: Path | str,
    tell: Tell = lambda done, of: None,
    network: Sees | None = None,
    tuned_blocks: int = 0,
) -> RatedPhotos:
    """Return the ratings (read from a file, or given) beside the features of the photographs, whose
    names are paths below the folder. Features are kept in the folder, so that a second call is
    quick; files of the same content are one group. Where so many last blocks are to be tuned, what
    those are given is kept in the features' place. What is missing or can't be read is left out,
    and told in the ratings' notes. Raises `DataError` for ratings that can't be read, for no such
    folder, where none of what is rated is there or readable, and for too few.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise DataError("there is no such folder", where=str(root), hint="give that of the photos")
    said = ratings if isinstance(ratings, Ratings) else read_ratings(ratings)
    there = said.among(name for name in said.photos if (root / name).is_file())
    paths = {name: root / name for name in there.photos}
    below = Below(tuned_blocks) if tuned_blocks else None
    if below is None:
        features = features_of(paths, root, tell, network)
    else:
        features = features_of(paths, root, tell, below, below.numbers)
    if features.unread:
        place = {name: row for row, name in enumerate(there.photos)}
        kept = there.at([place[name] for name in features.names])
        why = few([f"{name} ({reason})" for name, reason in features.unread.items()])
        note = f"{len(features.unread)} photos are rated, and can't be read: {why}"
        there = replace(kept, notes=(*kept.notes, note))
    copies = len(features.names) - len(np.unique(features.groups))
    if copies:
        note = f"{copies} photos are copies of others: they are held, or learned from, together"
        there = replace(there, notes=(*there.notes, note))
    maps = None if below is None else below.maps(features.values)
    values = features.values if maps is None else maps.features()
    return RatedPhotos(Rated(there, values, features.groups, maps), features.unread)
