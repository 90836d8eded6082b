"""Heads of a scorer trained on the features of 10,000 photographs, by each loss.

The features are drawn, and so are the ratings, which go with a few of them; what is timed is what
`ontogeny beauty train` does with a member's training: 400 updates of 8 heads by batches of 128, the
preparing of the features counted, with the compiler's time and without it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import get_args

import jax
import numpy as np

from benchmarks.result import Figure, Result, Target
from ontogeny.learners.beauty.config import Loss, ScorerConfig
from ontogeny.learners.beauty.lessons import lessons_of
from ontogeny.learners.beauty.rated import Rated
from ontogeny.learners.beauty.ratings import Ratings
from ontogeny.learners.beauty.training import train_heads

PHOTOS, FEATURES, UPDATES = 10_000, 2560, 400
LOSSES: tuple[Loss, ...] = get_args(Loss)


def measure(quick: bool) -> Result:
    """Return the seconds of a training by each loss."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(PHOTOS, FEATURES)).astype(np.float32)
    means = 5 + features[:, :20].sum(axis=1).astype(float) / 3
    ratings = Ratings(tuple(map(str, range(PHOTOS))), means, np.ones(PHOTOS))
    rated = Rated(ratings, features, np.arange(PHOTOS))
    figures: list[Figure] = []
    for loss in LOSSES:
        config = replace(ScorerConfig(updates=UPDATES), loss=loss)
        seconds: list[float] = []
        agreed: list[float] = []
        for seed in range(1 + (2 if quick else 5)):
            begun = time.perf_counter()
            state, agreement = train_heads(config, lessons_of(config, rated), seed)
            jax.block_until_ready(state)
            seconds.append(time.perf_counter() - begun)
            agreed.append(agreement)
        figures += [
            Figure(f"{loss}, the first, compiled", "s", seconds[:1], Target(high=10.0)),
            Figure(f"{loss}, compiled before", "s", seconds[1:], Target(high=10.0)),
            Figure(f"{loss}, held pairs in order", "share", agreed),
        ]
    setting = {"photographs": PHOTOS, "features": FEATURES, "updates": UPDATES, "heads": 8}
    return Result(setting, figures)
