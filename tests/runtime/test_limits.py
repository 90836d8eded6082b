"""A growth ends when its time is over or its best score is good enough, and goes on from there."""

from __future__ import annotations

import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError
from ontogeny.runtime.driver import grow
from ontogeny.runtime.limits import Enough, Limits, in_words, limits, seconds_of
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.findings import verdict
from ontogeny.views.growth.record import read_record


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("2h", 7200),
        (" 1H30m ", 5400),
        ("0.5m", 30),
        ("7", 7),
        (1.5, 1.5),
    ],
)
def test_durations_are_read(told, seconds):
    assert seconds_of(told, "here") == seconds
    assert seconds_of(in_words(seconds), "here") == seconds


@pytest.mark.parametrize("told", ["", "10x", "m", "-5s", "0s", 0, -1, float("inf"), "1m1h", "soon"])
def test_what_is_no_duration_is_refused(told):
    with pytest.raises(ConfigError, match="no time to grow for"):
        limits(told, None, "here")


@pytest.mark.parametrize("score", ["475", float("nan"), float("inf"), True])
def test_what_is_no_score_is_refused(score):
    with pytest.raises(ConfigError, match="target_score"):
        limits(None, score, "here")


def test_time_is_counted_from_the_beginning_and_the_dead_reach_no_score():
    now = [100.0]
    enough = Enough(Limits(600.0, 5.0, clock=lambda: now[0]))
    enough.see(np.array([np.nan, -np.inf, 4.5]))
    now[0] = 699.0
    assert enough() == ""
    now[0] = 700.0
    assert enough() == enough.why == "its 10m are over"
    good = Enough(Limits(score=5.0))
    good.see(np.array([np.nan, np.inf, 5.0], np.float32))
    assert good() == "best score 5 ≥ 5"


def test_a_growth_that_is_good_enough_ends_well_and_can_go_on(tmp_path, job, compiled):
    with Store.create(tmp_path / "uncut") as uncut, Store.create(tmp_path / "run") as store:
        grow(job(), compiled, uncut)
        best = uncut.metric("score").max(axis=1)
        target = float(np.sort(best)[3])  # which some round reaches, and not the first
        reached = int(np.argmax(best >= target))
        enough = Limits(score=target)
        assert grow(job(), compiled, store, limits=enough) == "interrupted"
        assert store.rounds() == reached + 1 < 6
        assert store.artifacts("checkpoint")[-1].round == reached
        record = read_record(store)
        assert record.enough.startswith("best score ")
        assert f"Stopped after {reached + 1} of {reached + 1} rounds: best score" in verdict(record)
        # it is good enough as it is: nothing more is grown
        assert grow(job(), compiled, store, limits=enough) == "interrupted"
        assert store.rounds() == reached + 1
        assert grow(job(), compiled, store) == "finished"
        np.testing.assert_array_equal(store.metric("score"), uncut.metric("score"))
        assert read_record(store).enough == ""


def test_python_has_them_too(traced, tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    settings = {"population": 4, "steps": 5, "progress": False}
    run = og.grow("quadratic", rounds=1000, max_time=1e-6, **settings)
    assert (run.status, run.store.rounds()) == ("interrupted", 1)
    again = og.resume(run.folder, target_score=-1e9, progress=False)
    assert [event.kind for event in again.store.events()] == ["stopped", "resumed", "stopped"]
    other = og.grow("quadratic", rounds=1, **settings)
    notes = " ".join(og.compare([run, other]).notes)
    assert "stopped before their last round" in notes
