from __future__ import annotations

import itertools
import math

import pytest

from ontogeny.ops.bayes.code_lengths import (
    dirichlet_code_length,
    informed_code_length,
    kt_redundancy_bound,
    kt_worst_redundancy,
)

# Length, Bayes under Beta(1, 1), its regret, KT under Beta(1, 1), KT's worst redundancy, its bound.
COINS = [
    (5, 3.09577, 0.59577, 3.14929, 1.4020, 1.4979),
    (10, 5.85400, 0.85400, 5.93552, 1.7362, 1.8444),
    (20, 11.14721, 1.14721, 11.25122, 2.0765, 2.1910),
    (50, 26.56794, 1.56794, 26.69158, 2.5309, 2.6492),
    (100, 51.90034, 1.90034, 52.03273, 2.8762, 2.9957),
]


@pytest.mark.parametrize(("length", "bayes", "regret", "kt", "worst", "bound"), COINS)
def test_coins(length, bayes, regret, kt, worst, bound):
    found = dirichlet_code_length(length, (1, 1))
    assert found == pytest.approx(bayes, abs=1e-5)
    closed = math.log(length + 1) + sum(
        math.log(math.comb(length, k)) for k in range(length + 1)
    ) / (length + 1)
    assert found == pytest.approx(closed, abs=1e-10)
    assert informed_code_length(length, (1, 1)) == pytest.approx(length / 2, abs=1e-10)
    assert found - informed_code_length(length, (1, 1)) == pytest.approx(regret, abs=1e-5)
    assert dirichlet_code_length(length, (1, 1), (0.5, 0.5)) == pytest.approx(kt, abs=1e-5)
    assert kt_worst_redundancy(length) == pytest.approx(worst, abs=1e-4)
    assert kt_redundancy_bound(length) == pytest.approx(bound, abs=1e-4)


def test_kt_keeps_its_bound():
    # At length 1 they are equal, so rounding decides.
    assert all(kt_worst_redundancy(n) <= kt_redundancy_bound(n) + 1e-12 for n in range(1, 200))


def test_a_die_of_three_faces():
    found = dirichlet_code_length(10, (1, 1, 1))
    assert found == pytest.approx(9.70032, abs=1e-5)
    counts = [(a, b, 10 - a - b) for a in range(11) for b in range(11 - a)]
    ways = [math.lgamma(11) - sum(math.lgamma(n + 1) for n in c) for c in counts]
    assert found == pytest.approx(math.log(math.comb(12, 2)) + sum(ways) / len(ways), abs=1e-10)


def test_an_uneven_prior_against_every_sequence():
    """E -ln q over all 3^5 sequences, each weighed by its Bayes probability."""

    def block(sequence, prior):
        counts, p = [0.0] * 3, 1.0
        for t, x in enumerate(sequence):
            p *= (counts[x] + prior[x]) / (t + sum(prior))
            counts[x] += 1
        return p

    prior, coder = (0.7, 1.5, 3.0), (1.0, 0.5, 2.0)
    each = list(itertools.product(range(3), repeat=5))
    expected = -sum(block(x, prior) * math.log(block(x, coder)) for x in each)
    assert dirichlet_code_length(5, prior, coder) == pytest.approx(expected, abs=1e-10)


def test_one_who_knows_the_die_pays_its_entropy():
    from scipy.special import digamma

    prior = (0.5, 0.5, 4.0)
    entropy = digamma(6.0) - sum(a / 5 * digamma(a + 1) for a in prior)
    assert informed_code_length(7, prior) == pytest.approx(7 * entropy, abs=1e-9)


def test_regret_grows_like_half_a_logarithm():
    def regret(length):
        return dirichlet_code_length(length, (1, 1)) - informed_code_length(length, (1, 1))

    assert regret(1200) - regret(300) == pytest.approx(0.5 * math.log(4), abs=0.01)
