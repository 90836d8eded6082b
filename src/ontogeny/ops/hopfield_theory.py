"""What theory says of Hopfield networks of n spins that store fair, independent bits. On the host.

Sources: Hertz, Krogh and Palmer 1991, "Introduction to the Theory of Neural Computation" (the first
step); Amit, Gutfreund and Sompolinsky 1985 (0.138 n; Phys. Rev. Lett. 55); McEliece et al. 1987
(n / (2 ln n); IEEE Trans. Inf. Theory 33); Storkey and Valabregue 1999 (Neural Networks 12); Krotov
and Hopfield 2016 (arXiv 1606.01164).
"""

from __future__ import annotations

import math


def first_step_error(load: float) -> float:
    """Return how likely one step from a stored pattern turns a bit over, under Hebb's rule, of many
    spins: 1/2 erfc(sqrt(1 / (2 load))), where the load is patterns / spins.
    """
    return 0.5 * math.erfc(math.sqrt(0.5 / load))


def exact_first_step_error(n_spins: int, n_patterns: int) -> float:
    """Return the same of n spins exactly, without a diagonal; a field of 0 turns nothing.

    The other patterns' part of a field is a sum of (n - 1)(p - 1) fair signs, over n, and must
    outweigh the pattern's own (n - 1) / n: the tail of a binomial.
    """
    signs = (n_spins - 1) * (n_patterns - 1)
    least = (signs + n_spins - 1) // 2 + 1  # of them against it, so that it loses
    if least > signs:
        return 0.0
    ways = math.lgamma(signs + 1) - math.lgamma(least + 1) - math.lgamma(signs - least + 1)
    term = total = math.exp(ways - signs * math.log(2))
    for against in range(least, signs):
        term *= (signs - against) / (against + 1)
        total += term
        if term < 1e-17 * total:
            break
    return total


def hebb_capacity(n_spins: int) -> float:
    """Return how many patterns Hebb's rule holds with few wrong bits: 0.138 n."""
    return 0.138 * n_spins


def hebb_capacity_without_errors(n_spins: int) -> float:
    """Return how many patterns Hebb's rule holds, so that a given one is without a wrong bit:
    n / (2 ln n).
    """
    return n_spins / (2 * math.log(n_spins))


def storkey_capacity(n_spins: int) -> float:
    """Return the same of Storkey's rule: n / sqrt(2 ln n)."""
    return n_spins / math.sqrt(2 * math.log(n_spins))


def dense_capacity(n_spins: int, power: int) -> float:
    """Return the same of a dense associative memory: n^(power - 1) / (2 (2 power - 3)!! ln n)."""
    double = math.prod(range(2 * power - 3, 0, -2))
    return n_spins ** (power - 1) / (2 * double * math.log(n_spins))
