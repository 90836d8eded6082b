"""What is drawn is what the record says. How it looks was looked at."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.run_figures import (
    diversity_figure,
    hyper_figure,
    lineage_figure,
    score_figure,
    speed_figure,
)


@pytest.fixture
def record(grown_store):
    return read_record(grown_store)


def trace_named(fig, start: str):
    return next(trace for trace in fig.data if (trace.name or "").startswith(start))


def test_the_winning_line_runs_over_the_members(record):
    fig = score_figure(record)
    line = trace_named(fig, "winning line")
    assert list(line.x) == list(range(20))
    assert fig.data[-1] is line
    assert line.text[-1].startswith(f"round 19, slot {record.winner}: ")
    crowd = trace_named(fig, "members")
    assert np.isnan(crowd.x).sum() == 8 + record.moved.sum()  # a piece a life
    assert len(trace_named(fig, "inherited").x) == record.moved.sum()
    np.testing.assert_allclose(np.nanmax(line.y), np.nanmax(crowd.y), rtol=1e-6)


def test_deaths_are_marked(make_store):
    score = np.array([[1.0, 2.0], [-np.inf, 3.0], [-np.inf, -np.inf]])
    marks = trace_named(score_figure(read_record(make_store(score))), "a member is dead")
    assert list(marks.x) == [1, 2]
    assert list(marks.text) == ["round 1: 1 dead", "round 2: 2 dead"]


def test_the_ribbon_has_a_row_a_slot_and_a_line_a_move(record):
    fig = lineage_figure(record)
    ribbon = fig.data[0]
    assert ribbon.z.shape == (8, 20)
    labels = [int(label) for label in fig.layout.yaxis.ticktext]
    assert sorted(labels) == list(range(8))
    np.testing.assert_array_equal(ribbon.customdata[:, 0], labels)
    moves = fig.data[1]
    assert np.isnan(moves.x).sum() == record.moved.sum()
    rows = [labels[int(row)] for row in trace_named(fig, "winning line").y]
    assert rows == [slot for _, slot in record.line]


def test_a_crowded_ribbon_keeps_the_moves_that_lasted(make_store):
    rng = np.random.default_rng(0)
    rounds, pop = 40, 48
    heirs = [
        (number, slot, int(rng.integers(0, pop)), True, number - 1)
        for number in range(1, rounds)
        for slot in rng.choice(pop, 12, replace=False).tolist()
    ]
    record = read_record(make_store(rng.random((rounds, pop)), heirs=heirs))
    drawn = np.isnan(lineage_figure(record).data[1].x).sum()
    assert 0 < drawn < record.moved.sum() / 2


def test_a_hyper_is_drawn_on_the_scale_of_its_space(record):
    rate = hyper_figure(record, "rate")
    along = trace_named(rate, "winning line")
    expected = [record.hypers["rate"][number, slot] for number, slot in record.line]
    np.testing.assert_allclose(10.0 ** np.array(along.y), expected, rtol=1e-6)
    drag = hyper_figure(record, "drag")
    np.testing.assert_allclose(
        trace_named(drag, "winning line").y, [record.hypers["drag"][n, s] for n, s in record.line]
    )


def test_diversity_counts_founders_and_measures_spread(record):
    fig = diversity_figure(record)
    np.testing.assert_array_equal(fig.data[0].y, record.founders_alive)
    spread = trace_named(fig, "rate").y
    log = np.log(record.hypers["rate"] / 1e-4) / np.log(1.5 / 1e-4)
    np.testing.assert_allclose(spread, log.std(axis=1), rtol=1e-6)


def test_speed_is_work_over_time(make_store, record):
    fig = speed_figure(record)
    assert fig is not None
    np.testing.assert_allclose(fig.data[0].y, 80 / record.seconds)
    assert speed_figure(read_record(make_store(np.ones((2, 2))))) is None


def test_names_cannot_carry_markup_into_a_figure(make_store):
    name = "<a href='javascript:x'>rate</a>"
    record = read_record(make_store(np.ones((2, 2)), {name: np.ones((2, 2))}))
    for fig in (hyper_figure(record, name), diversity_figure(record)):
        assert "<a href" not in fig.to_json().replace("\\u003c", "<")
