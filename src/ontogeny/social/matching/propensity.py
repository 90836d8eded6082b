"""The propensity: how likely a row is to be treated, given its covariates, by logistic regression.

Newton's method (iteratively reweighted least squares) on standardised covariates, with a small
ridge and halved steps, block by block, so that ten million rows need no second copy. Where the
covariates tell treated from untreated rows wholly, coefficients would grow for ever: the ridge
holds them, and how many rows are told apart so is said. Sources: Rosenbaum and Rubin 1983;
Albert and Anderson 1984 for separation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

BLOCK = 1 << 18  # rows at a time
NEWTON_STEPS = 100
TOLERANCE = 1e-10  # of the largest change of a coefficient
CERTAIN = float(np.log(1e6))  # the logit from which a row is told apart


@dataclass(frozen=True, eq=False)
class Propensity:
    """A fitted propensity. Coefficients are for covariates in standard deviations from the mean."""

    names: tuple[str, ...]
    coefficients: Float[np.ndarray, " d"]
    intercept: float
    logit: Float[np.ndarray, " n"]
    """Of each row that it was fitted to."""
    steps: int
    converged: bool
    separated: bool
    """Whether every treated row has a larger logit than every untreated one."""
    certain: int
    """Rows whose probability is within 1e-6 of what they are."""

    @property
    def strongest(self) -> str:
        """The covariate with the largest coefficient."""
        return self.names[int(np.argmax(np.abs(self.coefficients)))]


def fit_propensity(
    covariates: Float[np.ndarray, "n d"],
    treated: Bool[np.ndarray, " n"],
    names: tuple[str, ...],
    ridge: float = 1e-8,
) -> Propensity:
    """Return the penalised maximum-likelihood fit: least of the mean of log(1 + exp(-s z)) with
    s = ±1, plus ridge/2 |b|² without the intercept. A constant covariate has a coefficient of 0.
    """
    n, d = covariates.shape
    mean, scale = covariates.mean(axis=0), covariates.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    penalty = n * ridge * np.r_[0.0, np.ones(d)]

    def blocks() -> Iterator[tuple[slice, np.ndarray]]:
        for begin in range(0, n, BLOCK):
            rows = slice(begin, begin + BLOCK)
            block = np.ones((len(covariates[rows]), d + 1))
            block[:, 1:] = (covariates[rows] - mean) / scale
            yield rows, block

    whole = list(blocks()) if n <= BLOCK else None  # a single block is made once

    def look(b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the loss, its gradient and its curvature."""
        loss, gradient = float(penalty @ b**2 / 2), penalty * b
        curvature = np.diag(penalty)
        for rows, block in whole or blocks():
            z, y = block @ b, treated[rows]
            # the probability of being treated, without overflow
            small = np.exp(-np.abs(z))
            p = np.where(z >= 0, 1, small) / (1 + small)
            loss += float(np.sum(np.log1p(small) + np.maximum(z, 0) - z * y))
            gradient = gradient + block.T @ (p - y)
            curvature = curvature + block.T @ (block * (p * (1 - p))[:, None])
        return loss, gradient, curvature

    share = treated.mean()
    b = np.r_[np.log(share / (1 - share)), np.zeros(d)]
    here, taken, converged = look(b), 0, False
    while taken < NEWTON_STEPS and not converged:
        taken += 1
        move = np.linalg.lstsq(here[2], here[1], rcond=1e-14)[0]
        length = 1.0
        there = look(b - move)
        while not there[0] <= here[0] + 1e-12 * abs(here[0]) and length > 1e-4:
            length /= 2
            there = look(b - length * move)
        if there[0] > here[0] + 1e-9 * abs(here[0]):
            break  # no step goes down: rounding is all that is left
        b, here = b - length * move, there
        converged = bool(np.max(np.abs(length * move)) < TOLERANCE * (1 + np.max(np.abs(b))))
    logit = np.concatenate([block @ b for _, block in blocks()])
    own = np.where(treated, logit, -logit)
    return Propensity(
        names,
        b[1:],
        float(b[0]),
        logit,
        taken,
        converged,
        bool(logit[treated].min() > logit[~treated].max()),
        int(np.count_nonzero(own > CERTAIN)),
    )
