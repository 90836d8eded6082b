"""A simulated crowd at work: pairs, random or chosen, and how well the order is known after each
so many; single ratings, and what agreement is to be expected of them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from ontogeny.learners.beauty.bradley_terry import strengths_of, updated
from ontogeny.learners.beauty.next_pair import choose_pair
from ontogeny.learners.beauty.stability import wrong_share
from ontogeny.ops.agreement import Level
from ontogeny.ops.rank_correlation import kendall, spearman
from ontogeny.worlds.platform.crowds import Crowd, CrowdConfig, crowd

Way: TypeAlias = Literal["random", "chosen"]

SPREAD = 2.0  # of strengths, before there is a judgement a photo: as on the page


class Curve(NamedTuple):
    """How well an order is known, by judgements."""

    judgements: np.ndarray
    spearman: np.ndarray
    """Of the strengths with the true quality."""
    kendall: np.ndarray
    promised: np.ndarray
    """What Kendall's correlation is expected to be, as the page says: 1 - 2 × the wrong share."""


def judged(config: CrowdConfig, how: Way, per_photo: int, seed: int) -> Curve:
    """Return the curve of one crowd that judges so many pairs a photo, measured twice a photo."""
    drawing, answering, showing = (np.random.default_rng([seed, purpose]) for purpose in range(3))
    truth, n = crowd(config, drawing), config.photos
    pairs: list[tuple[int, int]] = []
    now = strengths_of(n, np.zeros((0, 2), np.int64), spread=SPREAD)
    at = np.arange(1, 2 * per_photo + 1) * n // 2
    found: list[tuple[float, float, float]] = []
    for count in range(1, int(at[-1]) + 1):
        if how == "random":
            left, right = (int(one) for one in showing.choice(n, 2, replace=False))
        else:
            left, right = choose_pair(now, showing)
        if not truth.prefers(left, right, answering):
            left, right = right, left
        pairs.append((left, right))
        if count == at[len(found)]:
            spread = SPREAD if count < n else None if count % n < n // 2 else now.spread
            now = strengths_of(n, np.array(pairs), spread=spread, start=now.mean)
            found.append(
                (
                    float(spearman(now.mean, truth.quality)),
                    float(kendall(now.mean, truth.quality)),
                    1 - 2 * wrong_share(now),
                )
            )
        elif how == "chosen":
            now = updated(now, left, right)
    return Curve(at, *np.array(found).T)


def times_as_many(chosen: Curve, random: Curve) -> float:
    """Return how many times as many judgements random pairs take to an order as good as that of
    chosen ones at their end; where they never come there, the most that they were given.
    """
    wanted = chosen.spearman[-1]
    best = np.maximum.accumulate(random.spearman)
    there = np.flatnonzero(best >= wanted)
    if not len(there):
        return float(random.judgements[-1] / chosen.judgements[-1])
    last = int(there[0])
    if last == 0:
        return float(random.judgements[0] / chosen.judgements[-1])
    ends, low, high = random.judgements[last - 1 : last + 1], best[last - 1], best[last]
    needed = ends[0] + (wanted - low) / (high - low) * (ends[1] - ends[0])
    return float(needed / chosen.judgements[-1])


def expected_alpha(truth: Crowd, grades: tuple[int, int], level: Level) -> float:
    """Return Krippendorff's alpha of endless ratings by a crowd, each photo by any two raters: from
    the chance of each grade by each rater for each photo, without drawing any.
    """
    from scipy.special import ndtr

    values = np.arange(grades[0], grades[1] + 1)
    middle = (truth.quality[:, None] + truth.bias + sum(grades) / 2)[..., None]
    edges = (np.append(values[:-1] + 0.5, np.inf) - middle) / truth.noise[:, None]
    below = ndtr(edges)
    chance = np.diff(below, axis=-1, prepend=0.0)  # [photo, rater, grade]
    held = chance.mean(axis=(0, 1))
    worth = np.cumsum(held) - held / 2 if level == "ordinal" else values.astype(np.float64)
    squares = (
        1.0 - np.eye(len(values)) if level == "nominal" else (worth[:, None] - worth[None, :]) ** 2
    )
    n = len(truth.bias)
    together = chance.sum(axis=1)
    of_two = np.einsum("pg,ph,gh->", together, together, squares)
    of_one = np.einsum("prg,prh,gh->", chance, chance, squares)
    observed = (of_two - of_one) / (len(truth.quality) * n * (n - 1))
    return float(1 - observed / (held @ squares @ held))
