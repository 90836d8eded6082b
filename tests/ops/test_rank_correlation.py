from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.rank_correlation import correlation_interval, kendall, pearson, spearman


@pytest.mark.parametrize("n", [2, 3, 17, 400])
@pytest.mark.parametrize("values", [3, 10**6])
def test_correlations_are_scipys_with_ties_and_without(n, values):
    rng = np.random.default_rng(n + values)
    x = np.append(rng.integers(0, values, n - 1), -1)
    y = np.append(rng.integers(0, values, n - 1) + x[:-1] // 2, -2)

    assert kendall(x, y) == pytest.approx(stats.kendalltau(x, y)[0], abs=1e-12)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y)[0], abs=1e-12)
    assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y)[0], abs=1e-12)


def test_a_weight_counts_a_thing_several_times():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, 30), rng.integers(0, 7, 30)
    counts = rng.integers(0, 3, (2, 30))
    for measure in (kendall, spearman, pearson):
        together = measure(x, y, counts.astype(float))
        apart = [float(measure(np.repeat(x, c), np.repeat(y, c))) for c in counts]
        assert together == pytest.approx(apart, abs=1e-12)


def test_a_row_without_order_has_no_correlation():
    assert np.isnan(spearman(np.ones(4), np.arange(4)))
    assert np.isnan(kendall(np.arange(4), np.ones(4)))
    with pytest.raises(DataError, match="the same"):
        correlation_interval(np.ones(4), np.arange(4))


def test_an_interval_is_a_bootstrap_over_things_or_over_groups():
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    y = x + rng.normal(size=200)
    found = correlation_interval(x, y, resamples=500)
    # Fisher's transformation, with Bonett and Wright's variance for ranks
    rho = float(spearman(x, y))
    margin = 1.96 * np.sqrt((1 + rho**2 / 2) / 197)
    theirs = np.tanh(np.arctanh(rho) + np.array([-margin, margin]))
    assert found.value == rho
    assert [found.low, found.high] == pytest.approx(theirs, abs=0.03)

    four = np.tile(np.arange(50), 4)  # four copies of each thing: whole groups vary twice as much
    grouped = correlation_interval(x[four], y[four], kendall, groups=four, resamples=500)
    single = correlation_interval(x[four], y[four], kendall, resamples=500)
    assert 1.6 < (grouped.high - grouped.low) / (single.high - single.low) < 2.4


@pytest.mark.parametrize(
    ("x", "y"), [([1.0], [1.0]), ([1, 2], [1, 2, 3]), ([1, np.nan, 2], [1, 2, 3])]
)
def test_what_has_no_order_is_refused(x, y):
    for measure in (kendall, spearman):
        with pytest.raises(DataError):
            measure(np.array(x), np.array(y))


def test_a_bootstrap_takes_a_confidence_and_resamples():
    for setting in ({"confidence": 1.0}, {"resamples": 0}):
        with pytest.raises(ConfigError):
            correlation_interval(np.arange(4), np.arange(4), **setting)
