"""What prediction costs, in closed form: expected Bayes code lengths, and how far KT and CTW may be
from the best in hindsight. All in nats, for a whole sequence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def dirichlet_code_length(
    length: int, prior: Sequence[float], coder: Sequence[float] | None = None
) -> float:
    """Return the expected -ln q(x_1 … x_T), theta ~ Dirichlet(prior), x iid from theta, and q the
    predictor with Dirichlet(coder) beliefs (the prior itself when None: the Bayes code length).

    With c^(n) = c (c+1) … (c+n-1) and C the sum of the coder's: ln C^(T) - sum_i E ln c_i^(n_i),
    where n_i alone is beta-binomial. For Beta(1, 1) that is ln(T+1) plus the mean of ln C(T, k).
    """
    beliefs = prior if coder is None else coder
    total = sum(prior)
    cost = _log_rising(sum(beliefs), length)
    for a, c in zip(prior, beliefs, strict=True):
        weight = _beta_binomial(length, a, total - a)
        cost -= float(weight @ [_log_rising(c, n) for n in range(length + 1)])
    return cost


def informed_code_length(length: int, prior: Sequence[float]) -> float:
    """Return T E H(theta), theta ~ Dirichlet(prior): what it costs one who knows theta.

    E H = psi(A + 1) - sum_i (a_i / A) psi(a_i + 1), A the sum. What `dirichlet_code_length` adds to
    this is the Bayes regret; it grows like (K - 1)/2 ln T.
    """
    total = sum(prior)
    return length * (_digamma(total + 1) - sum(a / total * _digamma(a + 1) for a in prior))


def kt_worst_redundancy(length: int) -> float:
    """Return the most that binary KT costs over the best constant coin, over all sequences."""

    def excess(ones: int) -> float:
        best = sum(n * math.log(n / length) for n in (ones, length - ones) if n)
        return (
            best
            + _log_rising(1.0, length)
            - sum(_log_rising(0.5, n) for n in (ones, length - ones))
        )

    return max(excess(ones) for ones in range(length + 1))


def kt_redundancy_bound(length: int) -> float:
    """Return 1/2 ln T + ln 2, which `kt_worst_redundancy` never exceeds (Willems et al. 1995)."""
    return 0.5 * math.log(length) + math.log(2)


def ctw_redundancy_bound(length: int, leaves: int) -> float:
    """Return how much binary CTW may cost over the best tree with this many leaves and the best
    coin at each: (2 leaves - 1) bits for the tree, 1/2 log2(T / leaves) + 1 bits a leaf, in nats.

    Source: Willems, Shtarkov and Tjalkens 1995, theorem 2 (for T at least the number of leaves).
    """
    return (2 * leaves - 1 + leaves * (0.5 * math.log2(length / leaves) + 1)) * math.log(2)


def _log_rising(c: float, n: int) -> float:
    """Return ln c (c+1) … (c+n-1)."""
    return math.lgamma(c + n) - math.lgamma(c)


def _beta_binomial(length: int, a: float, b: float) -> Float[np.ndarray, " count"]:
    """Return P(n successes of `length`) for n = 0 … length, the chance being Beta(a, b)."""
    whole = _log_rising(a + b, length)
    log_p = [
        math.log(math.comb(length, n)) + _log_rising(a, n) + _log_rising(b, length - n) - whole
        for n in range(length + 1)
    ]
    return np.exp(log_p)


def _digamma(x: float) -> float:
    """Return psi(x), x > 0: raised by psi(x) = psi(x + 1) - 1/x, then Stirling's series."""
    low = 0.0
    while x < 12:
        low -= 1 / x
        x += 1
    square = 1 / (x * x)
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    return low + math.log(x) - 0.5 / x - series
