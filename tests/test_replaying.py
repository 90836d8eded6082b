"""A schedule that a population found is lived again: to the number, by members of their own."""

from __future__ import annotations

import os
import shutil
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.storage.store import Heir, Store
from ontogeny.views.growth.record import read_record

pytestmark = pytest.mark.usefixtures("one_device")
SMALL = {"population": 4, "rounds": 5, "steps": 4, "progress": False}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source") / "quadratic-1"
    return og.grow("quadratic", **SMALL, folder=folder)


@pytest.fixture(scope="module")
def replayed(source):
    folder = source.folder.with_name("again")
    return og.replay(source, members=2, fixed_final=True, folder=folder, progress=False)


def rate(run):
    return run.metrics()["hypers.learning_rate"]


def test_members_live_the_winning_line_and_its_end(source, replayed):
    line = read_record(source.store).line
    found = np.array([rate(source)[number, slot] for number, slot in line])
    assert len(set(found)) > 1  # else it would be no schedule
    np.testing.assert_array_equal(rate(replayed)[:, :2], np.stack([found, found], axis=1))
    np.testing.assert_array_equal(rate(replayed)[:, 2:], np.full((5, 2), found[-1]))
    assert replayed.lineage() == []
    about = replayed.store.run()["replay"]
    assert about["source"] == "quadratic-1"
    assert about["score"][-1] == source.best.score
    assert replayed.store.run()["status"] == "finished"


def test_a_score_is_what_the_descent_along_the_schedule_gives(source, replayed):
    """Written out: the gradients' noise has the keys of the replay's own seed and slots."""
    from ontogeny.core.keys import Purpose, derive

    learner, x = Quadratic().learner(), jnp.full(20, 3.0)
    for step in range(20):
        hypers = {"learning_rate": jnp.float32(rate(replayed)[step // 4, 1])}
        x, _ = learner.step(derive(1, Purpose.STEP, 1, step), x, hypers)
    score = learner.score(jax.random.key(0), x, {})
    assert replayed.metrics()["score"][-1, 1] == pytest.approx(float(score), rel=1e-5)


def test_first_weights_are_the_members_own(replayed):
    first = replayed.metrics()["score"][0]
    assert len(set(first[:2])) == 2


def test_a_replay_that_was_interrupted_goes_on_without_its_source(source, replayed, tmp_path):
    class Stop(Observer):
        def lived(self, round_, moved, dead):
            if round_.number == 1:
                os.kill(os.getpid(), signal.SIGINT)

    copy = tmp_path / "quadratic-1"
    shutil.copytree(source.folder, copy)
    with pytest.raises(KeyboardInterrupt):
        og.replay(
            copy,
            members=2,
            fixed_final=True,
            folder=tmp_path / "cut",
            progress=False,
            observers=[Stop()],
        )
    shutil.rmtree(copy)
    cut = og.load(tmp_path / "cut")
    assert cut.status == "interrupted"
    whole = og.resume(tmp_path / "cut", progress=False)
    np.testing.assert_array_equal(whole.metrics()["score"], replayed.metrics()["score"])
    assert whole.product()() == replayed.product()()
    shutil.rmtree(tmp_path / "cut" / "schedule")
    with pytest.raises(StoreError, match=r"structure\.json"):
        og.resume(tmp_path / "cut", progress=False)


def test_the_report_holds_it_against_the_source(replayed, tmp_path, monkeypatch):
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: "var Plotly;")
    html = replayed.report(tmp_path / "report.html").read_text()
    assert "The schedule by itself" in html
    assert "its last hypers, fixed" in html
    assert "quadratic-1: its winner&#x27;s line" in html


def test_another_replay_does_not_overwrite_one(source, replayed):
    with pytest.raises(StoreError, match="is not this replay"):
        og.replay(source, members=4, folder=replayed.folder, progress=False)
    with pytest.raises(StoreError, match="there is a replay"):
        og.grow(replayed.recipe, folder=replayed.folder, progress=False)
    assert rate(replayed).shape == (5, 4)


def test_a_replay_grows_on_to_the_rounds_of_its_schedule_and_no_more(replayed, tmp_path):
    folder = shutil.copytree(replayed.folder, tmp_path / "again")
    again = og.resume(folder, progress=False, checkpoint_seconds=0)
    np.testing.assert_array_equal(rate(again), rate(replayed))
    assert again.store.run()["replay"] == replayed.store.run()["replay"]


def made(tmp_path, job, **hypers):
    """Record by hand a run of two members and three rounds, whose winner inherited."""
    with (
        Store.create(tmp_path / "made", fields={"steps": 4}, status="finished") as store,
        store.transaction(),
    ):
        for number, score in enumerate([[2.0, 1.0], [2.0, 3.0], [4.0, 3.0]]):
            store.add_metric("score", number, score)
            for name, table in hypers.items():
                store.add_metric(f"hypers.{name}", number, table[number])
        store.add_heirs([Heir(2, 0, 1, True, 1)])
    return og.Run(Store(tmp_path / "made"), job=job)


def job_of(dimension):
    learner = og.Learner(
        init=lambda key, hypers: jnp.zeros(()),
        step=lambda key, x, hypers: (x + jnp.sum(hypers["h"]), {}),
        score=lambda key, x, hypers: x,
    )
    from ontogeny.runtime.executor import Job

    space = og.Space({"h": dimension})
    return Job(learner, space, og.random_search(space), 0, 2, 3, 4)


def test_a_bare_learner_and_a_small_array(tmp_path):
    """Slot 0 came from slot 1 in the last round: 10 + 20, 30 + 40, then 5 + 6; four steps each."""
    h = np.array([[[1, 2], [10, 20]], [[3, 4], [30, 40]], [[5, 6], [50, 60]]])
    run = made(
        tmp_path, job_of(og.Linear(0, 99, shape=(2,))), **{"h.0": h[:, :, 0], "h.1": h[:, :, 1]}
    )
    again = og.replay(run, folder=tmp_path / "again", progress=False)
    assert again.best.score == 4 * (30 + 70 + 11)


def test_integers_stay_integers(tmp_path):
    run = made(tmp_path, job_of(og.Integer(1, 9)), h=np.array([[1, 2], [3, 4], [5, 6]]))
    again = og.replay(run, folder=tmp_path / "again", progress=False)
    assert again.best.score == 4 * (2 + 4 + 5)


def test_what_cannot_be_replayed_says_why(tmp_path, source, monkeypatch):
    large = made(
        tmp_path / "a", job_of(og.Linear(0, 1, shape=(20,))), **{"h.mean": np.ones((3, 2))}
    )
    with pytest.raises(ConfigError, match=r"h has 20 numbers.*at most 16"):
        og.replay(large, folder=tmp_path / "b", progress=False)
    bare = made(tmp_path / "c", job_of(og.Linear(0, 1))._replace(space=og.Space({})))
    with pytest.raises(ConfigError, match="no hypers"):
        og.replay(bare, folder=tmp_path / "b", progress=False)
    with Store.create(tmp_path / "d" / "dead", fields={}) as store, store.transaction():
        store.add_metric("score", 0, [-np.inf, -np.inf])
    dead = og.Run(Store(tmp_path / "d" / "dead"), job=source.job)
    with pytest.raises(ConfigError, match="no winner"):
        og.replay(dead, folder=tmp_path / "b", progress=False)
    with pytest.raises(ConfigError, match="members is 0"):
        og.replay(source, members=0)
    assert not (tmp_path / "b").exists()
