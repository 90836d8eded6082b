"""The exact probability that an arm is the best, and the mean of the best arm, for integer Betas.

With integer parameters a Beta's density and distribution function are polynomials, so
P(arm i is best) = ∫ f_i(x) prod_{j ≠ i} F_j(x) dx and E max = ∫ 1 - prod_j F_j(x) dx are polynomial
integrals: Gauss-Legendre quadrature with enough nodes gives them exactly, for any number of arms.
Thompson sampling acts with these probabilities.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Integer

from ontogeny.core.errors import ConfigError


def probability_greater(alpha1: int, beta1: int, alpha2: int, beta2: int) -> float:
    """Return P(theta_1 > theta_2), theta_k ~ Beta(alpha_k, beta_k) independent, whole parameters.

    sum_{i < alpha_1} B(alpha_2 + i, beta_1 + beta_2) / ((beta_1 + i) B(1 + i, beta_1)
    B(alpha_2, beta_2)), a finite sum of positive terms.
    """
    return sum(
        math.exp(
            _log_beta(alpha2 + i, beta1 + beta2)
            - math.log(beta1 + i)
            - _log_beta(1 + i, beta1)
            - _log_beta(alpha2, beta2)
        )
        for i in range(alpha1)
    )


def probability_best(
    alpha: Integer[np.ndarray, "state arm"],
    beta: Integer[np.ndarray, "state arm"],
    known: float = 0.0,
) -> Float[np.ndarray, "state arm"]:
    """Return, for every row of Betas, the probability that each arm is the best of them and of an
    arm whose mean is `known` (which has what is left of one). Raises `ConfigError` for parameters
    below 1.
    """
    total = np.zeros(alpha.shape)
    for node, weight in _rule(alpha, beta, known):
        density, below = _tables(alpha, beta, node)
        for arm in range(alpha.shape[1]):
            others = np.delete(below, arm, axis=1)
            total[:, arm] += weight * density[:, arm] * np.prod(others, axis=1)
    return total


def expected_best(
    alpha: Integer[np.ndarray, "state arm"],
    beta: Integer[np.ndarray, "state arm"],
    known: float = 0.0,
) -> Float[np.ndarray, " state"]:
    """Return E max(theta_1, …, theta_n, known) for every row of Betas: what an oracle earns a pull.

    Raises `ConfigError` for parameters below 1.
    """
    total = np.full(alpha.shape[0], known)
    for node, weight in _rule(alpha, beta, known):
        total += weight * (1 - np.prod(_tables(alpha, beta, node)[1], axis=1))
    return total


def _rule(alpha: np.ndarray, beta: np.ndarray, low: float) -> list[tuple[float, float]]:
    """Return nodes and weights on (low, 1) that are exact for the polynomials of these Betas."""
    if alpha.size and min(alpha.min(), beta.min()) < 1:
        raise ConfigError(
            f"a Beta with parameters down to {min(alpha.min(), beta.min())} is no polynomial",
            where="ops.bayes.optimality",
            hint="use whole parameters of 1 or more",
        )
    degree = int(np.max(np.sum(alpha + beta - 1, axis=1), initial=0))
    nodes, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
    half = (1 - low) / 2
    return list(zip((low + half * (nodes + 1)).tolist(), (half * weights).tolist(), strict=True))


def _tables(alpha: np.ndarray, beta: np.ndarray, x: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each Beta's density and distribution function at x, 0 < x < 1.

    F(1, b) = 1 - (1 - x)^b, and F(a + 1, b) = F(a, b) - f(a, b) x (1 - x) / a.
    """
    a = np.arange(1, alpha.max(initial=1) + 1)[:, None]
    b = np.arange(1, beta.max(initial=1) + 1)[None, :]
    log_factorial = np.cumsum(np.log(np.maximum(1, np.arange(a.size + b.size + 1))))
    log_beta = log_factorial[a - 1] + log_factorial[b - 1] - log_factorial[a + b - 1]
    density = np.exp((a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - log_beta)
    steps = np.cumsum(density * x * (1 - x) / a, axis=0)
    below = 1 - (1 - x) ** b - np.vstack([np.zeros_like(steps[:1]), steps[:-1]])
    return density[alpha - 1, beta - 1], below[alpha - 1, beta - 1]


def _log_beta(a: int, b: int) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
