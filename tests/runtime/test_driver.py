"""A growth is recorded round by round, goes on to the same bits, and fails without losing what was
good.
"""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

import hosts
import ontogeny as og
from hermits import Hermitage
from ontogeny.core.errors import DeadPopulation, StoreError
from ontogeny.runtime.driver import flatten_hypers, grow
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.storage.store import Store


def recorded(store: Store) -> dict[str, np.ndarray]:
    return {name: store.metric(name) for name in store.metric_names() if name != "seconds"}


class Stop(Observer):
    """Sends SIGINT to this process in a given round."""

    def __init__(self, number: int, times: int = 1):
        self.number, self.times, self.told = number, times, 0

    def lived(self, round_, moved, dead):
        if round_.number == self.number:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)

    def stopping(self):
        self.told += 1


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "run") as opened:
        yield opened


@pytest.fixture(scope="module")
def uncut(tmp_path_factory, job, compiled):
    with Store.create(tmp_path_factory.mktemp("uncut") / "run") as opened:
        assert grow(job(), compiled, opened) == "finished"
        yield opened


def test_everything_is_recorded(uncut):
    assert uncut.rounds() == 6
    assert set(uncut.metric_names()) == {"score", "loss", "seconds", "hypers.rate", "hypers.unused"}
    assert uncut.metric("score").shape == (6, 8)
    assert np.isfinite(uncut.metric("score")).all()
    assert {heir.round for heir in uncut.heirs()} == {1, 2, 3, 4, 5}
    assert all(heir.slot != heir.parent and heir.inherit for heir in uncut.heirs())
    assert uncut.run()["status"] == "finished"
    assert [a.round for a in uncut.artifacts("checkpoint")] == [5]


@pytest.mark.parametrize("checkpoint_seconds", [0.0, 1e9])
def test_an_interrupted_run_goes_on_to_the_same_bits(
    store, job, uncut, checkpoint_seconds, compiled
):
    stop = Stop(2)
    settings = {"checkpoint_seconds": checkpoint_seconds}
    status = grow(job(), compiled, store, observers=[stop], **settings)
    # the signal came after round 2 was recorded, so round 3 is the one that is finished
    assert (status, store.rounds(), stop.told) == ("interrupted", 4, 1)
    assert store.run()["status"] == "interrupted"
    assert grow(job(), compiled, store, **settings) == "finished"
    assert [e.kind for e in store.events()] == ["interrupted", "resumed", "finished"]
    for name, values in recorded(uncut).items():
        np.testing.assert_array_equal(recorded(store)[name], values, err_msg=name)
    assert store.heirs() == uncut.heirs()


def test_a_second_interruption_stops_now_and_loses_nothing(store, job, uncut, compiled):
    with pytest.raises(KeyboardInterrupt):
        grow(job(), compiled, store, observers=[Stop(2, times=2)], checkpoint_seconds=0)
    assert store.rounds() == 3
    assert grow(job(), compiled, store) == "finished"
    np.testing.assert_array_equal(recorded(store)["score"], recorded(uncut)["score"])


def test_signals_are_given_back(store, job, compiled):
    before = signal.getsignal(signal.SIGINT)
    grow(job(rounds=1), compiled, store)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_finished_run_grows_on_as_if_it_had_been_longer(tmp_path, job, uncut, compiled):
    with Store.create(tmp_path / "short") as store:
        grow(job(rounds=3), compiled, store)
        grow(job(rounds=6), compiled, store)
        np.testing.assert_array_equal(recorded(store)["score"], recorded(uncut)["score"])


def test_nan_from_step_one_says_so(store, job, compiled):
    with pytest.raises(DeadPopulation, match=r"all 8 members.*rate") as caught:
        grow(job(broken_at=1), compiled, store)
    assert "round 0" in (caught.value.where or "")
    assert store.run()["status"] == "failed"
    assert np.isneginf(store.metric("score")).all()
    assert sum(event.kind == "dead" for event in store.events()) == 8


def test_a_dead_member_is_replaced_and_recorded(tmp_path, job, compiled):
    import jax.numpy as jnp

    whole = job()

    def step(key, state, hypers):
        state, metrics = whole.learner.step(key, state, hypers)
        ill = (hypers["rate"] > 0.1) & (state["seen"]["count"] == 4)
        return {**state, "x": jnp.where(ill, jnp.nan, state["x"])}, metrics

    mortal = whole._replace(learner=whole.learner._replace(step=step))
    with Store.create(tmp_path / "run") as store:
        assert grow(mortal, compiled, store) == "finished"
        dead = [event.slot for event in store.events() if event.kind == "dead" and event.round == 0]
        assert dead
        assert len(dead) < 8
        assert set(dead) <= {heir.slot for heir in store.heirs() if heir.round == 1}
        assert np.isfinite(store.metric("score")[-1]).any()


