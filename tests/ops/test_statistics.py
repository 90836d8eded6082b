"""Statistics of a handful of repeats."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, sem, trim_mean

from ontogeny.core.errors import ConfigError
from ontogeny.ops.statistics import (
    bootstrap_interval,
    interquartile_mean,
    probability_of_improvement,
    standard_error,
    stratified_interval,
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([5.0], 5.0), ([1, 2, 9], 4.0), ([0, 1, 3, 100], 2.0), ([100, 3, 1, 0], 2.0)],
)
def test_the_interquartile_mean_of_a_few(values, expected):
    assert interquartile_mean(np.array(values)) == pytest.approx(expected)


def test_the_interquartile_mean_is_scipys_trimmed_mean():
    values = np.random.default_rng(0).normal(size=(13, 7))
    np.testing.assert_allclose(interquartile_mean(values, axis=0), trim_mean(values, 0.25, axis=0))
    np.testing.assert_allclose(interquartile_mean(values), trim_mean(values, 0.25, axis=1))


def test_an_interval_holds_the_mean_and_is_the_same_again():
    values = np.random.default_rng(1).normal(3, 2, size=50)
    first, again = bootstrap_interval(values, seed=4), bootstrap_interval(values, seed=4)
    assert first == again
    assert first.value == pytest.approx(values.mean())
    assert first.low < first.value < first.high
    half = 1.96 * standard_error(values)  # of so many, the bootstrap comes to the normal interval
    assert first.high - first.value == pytest.approx(half, rel=0.1)
    assert first.value - first.low == pytest.approx(half, rel=0.1)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(2)
    drawn = [bootstrap_interval(rng.exponential(size=40), resamples=400) for _ in range(300)]
    covered = np.mean([i.low <= 1 <= i.high for i in drawn])
    assert 0.88 < covered < 0.97


def test_of_three_repeats_it_is_their_range():
    interval = bootstrap_interval(np.array([1.0, 2.0, 4.0]))
    assert (interval.low, interval.high) == (1.0, 4.0)


def test_another_statistic_and_another_confidence():
    values = np.arange(101.0)
    wide = bootstrap_interval(values, np.median, confidence=0.99)
    narrow = bootstrap_interval(values, np.median, confidence=0.5)
    assert wide.value == narrow.value == 50
    assert wide.low < narrow.low < 50 < narrow.high < wide.high


def test_equal_repeats_have_no_width():
    assert str(bootstrap_interval(np.full(5, 0.25))) == "0.25 [0.25, 0.25]"


def test_the_standard_error_is_scipys():
    values = np.random.default_rng(3).normal(size=9)
    assert standard_error(values) == pytest.approx(sem(values))
    assert standard_error(np.array([1.0])) == np.inf


def test_nothing_to_resample_is_an_error():
    with pytest.raises(ConfigError, match="no repeats"):
        bootstrap_interval(np.zeros(0))
    with pytest.raises(ConfigError, match="confidence"):
        bootstrap_interval(np.ones(3), confidence=1.0)


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        ([3.0], [1.0, 2.0], 1.0),
        ([1.0, 4.0], [2.0, 3.0], 0.5),  # 1 loses both, 4 wins both
        ([2.0, 2.0], [2.0], 0.5),
        ([1.0, 2.0, 3.0], [2.0, 5.0], 1.5 / 6),  # one tie, and 3 over 2
        ([-np.inf], [-np.inf, 0.0], 0.25),
    ],
)
def test_the_probability_of_improvement_of_a_few(above, below, expected):
    assert probability_of_improvement(np.array(above), np.array(below)) == pytest.approx(expected)
    other = probability_of_improvement(np.array(below), np.array(above))
    assert other == pytest.approx(1 - expected)


def test_the_probability_of_improvement_is_mann_whitneys_u():
    rng = np.random.default_rng(4)
    above, below = rng.integers(0, 6, size=(2, 9)), rng.integers(0, 6, size=(2, 7))  # with ties
    u = mannwhitneyu(above, below, axis=1).statistic
    np.testing.assert_allclose(probability_of_improvement(above, below), u / (9 * 7))


def test_a_stratified_resample_leaves_no_stratum_out():
    """Two tasks that differ by 100: drawn together their mean would spread, drawn apart it
    can't.
    """
    tasks = [np.array([0.0, 1.0, 2.0]), np.array([100.0, 101.0, 102.0])]

    def mean(drawn):
        return np.mean(np.concatenate(drawn, axis=-1), axis=-1)

    apart, together = stratified_interval(tasks, mean), bootstrap_interval(np.concatenate(tasks))
    assert apart.value == together.value == 51
    assert 50 <= apart.low < apart.high <= 52
    assert together.high - together.low > 50


def test_one_stratum_is_the_plain_bootstrap():
    values = np.random.default_rng(5).normal(size=20)
    plain = bootstrap_interval(values, np.median)
    assert stratified_interval([values], lambda drawn: np.median(drawn[0], axis=-1)) == plain


def test_an_empty_stratum_is_an_error():
    with pytest.raises(ConfigError, match="no repeats"):
        stratified_interval([np.ones(2), np.zeros(0)], lambda drawn: drawn[0].mean(-1))
