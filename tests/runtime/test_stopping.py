"""A growth stops when another process asks it to, and can be resumed to the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from growing_apart import make
from ontogeny.core.errors import StoreError
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.driver import grow
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.stopping import FILE, PATIENCE, Asked, ask_to_stop
from ontogeny.runtime.storage.store import Store


class Asking(Observer):
    """Asks the run to stop at its second round, and then waits until it is looked for."""

    def __init__(self, clock=None):
        self.told, self.clock = [], clock

    def compiling(self, setting):
        self.folder = setting.folder

    def lived(self, round_, moved, dead):
        self.told.append("lived")
        if len(self.told) == 2:
            ask_to_stop(self.folder)
            assert [path.name for path in self.folder.glob(f"{FILE}*")] == [FILE]  # whole

    def stopping(self):
        self.told.append("stopping")


@pytest.fixture
def at_once(monkeypatch):
    """Have the driver look between any two rounds."""
    monkeypatch.setattr("ontogeny.runtime.stopping.PATIENCE", 0.0)


def test_a_growth_that_is_asked_to_stop_goes_on_to_the_same_bits(tmp_path, job, compiled, at_once):
    with Store.create(tmp_path / "uncut") as uncut, Store.create(tmp_path / "run") as store:
        grow(job(), compiled, uncut)
        (store.folder / FILE).touch()  # left by an earlier growth: it asks nothing
        asking = Asking()
        assert grow(job(), compiled, store, observers=[asking]) == "interrupted"
        assert asking.told == ["lived", "lived", "stopping", "lived"]
        assert not (store.folder / FILE).exists()
        assert store.artifacts("checkpoint")[-1].round == store.rounds() - 1 == 2
        (event,) = store.events()
        assert (event.kind, event.detail) == ("interrupted", "another process asked for it")
        assert grow(job(), compiled, store) == "finished"
        np.testing.assert_array_equal(store.metric("score"), uncut.metric("score"))


def test_processes_finish_what_is_under_way(store, at_once):
    asking = Asking()
    assert grow(make(rounds=200), Processes(2), store, observers=[asking]) == "interrupted"
    assert asking.told.count("stopping") == 1
    assert 1 <= store.rounds() < 200


def test_only_what_grows_can_be_asked(tmp_path):
    with pytest.raises(StoreError, match="no run"):
        ask_to_stop(tmp_path)
    Store.create(tmp_path / "run").close()
    with pytest.raises(StoreError, match="it isn't growing"):
        ask_to_stop(tmp_path / "run")
    assert not (tmp_path / "run" / FILE).exists()


def test_it_is_not_looked_for_more_often_than_that(tmp_path):
    now, told = [0.0], []
    asked = Asked(tmp_path, lambda: told.append(now[0]), clock=lambda: now[0])
    (tmp_path / FILE).touch()
    assert (asked(), told) == ("", [])
    now[0] = PATIENCE
    assert asked() == asked() != ""
    assert told == [PATIENCE]
    (tmp_path / FILE).mkdir()  # which is somebody's own
    other = Asked(tmp_path, lambda: told.append(now[0]), clock=lambda: now[0])
    now[0] += PATIENCE
    assert (other(), len(told)) == ("", 1)
    assert (tmp_path / FILE).is_dir()
