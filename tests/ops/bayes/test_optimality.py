from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta as beta_of

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.optimality import expected_best, probability_best, probability_greater

whole = st.integers(1, 40)


def test_by_hand():
    assert probability_greater(1, 1, 1, 1) == pytest.approx(1 / 2)
    assert probability_greater(2, 1, 1, 1) == pytest.approx(2 / 3)  # E theta_1
    assert probability_greater(2, 1, 1, 2) == pytest.approx(5 / 6)
    ones = np.ones((1, 3), int)
    np.testing.assert_allclose(probability_best(ones, ones), 1 / 3)
    np.testing.assert_allclose(expected_best(ones, ones), 3 / 4)
    np.testing.assert_allclose(expected_best(ones[:, :1], ones[:, :1], 0.6), 0.6 + 0.4**2 / 2)


@settings(max_examples=40, deadline=None)
@given(whole, whole, whole, whole)
def test_the_sum_and_the_quadrature_agree(a1, b1, a2, b2):
    alpha, beta = np.array([[a1, a2]]), np.array([[b1, b2]])
    found = probability_best(alpha, beta)[0]
    assert found[0] == pytest.approx(probability_greater(a1, b1, a2, b2), abs=1e-10)
    assert found.sum() == pytest.approx(1.0, abs=1e-10)
    assert expected_best(alpha, beta)[0] >= max(a1 / (a1 + b1), a2 / (a2 + b2)) - 1e-12


@settings(max_examples=25, deadline=None)
@given(whole, whole, st.floats(0.01, 0.99))
def test_beside_a_known_arm_it_is_the_tail(a, b, known):
    one = np.array([[a]]), np.array([[b]])
    assert probability_best(*one, known)[0, 0] == pytest.approx(beta_of.sf(known, a, b), abs=1e-10)


def test_three_arms_and_a_known_one_against_numerical_integration():
    alpha, beta, known = np.array([[3, 7, 1]]), np.array([[2, 4, 1]]), 0.55
    arms = [beta_of(a, b) for a, b in zip(alpha[0], beta[0], strict=True)]

    def best(k):
        others = [arm for j, arm in enumerate(arms) if j != k]
        return quad(lambda x: arms[k].pdf(x) * np.prod([o.cdf(x) for o in others]), known, 1)[0]

    np.testing.assert_allclose(
        probability_best(alpha, beta, known)[0], [best(k) for k in range(3)], atol=1e-8
    )
    mean = known + quad(lambda x: 1 - np.prod([arm.cdf(x) for arm in arms]), known, 1)[0]
    assert expected_best(alpha, beta, known)[0] == pytest.approx(mean, abs=1e-8)


def test_parameters_below_one_are_refused():
    with pytest.raises(ConfigError, match="polynomial"):
        probability_best(np.array([[0, 1]]), np.array([[1, 1]]))
