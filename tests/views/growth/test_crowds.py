"""A long run of many members is drawn in few points, and they are the right ones."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.views.growth import crowds
from ontogeny.views.growth.crowds import means, quartiles, stretches, thinned
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.run_figures import hyper_figure, lineage_figure, score_figure


@pytest.fixture
def four_columns(monkeypatch):
    monkeypatch.setattr(crowds, "COLUMNS", 4)


@pytest.mark.parametrize("rounds", [1, 3, 4, 5, 9, 1000])
def test_stretches_cover_every_round_once(four_columns, rounds):
    parts = stretches(rounds)
    assert len(parts) == min(rounds, 4)
    covered = [n for some in parts for n in range(some.start, some.stop)]
    assert covered == list(range(rounds))


def test_a_stretch_by_hand(four_columns):
    """Eight rounds of two members in four stretches; the second is empty, the third half so."""
    nan = np.nan
    values = np.array(
        [[0, 1], [2, 3], [nan, nan], [nan, -np.inf], [7, nan], [9, nan], [5, 5], [5, 5]], float
    )
    middle, bands = quartiles(values)
    np.testing.assert_array_equal(middle, [0.5, 4.5, 6.5])
    np.testing.assert_allclose(bands.T, [[0, 0.75, 2.25, 3], [7, 7.5, 8.5, 9], [5, 5, 5, 5]])
    values[3, 1] = nan
    np.testing.assert_allclose(means(values), [[1, 2], [nan, nan], [8, nan], [5, 5]])


def test_a_line_keeps_its_ends(four_columns):
    line = [(n, n % 3) for n in range(100)]
    kept = thinned(line)
    assert len(kept) == 8
    assert (kept[0], kept[-1]) == (line[0], line[-1])
    assert set(kept) <= set(line)
    assert thinned(line[:8]) == line[:8]


def test_a_crowd_is_two_bands_and_a_line(make_store, four_columns, monkeypatch):
    monkeypatch.setattr(crowds, "CROWD", 30)
    rng = np.random.default_rng(0)
    score = rng.normal(size=(10, 4)).cumsum(axis=0)
    heirs = [(number, 0, 1, True, number - 1) for number in range(1, 10)]
    record = read_record(make_store(score, {"rate": rng.random((10, 4))}, heirs))
    for fig in (score_figure(record), hyper_figure(record, "rate")):
        names = [trace.name for trace in fig.data]
        assert names[:2] == ["all members", "the middle half"]
        assert names[2].startswith("winning line")
        assert len(names) == 3
        assert max(len(trace.x) for trace in fig.data) <= 8
    outer = score_figure(record).data[0]
    assert max(outer.y) == pytest.approx(score.max())
    assert min(outer.y) == pytest.approx(score.min())
    ribbon = lineage_figure(record).data[0]
    assert np.shape(ribbon.z) == (4, 4)
    assert list(ribbon.x) == [0.5, 3.0, 5.5, 8.0]
