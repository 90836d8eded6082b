"""How good what a user makes is: the mean of scores, shrunk by how much chance is in it.

Q~ = (k Q + m Q_all) / (k + m) of k photos, with m = variance within users / variance between them:
who showed one lucky photo does not lead. Both variances are those of a one-way analysis of variance
of unequal groups. Source: Searle, Casella and McCulloch 1992, chapter 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

from ontogeny.core.errors import DataError


class Quality(NamedTuple):
    """Of users; NaN for who has no scored photo."""

    mean: Float[np.ndarray, " n"]
    shrunk: Float[np.ndarray, " n"]
    photos: Int[np.ndarray, " n"]
    """How many were scored."""
    within: float
    between: float
    """Variances; `between` is 0 where users differ by no more than chance."""

    @property
    def ratio(self) -> float:
        """m, the photos at which a user's own mean counts as much as that of all."""
        return self.within / self.between if self.between > 0 else float("inf")


def quality_of(
    user: Shaped[np.ndarray, " photo"], score: Float[np.ndarray, " photo"], n: int
) -> Quality:
    """Return the quality of n users, numbered from 0, by their photos. A photo without a score
    (NaN) does not count. Raises `DataError` where no photo is scored.
    """
    known = ~np.isnan(score)
    user, score = user[known], score[known]
    photos = np.bincount(user, minlength=n)
    total = len(score)
    if not total:
        raise DataError("no photo has a score", where="quality")
    everyone = float(score.mean())
    apart = np.bincount(user, score - everyone, n) / np.maximum(photos, 1)
    mean = np.where(photos > 0, everyone + apart, np.nan)
    users = int(np.count_nonzero(photos))
    squares = float(np.sum((score - mean[user]) ** 2))
    within = squares / (total - users) if total > users else 0.0
    spread = float(np.sum(photos * apart**2)) - (users - 1) * within
    evenness = total - float(np.sum(photos.astype(np.float64) ** 2)) / total
    between = max(0.0, spread / evenness) if evenness > 0 else 0.0
    share = photos * between / (photos * between + within) if between > 0 else np.zeros(n)
    shrunk = np.where(photos > 0, everyone + share * apart, np.nan)
    return Quality(mean, shrunk, photos, within, between)