def test_a_full_disk_leaves_the_last_checkpoint(store, job, uncut, monkeypatch, compiled):
    grow(job(rounds=3), compiled, store)
    from ontogeny.core import archive

    def full(written):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(archive, "sync", full)
        with pytest.raises(StoreError, match=r"No space left.*\n.*free some space"):
            grow(job(), compiled, store, checkpoint_seconds=0)
    assert store.run()["status"] == "failed"
    assert grow(job(), compiled, store) == "finished"
    np.testing.assert_array_equal(recorded(store)["score"], recorded(uncut)["score"])


def test_hypers_become_columns():
    small, large = np.arange(6.0).reshape(2, 3), np.ones((2, 100))
    columns = flatten_hypers({"a": np.array([1.0, 2.0]), "b": {"c": small, "d": large}})
    assert list(columns) == [
        "hypers.a",
        "hypers.b.c.0",
        "hypers.b.c.1",
        "hypers.b.c.2",
        "hypers.b.d.mean",
        "hypers.b.d.deviation",
    ]
    np.testing.assert_array_equal(columns["hypers.b.c.1"], [1, 4])


class Failing(Observer):
    """Raises in one hook."""

    def __init__(self, hook, error=None):
        self.told, self.error = [], error or ValueError("no such host")
        for name in ("compiling", "compiled", "lived", "ended"):
            setattr(self, name, lambda *told, name=name: self.hear(name, name == hook))

    def hear(self, name, fails):
        self.told.append(name)
        if fails:
            raise self.error


@pytest.mark.parametrize(
    ("hook", "left"),
    [
        ("compiling", ["compiling", "ended"]),
        ("compiled", ["compiling", "compiled", "ended"]),
        ("lived", ["compiling", "compiled", "lived", "ended"]),
        ("ended", ["compiling", "compiled", "lived", "lived", "ended"]),
    ],
)
def test_an_observer_that_fails_is_told_only_the_end_and_the_growth_goes_on(
    store, job, hook, left, compiled
):
    failing, after = Failing(hook), Failing("none")
    whole = job(rounds=2)
    with pytest.warns(RuntimeWarning, match=rf"Failing .*{hook}\(\) raised ValueError") as warned:
        assert grow(whole, compiled, store, observers=[failing, after]) == "finished"
    assert len(warned) == 1
    assert failing.told == left
    assert after.told == ["compiling", "compiled", "lived", "lived", "ended"]
    (event,) = [event for event in store.events() if event.kind == "observer"]
    assert "no such host" in event.detail


def test_a_terminal_that_went_away_ends_no_growth(store, job, compiled):
    """The console raises `SystemExit` when its reader has gone."""
    gone = Failing("compiling", SystemExit(1))
    with pytest.warns(RuntimeWarning, match="its reader is gone"):
        assert grow(job(rounds=1), compiled, store, observers=[gone]) == "finished"


def test_all_are_ended_and_the_first_error_is_the_one_that_is_raised(store, job, compiled):
    failing, after = Failing("ended"), Failing("none")
    with (
        pytest.warns(RuntimeWarning, match="ended"),
        pytest.raises(DeadPopulation),
    ):
        grow(job(broken_at=1), compiled, store, observers=[failing, after])
    assert after.told[-1] == "ended"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_asked_a_growth_to_stop_ends_what_is_around_it(number, tmp_path):
    """Once all is saved: with the handler that the user has, or Python."""
    heard = []

    class Asked(Observer):
        def lived(self, round_, moved, dead):
            if round_.number == 1:
                os.kill(os.getpid(), number)

    def handle(number, frame):
        heard.append((number, run_status()))

    def run_status():
        with Store(tmp_path / "run") as store:
            return store.run()["status"]

    before = signal.signal(number, handle)
    try:
        run = og.grow(
            hosts.DESCENT,
            space=og.Space({"rate": og.Log(1e-4, 1.0)}),
            strategy="random-search",
            population=2,
            rounds=6,
            steps=1,
            executor=Hermitage(synchronous=True),
            progress=False,
            folder=tmp_path / "run",
            observers=[Asked()],
        )
    finally:
        signal.signal(number, before)
    assert heard == [(number, "interrupted")]
    assert (run.status, run.store.rounds()) == ("interrupted", 3)


def test_a_signal_that_is_ignored_asks_nothing(store, job, compiled):
    """As in a shell's background job, and under nohup."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert grow(job(rounds=4), compiled, store, observers=[Stop(2)]) == "finished"
    finally:
        signal.signal(signal.SIGINT, before)
