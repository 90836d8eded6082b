"""What is planted in a platform, and what is true of it by potential outcomes.

Exposure (E1): of those who newly follow somebody in window B, the third whose new followees were
best in A upload better photos in C; the third in the middle, half as much. Imbalance (E2): people
whose followees are far better than they are decline in C. One-sided: from the upper quarter of gaps
on, always for the worse. Double-edged: there a gap at first keeps people active, and only a large
one makes them decline; where it turns is known. Each outcome is computed with the effect and
without, from the same draws: the mean difference of those treated is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

PLANTED = ("nothing", "one-sided", "double-edged", "hidden", "leak")

THIRDS, TOP, BOTTOM = (1 / 3, 2 / 3), 0.9, 0.1
ONE_SIDED = (0.75, 0.9), (0.0, 1.0)  # ranks of the gap, and shares of the effect
DOUBLE = (0.75, 0.78, 0.85, 0.92), (0.0, -1.0, -1.0, 1.0)
TURN = 0.885  # the rank at which the double edge is 0


class TrueEffect(NamedTuple):
    """On those treated whose outcome is known."""

    value: float
    """The mean difference of the outcome, 0 or 1, with and without."""
    treated: int
    change: float
    """The mean difference of what the outcome is made of: quality, or activity a day."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What was planted, and what nobody who studies the tables is told. Arrays are by user."""

    planted: str
    exposure: TrueEffect
    """E1: of the top third against the bottom one, on a better mean score in C than in A."""
    imbalance: TrueEffect
    """E2: of the top decile of gaps, on activity a day in C below half of that in A."""
    mirror: TrueEffect
    """The same of the bottom decile."""
    turn: float | None
    """The gap at which a double edge turns; None where none is planted."""
    days: tuple[float, float, float, float]
    """Where windows A, B and C begin, and C ends."""
    skill: Float[np.ndarray, " user"]
    hidden: Float[np.ndarray, " user"]
    """A cause that no table holds; without effect unless it is planted."""
    exposed: Float[np.ndarray, " user"]
    """Mean quality in A of those newly followed in B; NaN for who follows nobody new."""
    gap: Float[np.ndarray, " user"]
    """Mean quality of followees less one's own, in A; NaN where one is unknown."""

    def to_dict(self) -> dict[str, Any]:
        """Return all but the arrays, for JSON."""
        return {
            "planted": self.planted,
            "exposure": self.exposure._asdict(),
            "imbalance": self.imbalance._asdict(),
            "mirror": self.mirror._asdict(),
            "turn": self.turn,
            "days": list(self.days),
        }


def lift(exposed: Float[np.ndarray, " user"]) -> Float[np.ndarray, " user"]:
    """Return the share of the effect of exposure that each has: 0, 1/2 or 1 by thirds."""
    share = np.zeros(len(exposed))
    known = ~np.isnan(exposed)
    if known.any():
        low, high = np.quantile(exposed[known], THIRDS)
        share[known] = np.where(exposed[known] > high, 1.0, 0.5 * (exposed[known] > low))
    return share


def ranks(values: Float[np.ndarray, " user"]) -> Float[np.ndarray, " user"]:
    """Return ranks from 0 to 1 of what is known; 1/2 for what is not."""
    known = np.flatnonzero(~np.isnan(values))
    rank = np.full(len(values), 0.5)
    rank[known[np.argsort(values[known])]] = (np.arange(len(known)) + 0.5) / max(len(known), 1)
    return rank


def strain(rank: Float[np.ndarray, " user"], planted: str) -> Float[np.ndarray, " user"]:
    """Return the share of the effect of imbalance, by the rank of the gap; below 0 it helps."""
    if planted == "double-edged":
        return np.interp(rank, *DOUBLE)
    return np.interp(rank, *ONE_SIDED) if planted == "one-sided" else np.zeros(len(rank))


def effect_on(
    who: Bool[np.ndarray, " user"],
    with_it: Float[np.ndarray, " user"],
    without: Float[np.ndarray, " user"],
    at: Float[np.ndarray, " user"],
    above: bool,
) -> TrueEffect:
    """Return the effect on `who` of a quantity with and without the treatment, whose outcome is
    whether it is above `at`, or below; those of whom it is unknown are left out.
    """
    known = who & ~np.isnan(with_it) & ~np.isnan(without) & ~np.isnan(at)
    if not known.any():
        return TrueEffect(0.0, 0, 0.0)
    one, two, bar = with_it[known], without[known], at[known]
    outcomes = ((one > bar), (two > bar)) if above else ((one < bar), (two < bar))
    value = float(outcomes[0].mean() - outcomes[1].mean())
    return TrueEffect(value, int(known.sum()), float((one - two).mean()))
