"""Scores of photographs by heads that never saw them: folds over photographs, several seeds, each
with its own folds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.graded_features import GradedFeatures
from ontogeny.learners.beauty.lessons import lessons_of
from ontogeny.learners.beauty.product import scorer_of
from ontogeny.learners.beauty.rated import Parts
from ontogeny.learners.beauty.training import train_heads


def folds_of(
    photo: Int[np.ndarray, " version"], folds: int, seed: int
) -> Int[np.ndarray, " photo"]:
    """Return the fold of every photograph, as equal in number as can be."""
    n = int(photo.max()) + 1
    return np.random.default_rng(seed).permutation(np.arange(n) % folds)


def held_scores(
    graded: GradedFeatures,
    learned: Bool[np.ndarray, " version"],
    config: ScorerConfig,
    seeds: Sequence[int],
    folds: int,
) -> Float[np.ndarray, "seed version"]:
    """Return the score of every version by heads that learned from the versions `learned`, but for
    those of the photographs of its fold.
    """
    rows = np.flatnonzero(learned)
    rated, whole = graded.at(rows).rated(), graded.rated()
    photo = graded.about.photo
    found = np.empty((len(seeds), len(photo)))
    for number, seed in enumerate(seeds):
        fold = folds_of(photo, folds, int(seed))
        for held in range(folds):
            is_held = fold[photo] == held
            parts = Parts(np.flatnonzero(~is_held[rows]), np.flatnonzero(is_held[rows]))
            state, _ = train_heads(config, lessons_of(config, rated, parts), int(seed))
            made = scorer_of(state, config, rated, "damage", parts=parts)
            found[number, is_held] = made.raw(whole.seen_through(made.tail).features[is_held])[0]
    return found


def above_damaged(
    graded: GradedFeatures, score: Float[np.ndarray, "*seed version"]
) -> Float[np.ndarray, "*seed version"]:
    """Return whether the original of a version's square scores higher than it: 1, 0, or 0.5 for a
    tie; NaN where a score is, of originals, and of versions that are as the original was (what is
    grey can't fade).
    """
    about = graded.about
    original = np.zeros(int(about.square.max()) + 1, np.int64)
    rows = np.flatnonzero(about.strength == 0)
    original[about.square[rows]] = rows
    first = original[about.square]
    best = score[..., first]
    won = (best > score) + 0.5 * (best == score)
    unknown = np.isnan(best) | np.isnan(score)
    same = (graded.features[first] == graded.features).all(axis=1)
    return np.where(same | unknown, np.nan, won)


def by_photo(
    graded: GradedFeatures,
    won: Float[np.ndarray, "*seed version"],
    of: Bool[np.ndarray, " version"],
) -> Float[np.ndarray, " photo"]:
    """Return, of every photograph that has some, the mean over its versions `of` this sort, and
    over seeds.
    """
    photo = graded.about.photo
    each = np.atleast_2d(won).mean(axis=0)
    asked = of & np.isfinite(each)
    return np.array([each[asked & (photo == p)].mean() for p in np.unique(photo[asked])])
