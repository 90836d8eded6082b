"""Reliability, against hand-computed bins and exact probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.calibration import reliability


def test_bins_by_hand():
    found = reliability(np.array([[0.1, 0.2], [0.9, 1.0]]), np.array([[0, 1], [1, 1]]), bins=4)
    np.testing.assert_allclose(found.predicted, [0.15, np.nan, np.nan, 0.95])
    np.testing.assert_allclose(found.observed, [0.5, np.nan, np.nan, 1.0])
    np.testing.assert_allclose(found.share, [0.5, 0, 0, 0.5])
    assert found.error == pytest.approx(0.5 * 0.35 + 0.5 * 0.05)
    assert found.worst == pytest.approx(0.35)


def test_a_calibrated_predictor_s_error_is_what_chance_leaves():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=100_000)
    error = reliability(p, rng.uniform(size=p.size) < p, bins=10).error
    # sqrt(2 / pi) of the deviation in each bin: the mean of sqrt(p (1 - p)) is pi / 8
    assert error == pytest.approx(np.sqrt(2 / np.pi) * np.pi / 8 / np.sqrt(1e4), rel=0.5)


def test_true_probabilities_as_outcomes_leave_no_chance():
    p = np.random.default_rng(1).uniform(size=1000)
    assert reliability(p, p).error == pytest.approx(0, abs=1e-15)
    assert reliability(np.clip(p, 0, 0.5) + 0.5, np.clip(p, 0, 0.5)).error == pytest.approx(0.5)


def test_what_is_no_prediction_is_refused():
    with pytest.raises(ConfigError, match="0 bins"):
        reliability(np.array([0.5]), np.array([1]), bins=0)
    with pytest.raises(DataError, match=r"0\.5 to 1\.5"):
        reliability(np.array([0.5, 1.5]), np.array([1, 1]))
    with pytest.raises(DataError, match="one outcome for every"):
        reliability(np.array([0.5, 0.5]), np.array([1]))
