"""Pairs by windows of the sorted propensity: with replacement, and by Mahalanobis' distance.

Controls are sorted by stratum and score. A treated row looks at a window of them: half on either
side of where it would stand, within the caliper. With replacement it takes the nearest of the
window. Without, it goes in rounds: everyone still alone asks the nearest free control of its
window, and a control that several ask takes the nearest of these; windows then reach over those
that are taken. On a caliper with fewer controls than the window this is all of them.
Source of matching on covariates within calipers of the propensity: Rubin and Thomas 2000.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.social.matching.nearest import sorted_rows
from ontogeny.social.matching.pairs import Pairs

CELLS = 1 << 22  # numbers that are looked at in one go
CROWDED = 0.05  # of those still alone: when fewer find somebody in a round, fewer ask at a time
ASKING = 256  # at least so many ask in a round


class Sorted(NamedTuple):
    """Controls by stratum and score, and where the treated rows would stand among them."""

    control: Int[np.ndarray, " c"]
    score: Float[np.ndarray, " c"]
    spread: Float[np.ndarray, "c d"] | None  # covariates in which distances are Mahalanobis'
    stand: Int[np.ndarray, " t"]
    low: Int[np.ndarray, " t"]  # where the stratum of each treated row begins and ends
    high: Int[np.ndarray, " t"]


def by_windows(
    score: Float[np.ndarray, " n"],
    spread: Float[np.ndarray, "n d"] | None,
    treated: Bool[np.ndarray, " n"],
    stratum: Int[np.ndarray, " n"],
    caliper: float,
    width: int,
    ratio: int,
    replace: bool,
    rng: np.random.Generator,
) -> Pairs:
    """Return pairs of each treated row with up to `ratio` controls, nearest on the score, or on
    `spread` where that is given. Without replacement `ratio` is 1.
    """
    order = sorted_rows(score, stratum, rng)
    rows = order[treated[order]]
    control = order[~treated[order]]
    if not len(rows) or not len(control):
        return Pairs.ordered(rows[:0], control[:0])
    stand, low, high = _standing(score, stratum, rows, control)
    own = None if spread is None else spread[rows]
    at = Sorted(
        control, score[control], None if spread is None else spread[control], stand, low, high
    )
    width = max(width, ratio) if spread is not None else 2 * ratio
    if replace:
        everyone = np.arange(len(rows))
        first, found = _look(at, everyone, score[rows], own, None, caliper, width, ratio)
        return Pairs.ordered(rows[first], control[found])
    pairs = _in_rounds(at, score[rows], own, caliper, width)
    return Pairs.ordered(rows[pairs[0]], control[pairs[1]])


def whitened(covariates: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """Return covariates in which Euclid's distance is Mahalanobis', by the covariance of all rows.

    Directions in which nothing varies (one covariate is a sum of others) are left out.
    """
    mean, scale = covariates.mean(axis=0), covariates.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    standard = (covariates - mean) / scale
    values, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
    kept = values > 1e-9 * values[-1]
    return (standard @ (vectors[:, kept] / np.sqrt(values[kept]))).astype(np.float32)


def _standing(
    score: np.ndarray, stratum: np.ndarray, rows: np.ndarray, control: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where treated rows, sorted too, stand among the sorted controls, in the middle of
    equal scores, and where their strata begin and end.
    """
    low = np.searchsorted(stratum[control], stratum[rows], "left")
    high = np.searchsorted(stratum[control], stratum[rows], "right")
    stand = np.empty(len(rows), np.int64)
    cuts = np.r_[0, np.flatnonzero(np.diff(stratum[rows])) + 1, len(rows)]
    for begin, end in pairwise(cuts):
        inside = score[control[low[begin] : high[begin]]]
        ends = [np.searchsorted(inside, score[rows[begin:end]], side) for side in ("left", "right")]
        stand[begin:end] = low[begin] + (ends[0] + ends[1]) // 2
    return stand, low, high


def _look(
    at: Sorted,
    who: Int[np.ndarray, " w"],
    score: Float[np.ndarray, " t"],
    own: Float[np.ndarray, "t d"] | None,
    free: tuple[np.ndarray, np.ndarray] | None,
    caliper: float,
    width: int,
    most: int,
    apart: list[np.ndarray] | None = None,
) -> tuple[Int[np.ndarray, " m"], Int[np.ndarray, " m"]]:
    """Return for each of `who` up to `most` controls of its window: both by their places in order.

    `free` is the places of the free controls, and how many free ones are before each place; all
    are where it is not given. The distances go to `apart`.
    """
    first, found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    block = max(1, CELLS // (width * (1 if own is None else own.shape[1])))
    for begin in range(0, len(who), block):
        asking = who[begin : begin + block]
        stand, low, high = at.stand[asking], at.low[asking], at.high[asking]
        if free is not None:
            stand, low, high = free[1][stand], free[1][low], free[1][high]
        start = np.clip(stand - width // 2, low, np.maximum(high - width, low))
        window = start[:, None] + np.arange(width)
        inside = window < high[:, None]
        last = len(at.score) if free is None else len(free[0])
        if not last:
            break
        window = np.minimum(window, last - 1)
        window = window if free is None else free[0][window]
        gap = np.abs(at.score[window] - score[asking, None])
        inside &= gap <= caliper
        if own is None or at.spread is None:
            distance = gap
        else:
            away = at.spread[window] - own[asking, None]
            distance = np.einsum("twd,twd->tw", away, away)
        distance = np.where(inside, distance, np.inf)
        if most == 1:
            best = np.argmin(distance, axis=1)[:, None]
        else:
            best = np.argsort(distance, axis=1, kind="stable")[:, :most]
        nearest = np.take_along_axis(distance, best, axis=1)
        at_all = np.isfinite(nearest)
        first.append(np.broadcast_to(asking[:, None], best.shape)[at_all])
        found.append(np.take_along_axis(window, best, axis=1)[at_all])
        if apart is not None:
            apart.append(nearest[at_all])
    return np.concatenate(first), np.concatenate(found)


def _in_rounds(
    at: Sorted,
    score: Float[np.ndarray, " t"],
    own: Float[np.ndarray, "t d"] | None,
    caliper: float,
    width: int,
) -> tuple[Int[np.ndarray, " m"], Int[np.ndarray, " m"]]:
    available = np.ones(len(at.score), bool)
    alone = np.arange(len(score))[::-1]  # the largest scores, with fewest controls, ask first
    at_once = len(alone)
    matched: list[tuple[np.ndarray, np.ndarray]] = [(alone[:0], alone[:0])]
    while len(alone):
        free = np.flatnonzero(available), np.r_[0, np.cumsum(available)]
        asking, waiting = alone[:at_once], alone[at_once:]
        apart: list[np.ndarray] = []
        first, found = _look(at, asking, score, own, free, caliper, width, 1, apart)
        if len(first):
            order = np.lexsort((first, np.concatenate(apart), found))
            first, found = first[order], found[order]
            chosen = np.r_[True, found[1:] != found[:-1]]
            matched.append((first[chosen], found[chosen]))
            available[found[chosen]] = False
            if np.count_nonzero(chosen) < CROWDED * len(asking):
                at_once = max(ASKING, 8 * int(np.count_nonzero(chosen)))
            first = np.sort(first[~chosen])[::-1]  # who found nobody free will not later
        alone = np.concatenate([first, waiting])
    return tuple(np.concatenate(part) for part in zip(*matched, strict=True))  # type: ignore[return-value]
