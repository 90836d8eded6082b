"""Bounds and E-values beside published figures, and tests beside scipy's."""

import numpy as np
import pytest
from scipy import stats

from ontogeny.social.matching.effects import exact_mcnemar
from ontogeny.social.matching.sensitivity import (
    binary_bounds,
    e_value,
    e_value_of_difference,
    signed_rank_bounds,
)


def test_rosenbaums_bounds_of_smoking_and_lung_cancer():
    """Hammond 1964, in Rosenbaum 2002, table 4.1: 110 of 122 discordant pairs; p of 0.0036 at 4,
    0.03 at 5, 0.1 at 6, by the normal limit, where these are exact.
    """
    bounds = binary_bounds(110, 12)
    assert bounds.gamma[0] == 1
    for gamma, p in ((4, 0.0036), (5, 0.03), (6, 0.1)):
        assert stats.binom.sf(109, 122, gamma / (1 + gamma)) == pytest.approx(p, rel=0.5)
    edge = bounds.largest
    assert 5 < edge < 6
    assert stats.binom.sf(109, 122, edge / (1 + edge)) == pytest.approx(0.05, rel=0.01)
    again = binary_bounds(12, 110)  # the direction does not matter
    assert again.largest == edge


def test_the_signed_rank_at_gamma_1_is_wilcoxons():
    differences = np.round(np.random.default_rng(0).normal(0.4, 1, 80), 1)
    bounds = signed_rank_bounds(differences)
    kept = differences[differences != 0]
    expected = stats.wilcoxon(kept, correction=False, mode="approx", alternative="greater").pvalue
    # scipy lessens the variance for ties; the bound, whose ranks are scores, does as well
    assert bounds.p[0] == pytest.approx(expected, rel=1e-9)
    assert np.all(np.diff(bounds.p) > 0)
    assert bounds.largest > 1
    assert signed_rank_bounds(np.zeros(5)).largest == 1
    assert signed_rank_bounds(np.array([1.0, -1.0, 2.0, -2.0])).largest == 1


def test_e_values_are_the_published_ones():
    """VanderWeele and Ding 2017: a relative risk of 3.9 [1.8, 8.7] has E-values 7.26 and 3.0."""
    found = e_value(3.9, 1.8, 8.7)
    assert found.estimate == pytest.approx(7.26, abs=0.01)
    assert found.limit == pytest.approx(3.0, abs=0.01)
    assert e_value(1 / 3.9, 1 / 8.7, 1 / 1.8) == pytest.approx(found)
    assert e_value(1.5, 0.9, 2.5).limit == 1
    assert e_value_of_difference(0.0, 0.1, 1.0, 1.96).estimate == 1
    assert e_value_of_difference(0.5, 0.1, 2.0, 1.96).estimate == pytest.approx(
        e_value(np.exp(0.91 * 0.25), 1, 2).estimate
    )
    assert e_value_of_difference(1.0, 0.1, 0.0, 1.96) == (1, 1)


def test_mcnemar_is_the_exact_one():
    for b, c in ((3, 12), (7, 7), (0, 5), (1, 0)):
        assert exact_mcnemar(b, c) == pytest.approx(stats.binomtest(b, b + c).pvalue)
    assert exact_mcnemar(0, 0) == 1
