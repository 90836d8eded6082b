from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.errors_by_group import errors_by_decile, errors_by_topic


def test_deciles_hold_a_tenth_each_and_show_what_is_too_steep():
    rng = np.random.default_rng(0)
    true = rng.uniform(1, 10, 1000)
    said = 5.5 + 1.5 * (true - 5.5)  # too low below, too high above
    found = errors_by_decile(said, true)
    assert found.names == (*"123456789", "10")
    assert found.counts.tolist() == [100] * 10
    assert found.error == pytest.approx(0.5 * (found.true - 5.5))
    assert found.absolute == pytest.approx(abs(found.error), abs=0.1)
    assert {"1", "10"} <= set(found.biased)


def test_equals_are_not_parted():
    found = errors_by_decile(np.array([1.0] * 6 + [2.0] * 4), np.arange(10.0))
    assert found.counts.tolist() == [6, 4]
    assert found.true.tolist() == [2.5, 7.5]


def test_a_topic_that_is_misjudged_is_named_and_others_are_not():
    rng = np.random.default_rng(1)
    topics = rng.permutation(["animals"] * 200 + ["nature"] * 200 + ["people"] * 200 + ["urban"])
    true = rng.normal(size=601)
    said = true + 0.3 * rng.normal(size=601) + 0.2 * (topics == "people")
    found = errors_by_topic(said, true, topics.tolist())
    assert found.names == ("animals", "nature", "people", "urban")
    assert found.biased == ("people",)
    assert found.deviation[:3] == pytest.approx([0.3] * 3, abs=0.05)
    assert np.isnan(found.margin[3])


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="2 scores, 3 ratings"):
        errors_by_decile(np.zeros(2), np.zeros(3))
    with pytest.raises(DataError, match="not finite"):
        errors_by_decile(np.array([np.nan]), np.zeros(1))
    with pytest.raises(DataError, match="1 topics"):
        errors_by_topic(np.zeros(2), np.zeros(2), ["a"])
    with pytest.raises(ConfigError):
        errors_by_decile(np.zeros(2), np.zeros(2), 0)
