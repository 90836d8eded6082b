"""Runs held against each other: groups, their numbers by hand, and what can't be compared."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.views.comparisons.comparison import compare
from ontogeny.views.comparisons.comparison_page import (
    common_courses,
    courses_figure,
    improvement_rows,
    run_rows,
    scores_figure,
)


@pytest.fixture
def record(make_store):
    """Return a function that records a finished run of two members and returns its folder."""
    made: list[str] = []

    def make(finals, *, recipe="quadratic", status="finished", replay=None, **fields):
        name = f"run-{len(made)}"
        made.append(name)
        whole = {"steps": 10, "rounds": 2, "population": 2, **fields}
        score = np.array([[0.0, 0.0], finals], float)
        values = {"recipe": recipe, "fields": whole, "status": status, "replay": replay}
        return make_store(score, name=name, **values).folder

    return make


def test_two_groups_by_hand(record):
    """Finals of `a`: 1, 2, 3, 8; of `b`: 2, 2. IQM of a: (2 + 3) / 2."""
    runs = [record([v, 0], seed=i, rate=0.1) for i, v in enumerate([1.0, 2.0, 3.0, 8.0])]
    runs += [record([0, 2.0], seed=i, rate=0.2) for i in range(2)]
    found = compare(runs)
    assert found.fields == ["rate"]
    assert [(g.name, len(g.runs), g.score.value) for g in found] == [
        ("rate 0.1", 4, 2.5),
        ("rate 0.2", 2, 2.0),
    ]
    (pair,) = found.improvements
    # 3 and 8 win both of their pairs, 2 ties twice, 1 loses twice
    assert pair.probability.value == pytest.approx((4 + 1) / 8)
    assert 0 < pair.probability.low < pair.probability.value < pair.probability.high <= 1
    assert found.groups[1].score == (2.0, 2.0, 2.0)
    assert "fewer than 5" in " ".join(found.notes)
    assert "rate 0.1 over rate 0.2: 0.625" in str(found)
    assert json.loads(json.dumps(found.to_json()))["groups"][0]["iqm"]["value"] == 2.5


def test_what_counts_of_the_members(record):
    runs = [record([1.0, 4.0], rate=r) for r in (1, 2)]
    finals = {s: compare(runs, score=s).groups[0].score.value for s in ("best", "median", "mean")}
    assert finals == {"best": 4.0, "median": 2.5, "mean": 2.5}
    dead = record([1.0, -np.inf], rate=3)
    assert compare([dead], score="mean").groups[0].score.value == 1.0


def test_groups_by_a_named_field(record):
    strategy = {"strategy": "pbt", "fraction": 0.2}
    runs = [record([i, i], population=p, strategy=strategy, seed=i) for i, p in enumerate([2, 4])]
    other = {**strategy, "fraction": 0.3}
    runs += [record([5 + i, 0], population=2 + 2 * i, strategy=other, seed=i) for i in range(2)]
    assert [g.name for g in compare(runs)] == [
        "population 4, fraction 0.3",
        "population 2, fraction 0.3",
        "population 4, fraction 0.2",
        "population 2, fraction 0.2",
    ]
    by = compare(runs, by=["fraction"])
    assert [(g.name, len(g.runs)) for g in by] == [("fraction 0.3", 2), ("fraction 0.2", 2)]
    with pytest.raises(ConfigError, match="did you mean 'fraction'"):
        compare(runs, by=["fractoin"])


def test_another_strategys_settings_tell_nothing(record):
    pbt = {"strategy": "pbt", "fraction": 0.25}
    runs = [record([2, 2], strategy=pbt), record([1, 1], strategy={"strategy": "random-search"})]
    runs.append(record([3, 3], strategy=pbt, replay={"source": "x"}))
    assert [g.name for g in compare(runs)] == [
        "strategy replay",
        "strategy pbt",
        "strategy random-search",
    ]


def test_several_tasks_are_scaled_and_averaged(record):
    """World A from 0 to 10, world B from 100 to 104: `x` has (1, 0.5), `y` (0, 0) and (0.5, 1)."""
    runs = [record([10, 0], world="A", kind="x"), record([102, 0], world="B", kind="x")]
    runs += [record([v, 0], world="A", kind="y", seed=i) for i, v in enumerate((0.0, 5.0))]
    runs += [record([v, 0], world="B", kind="y", seed=i) for i, v in enumerate((100.0, 104.0))]
    with pytest.raises(ConfigError, match="different tasks: A, B") as caught:
        compare(runs)
    assert "--tasks world" in (caught.value.hint or "")
    found = compare(runs, tasks=["world"])
    assert found.tasks == ["world A", "world B"]
    assert {g.name: g.score.value for g in found} == {"kind x": 0.75, "kind y": 0.25}
    # x beats y in both runs of A; in one of two of B
    assert found.improvements[0].probability.value == pytest.approx((1 + 0.5) / 2)
    assert "scaled" in " ".join(found.notes)
    assert len(scores_figure(found).data) == 4  # no dots: two tasks have no common scale


def test_what_cannot_be_compared_says_why(record):
    whole = record([1, 1])
    with pytest.raises(ConfigError, match=r"interrupted: 2 of 9 rounds\n.*resume"):
        compare([whole, record([1, 1], status="interrupted", rounds=9)])
    with pytest.raises(ConfigError, match="different tasks: quadratic, toy"):
        compare([whole, record([1, 1], recipe="toy")])
    with pytest.raises(ConfigError, match="dead, so it has no score"):
        compare([whole, record([-np.inf, -np.inf])])
    with pytest.raises(ConfigError, match="given twice"):
        compare([whole, whole])
    with pytest.raises(ConfigError, match="no runs"):
        compare([])


def test_repeats_that_are_none_are_told(record):
    notes = " ".join(compare([record([1, 1], seed=3), record([1, 1], seed=3)]).notes)
    assert "not independent" in notes
    assert "nothing to compare" in notes


def test_one_run_of_a_group_has_no_interval(record):
    found = compare([record([1, v], seed=5, rate=v) for v in (2, 3)])
    assert improvement_rows(found)[1] == [["rate 3, over rate 2", "1", ""]]
    assert found.notes == [
        "One run of a task says nothing of other seeds, so it has no interval: rate 3; rate 2."
    ]
    more = compare([found.groups[0].runs[0].folder, record([1, 4], seed=6, rate=3)])
    assert run_rows(more)[1] == [["run-1", "5", "3"], ["run-2", "6", "4"]]


def test_the_page_and_its_figures(record, tmp_path, monkeypatch):
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: "var Plotly;")
    evil = "</script><b>"
    runs = [
        record([v, 0], seed=i, note=n)
        for n, vs in ((evil, (1, 3)), ("b", (2, 2)))
        for i, v in enumerate(vs)
    ]
    found = compare(runs)
    html = found.write(tmp_path / "new" / "compare.html").read_text()
    assert html.count('type="application/json"') == 3
    assert "<b>" not in html
    assert [trace.name for trace in courses_figure(found).data if trace.name] == [
        "note &lt;/script&gt;&lt;b&gt;",
        "note b",
    ]


def test_courses_of_different_lengths_meet_on_the_shorter(make_store):
    values = {"recipe": "q", "status": "finished"}
    long = make_store(np.array([[1.0], [3.0], [9.0]]), name="a", fields={"steps": 10}, **values)
    short = make_store(np.array([[2.0], [8.0]]), name="b", fields={"steps": 5}, **values)
    runs = [
        run for group in compare([long.folder, short.folder], by=["recipe"]) for run in group.runs
    ]
    updates, courses = common_courses(runs)
    np.testing.assert_array_equal(updates, [10])
    np.testing.assert_array_equal(courses, [[1.0], [8.0]])
