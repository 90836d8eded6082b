"""Two Gaussian arms solved to the accuracy of a grid: the optimum, greedy and Thompson sampling.

Rewards are N(mu_k, noise), mu_k ~ N(m_k, v_k). After n_k pulls arm k's variance is
1/(1/v_k + n_k/noise), and the next pull moves its mean by a normal whose variance is what that pull
takes off the arm's own. Shifting both arms changes no decision, so beside the pulls only the
difference d of the posterior means matters: the value of what remains is remaining × m_2 + W(d),
W(d) = max(d + E W(d + s_1 z), E W(d + s_2 z)). W is kept on a grid of d as a function that is
linear between its points and beyond its ends, for which the expectations are exact sums.
An arm of prior variance 0 is known. Derived here from the normal's conjugacy.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import ConfigError

POLICIES = ("optimal", "greedy", "thompson")


class GaussianArms(NamedTuple):
    """The prior of two arms, and the variance of a reward about its arm's mean."""

    means: tuple[float, float] = (0.0, 0.0)
    variances: tuple[float, float] = (1.0, 1.0)
    noise: float = 1.0


def gaussian_values(arms: GaussianArms, horizon: int, half: int = 200) -> dict[str, float]:
    """Return the expected return of "optimal", "greedy" (ties split), "thompson", "random" and
    "oracle" over `horizon` pulls.

    The grid has `half` points or more to either side over 8 standard deviations of the prior
    difference, then twice as many; the error is of the order of the squared spacing, so that
    fine + (fine - coarse) / 3 is returned. Raises `ConfigError` for a negative variance, no noise,
    or arms that are both known.
    """
    _check(arms, horizon)
    spread = math.sqrt(sum(arms.variances))
    gap = arms.means[0] - arms.means[1]
    # Both the start and the tie, d = gap and d = 0, are grid points: policies jump at a tie.
    spacing = 8 * spread / half
    if gap:
        spacing = abs(gap) / math.ceil(abs(gap) / spacing)
    n_points = math.ceil((8 * spread + abs(gap)) / spacing)
    base = horizon * arms.means[1]
    coarse = _sweep(arms, horizon, spacing, n_points)
    fine = _sweep(arms, horizon, spacing / 2, 2 * n_points)
    ahead = np.array([gap / spread])
    best = float((gap * _below(ahead) + spread * _density(ahead))[0])
    return {name: base + fine[name] + (fine[name] - coarse[name]) / 3 for name in fine} | {
        "random": base + horizon * gap / 2,
        "oracle": base + horizon * best,
    }


def _sweep(arms: GaussianArms, horizon: int, spacing: float, n: int) -> dict[str, float]:
    """Return W at the prior difference, by policy: backward induction on 2 n + 1 points."""
    grid = spacing * np.arange(-n, n + 1)
    start = n + round((arms.means[0] - arms.means[1]) / spacing)
    variance = [
        [prior / (1 + pulls * prior / arms.noise) for pulls in range(horizon + 1)]
        for prior in arms.variances
    ]
    # weights[k][pulls] takes the expectation over what one more pull of arm k teaches.
    weights = [
        [_hat_weights(spacing, 2 * n, math.sqrt(v - w)) for v, w in itertools.pairwise(each)]
        for each in variance
    ]
    # later[i]: by policy, the value of what remains once arm 0 has been pulled i times.
    nothing: dict[str, np.ndarray] = {name: 0.0 * grid for name in POLICIES}
    later = [nothing] * (horizon + 1)
    for time in reversed(range(horizon)):
        now: list[dict[str, np.ndarray]] = []
        rise = (horizon - time - 1) * spacing
        for first in range(time + 1):
            pulls = (first, time - first)
            spread = math.sqrt(variance[0][pulls[0]] + variance[1][pulls[1]])
            values: dict[str, np.ndarray] = {}
            for name in POLICIES:
                one = grid + _expect(later[first + 1][name], weights[0][pulls[0]], rise)
                two = _expect(later[first][name], weights[1][pulls[1]], rise)
                if name == "optimal":
                    values[name] = np.maximum(one, two)
                else:
                    pull = 0.5 + np.sign(grid) / 2 if name == "greedy" else _below(grid / spread)
                    values[name] = pull * one + (1 - pull) * two
            now.append(values)
        later = now
    return {name: float(value[start]) for name, value in later[0].items()}


def _hat_weights(spacing: float, reach: int, deviation: float) -> Float[np.ndarray, " weight"]:
    """Return what the value j points away counts for, j = -reach … reach, in the expectation under
    N(0, deviation²) of a function that is linear between the points.

    It is the mean of a hat on that point, the second difference over the spacing of
    g(x) = E max(0, x + deviation z) = x Phi(x / deviation) + deviation phi(x / deviation).
    """
    x = spacing * np.arange(-reach - 1, reach + 2)
    if deviation == 0:
        ramp = np.maximum(x, 0.0)
    else:
        ramp = x * _below(x / deviation) + deviation * _density(x / deviation)
    return np.diff(ramp, 2) / spacing


def _expect(
    value: Float[np.ndarray, " point"], weights: Float[np.ndarray, " weight"], rise: float
) -> Float[np.ndarray, " point"]:
    """Return E value(d + deviation z) at every point. Beyond the ends the value goes on flat on the
    left and with `rise` a point on the right: what the sure choice there earns.
    """
    n = value.shape[0]
    left, right = np.full(n - 1, value[0]), value[-1] + rise * np.arange(1, n)
    return np.convolve(np.concatenate([left, value, right]), weights, mode="valid")


_erf = np.vectorize(math.erf, otypes=[float])


def _below(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Return the standard normal's distribution function."""
    return 0.5 * (1 + _erf(x / math.sqrt(2)))


def _density(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Return the standard normal's density."""
    return np.exp(-0.5 * np.square(x)) / math.sqrt(2 * math.pi)


def _check(arms: GaussianArms, horizon: int) -> None:
    fine = min(arms.variances) >= 0 and sum(arms.variances) > 0 and arms.noise > 0 and horizon > 0
    if not fine:
        raise ConfigError(
            f"{arms} over {horizon} pulls",
            where="gaussian_values",
            hint="use variances of 0 or more, one of them positive, noise above 0, 1 pull or more",
        )
