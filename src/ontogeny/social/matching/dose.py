"""The effect along the dose: pairs by quantiles of the treated row's dose, and where the effect
turns from one sign to the other (a double edge).

A turn is said only where the interval of some step lies above 0 and that of a step on its other
side below, each at the level divided by the number of steps. It is placed where the line between
the neighbouring steps' effects crosses 0; its interval is a bootstrap's over pairs, or over the
treated rows' clusters.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.special import stdtrit

from ontogeny.social.matching.pairs import Pairs

STEPS = 6
LEAST = 8  # pairs a step
LEVEL = 0.05


class Turn(NamedTuple):
    """Where the effect changes its sign, with an interval, and which way."""

    dose: float
    low: float
    high: float
    rising: bool


class DoseResponse(NamedTuple):
    """The mean dose of each step, the mean difference of its pairs with an interval, and the turn,
    if there is one.
    """

    dose: Float[np.ndarray, " step"]
    effect: Float[np.ndarray, " step"]
    low: Float[np.ndarray, " step"]
    high: Float[np.ndarray, " step"]
    pairs: Int[np.ndarray, " step"]
    turn: Turn | None


def dose_response(
    values: Float[np.ndarray, " n"],
    dose: Float[np.ndarray, " n"],
    pairs: Pairs,
    cluster: Int[np.ndarray, " n"] | None,
    confidence: float,
    resamples: int,
    seed: int,
) -> DoseResponse | None:
    """Return the effect in up to six steps of the dose; None where there are too few pairs for two
    steps, or all doses are one.
    """
    differences, own = pairs.differences(values), dose[pairs.unique]
    wanted = min(STEPS, len(own) // LEAST)
    if wanted < 2:
        return None
    inner = np.unique(np.quantile(own, np.arange(1, wanted) / wanted))
    step = np.unique(np.searchsorted(inner, own, "left"), return_inverse=True)[1]
    n_steps = int(step.max()) + 1
    if n_steps < 2:
        return None
    count = np.bincount(step, minlength=n_steps)
    mean_dose = np.bincount(step, own) / count
    effect = np.bincount(step, differences) / count
    error = _errors(differences, step, effect, count, cluster, pairs)
    freedom = np.maximum(count - 1, 1)
    reach = stdtrit(freedom, (1 + confidence) / 2) * error
    strict = stdtrit(freedom, 1 - LEVEL / (2 * n_steps)) * error
    sign = np.where(effect - strict > 0, 1, np.where(effect + strict < 0, -1, 0))
    turn = _turn(sign, mean_dose, effect)
    found = None
    if turn is not None:
        group = np.arange(len(own)) if cluster is None else cluster[pairs.unique]
        low, high = _spread_of_turn(
            differences, step, group, mean_dose, turn[1], confidence, resamples, seed
        )
        found = Turn(turn[0], low, high, turn[1])
    return DoseResponse(mean_dose, effect, effect - reach, effect + reach, count, found)


def _errors(
    differences: np.ndarray,
    step: np.ndarray,
    effect: np.ndarray,
    count: np.ndarray,
    cluster: np.ndarray | None,
    pairs: Pairs,
) -> np.ndarray:
    """Return the standard error of each step's mean, over pairs or the treated rows' clusters."""
    away = differences - effect[step]
    if cluster is None:
        return np.sqrt(np.bincount(step, away**2) / np.maximum(count - 1, 1) / count)
    group = np.unique(cluster[pairs.unique], return_inverse=True)[1]
    sums = np.bincount(step * (group.max() + 1) + group, away, len(count) * (group.max() + 1))
    together = np.sum(sums.reshape(len(count), -1) ** 2, axis=1)
    alone = np.bincount(step, away**2)
    return np.sqrt(np.maximum(together, alone) / np.maximum(count - 1, 1) / count)


def _turn(sign: np.ndarray, dose: np.ndarray, effect: np.ndarray) -> tuple[float, bool] | None:
    sure = np.flatnonzero(sign)
    flips = [(a, b) for a, b in pairwise(sure) if sign[a] != sign[b]]
    if len(flips) != 1:
        return None
    rising = bool(sign[flips[0][1]] > 0)
    return _crossing(dose, effect[None], rising)[0], rising


def _crossing(dose: np.ndarray, effects: np.ndarray, rising: bool) -> np.ndarray:
    """Return where each row of effects crosses 0 for good: the cut that leaves least of the wrong
    sign, and there on the line between its neighbours. The ends of the dose where none does.
    """
    signed = effects if rising else -effects
    wrong_left = np.cumsum(np.maximum(signed, 0), axis=1)  # up to and with a step
    wrong_right = np.cumsum(np.maximum(-signed, 0)[:, ::-1], axis=1)[:, ::-1]
    cost = np.c_[wrong_right[:, :1], wrong_left[:, :-1] + wrong_right[:, 1:], wrong_left[:, -1:]]
    cut = np.argmin(cost, axis=1)  # the steps before the cut have the first sign
    a, b = np.clip(cut - 1, 0, None), np.clip(cut, None, len(dose) - 1)
    rows = np.arange(len(effects))
    rise = signed[rows, b] - signed[rows, a]
    part = np.divide(-signed[rows, a], rise, out=np.full(len(rows), 0.5), where=rise != 0)
    return dose[a] + np.clip(part, 0, 1) * (dose[b] - dose[a])


def _spread_of_turn(
    differences: np.ndarray,
    step: np.ndarray,
    group: np.ndarray,
    dose: np.ndarray,
    rising: bool,
    confidence: float,
    resamples: int,
    seed: int,
) -> tuple[float, float]:
    rng, n_steps = np.random.default_rng([seed, 2]), len(dose)
    member = np.unique(group, return_inverse=True)[1]
    n_groups = int(member.max()) + 1
    places: list[float] = []
    for _ in range(resamples):
        times = np.bincount(rng.integers(n_groups, size=n_groups), minlength=n_groups)[member]
        count = np.bincount(step, times, n_steps)
        if np.all(count > 0):
            effect = np.bincount(step, times * differences, n_steps) / count
            places.append(float(_crossing(dose, effect[None], rising)[0]))
    if not places:
        return float(dose[0]), float(dose[-1])
    tail = (1 - confidence) / 2
    low, high = np.quantile(places, [tail, 1 - tail])
    return float(low), float(high)
