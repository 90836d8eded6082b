from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import DataError
from ontogeny.ops.attenuation import disattenuated, reliability_of_means


def test_reliability_is_the_variance_that_is_the_units_own():
    # Shrout and Fleiss 1979: six targets by four judges; ICC(1,1) = .17, ICC(1,4) = .44
    table = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    )
    unit = np.indices(table.shape)[0]
    found = reliability_of_means(unit.ravel(), table.ravel())
    assert found == pytest.approx(0.44, abs=0.005)
    once = found / (4 - 3 * found)  # Spearman and Brown, backwards
    assert once == pytest.approx(0.17, abs=0.005)


def test_units_rated_unequally_often_have_the_variances_that_made_them():
    rng = np.random.default_rng(0)
    count = rng.integers(1, 6, 4000)
    unit = np.repeat(np.arange(4000), count)
    value = rng.normal(size=4000)[unit] + 1.5 * rng.normal(size=len(unit))
    known = (1 / (1 + 2.25 / count)).mean()
    assert reliability_of_means(unit, value) == pytest.approx(known, abs=0.02)
    assert disattenuated(0.5, known, 0.81) == pytest.approx(0.5 / np.sqrt(known) / 0.9)


def test_what_can_not_be_corrected_is_refused():
    with pytest.raises(DataError, match="say nothing"):
        disattenuated(0.5, -0.1)
    with pytest.raises(DataError, match="two ratings of some"):
        reliability_of_means(np.arange(3), np.arange(3.0))
    with pytest.raises(DataError, match="all ratings are the same"):
        reliability_of_means(np.array([0, 0, 1, 1]), np.ones(4))
    with pytest.raises(DataError, match="not finite"):
        reliability_of_means(np.array([0, 0, 1]), np.array([1, np.nan, 2]))
