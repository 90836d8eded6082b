"""How much of what is not seen it would take to explain an effect away.

Rosenbaum's bounds: of two rows that look alike, one may be up to Gamma times as likely to be
treated as the other. At each Gamma the largest p that this allows: for outcomes of 0 and 1 of
McNemar's test, P(Bin(b + c, G / (1 + G)) >= b); for others of Wilcoxon's signed ranks, by its
normal limit. E-values: how strongly, as a relative risk, something unseen would have to go with
both treatment and outcome. Sources: Rosenbaum 2002, chapter 4; VanderWeele and Ding 2017.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import bdtrc, ndtr

LEVEL = 0.05
GAMMAS = np.round(np.arange(1.0, 3.01, 0.25), 2)
MOST = 100.0  # a Gamma that nothing unseen has


class Bounds(NamedTuple):
    """The largest p at each Gamma, one-sided in the direction of the effect, and the largest Gamma
    at which it is below 0.05: 1 is nothing at all.
    """

    gamma: Float[np.ndarray, " g"]
    p: Float[np.ndarray, " g"]
    largest: float
    test: str


class EValue(NamedTuple):
    """Of the estimate, and of the end of its interval nearer to no effect; 1 is no strength."""

    estimate: float
    limit: float


def binary_bounds(b: int, c: int) -> Bounds:
    """Return the bounds for b pairs with the outcome in the treated row alone and c in the control
    alone.
    """
    more, n = max(b, c), b + c

    def p(gamma: float) -> float:
        return float(bdtrc(more - 1, n, gamma / (1 + gamma))) if more else 1.0

    return _bounds(p, "McNemar")


def signed_rank_bounds(differences: Float[np.ndarray, " t"]) -> Bounds:
    """Return the bounds for the differences of pairs; those of 0 are left out, ties share ranks."""
    apart = differences[differences != 0]
    if not len(apart):
        return _bounds(lambda gamma: 1.0, "signed rank")
    _, member, count = np.unique(np.abs(apart), return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[member]
    above = float(rank[apart > 0].sum())
    statistic = max(above, float(rank.sum()) - above)
    whole, squares = float(rank.sum()), float(np.sum(rank**2))

    def p(gamma: float) -> float:
        share = gamma / (1 + gamma)
        spread = np.sqrt(squares * share * (1 - share))
        return float(ndtr((share * whole - statistic) / spread))

    return _bounds(p, "signed rank")


def e_value(relative: float, low: float, high: float) -> EValue:
    """Return the E-values of a relative risk and its interval."""
    limit = low if relative > 1 else high
    crossed = not (low > 1 or high < 1)
    return EValue(_strength(relative), 1.0 if crossed else _strength(limit))


def e_value_of_difference(
    difference: float, standard_error: float, deviation: float, quantile: float
) -> EValue:
    """Return the E-values of a difference of means in units of the outcome's deviation, as that of
    the relative risk exp(0.91 d). `quantile` is the interval's, 1.96 for 95 %.
    """
    if not deviation > 0 or not np.isfinite(standard_error):
        return EValue(1.0, 1.0)
    d, reach = 0.91 * difference / deviation, 0.91 * quantile * standard_error / deviation
    return e_value(*(float(np.exp(np.clip(x, -50, 50))) for x in (d, d - reach, d + reach)))


def _strength(relative: float) -> float:
    if not np.isfinite(relative) or relative <= 0:
        return float("inf") if relative == 0 else float("nan")
    ratio = max(relative, 1 / relative)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def _bounds(p: Callable[[float], float], test: str) -> Bounds:
    at = np.array([p(float(gamma)) for gamma in GAMMAS])
    if p(1.0) >= LEVEL:
        return Bounds(GAMMAS, at, 1.0, test)
    low, high = 1.0, MOST
    if p(MOST) < LEVEL:
        return Bounds(GAMMAS, at, MOST, test)
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if p(middle) < LEVEL else (low, middle)
    return Bounds(GAMMAS, at, low, test)
