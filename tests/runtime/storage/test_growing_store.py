"""What is read of a growing run, bit by bit, is what is there."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from made_up_run import MadeUpRun
from ontogeny.core.errors import StoreError
from ontogeny.runtime.storage.growing_store import GrowingStore
from ontogeny.runtime.storage.store import FILE, Heir, Store

NAMES = ("score", "seconds", "hypers.rate", "loss")


def same(growing, folder):
    """Assert that the store that was followed reads as one that is opened anew."""
    with Store(folder) as fresh:
        for name in NAMES:
            for since in (0, 2):
                np.testing.assert_array_equal(
                    growing.metric(name, since)[: fresh.rounds()], fresh.metric(name, since)
                )
        assert growing.heirs() == fresh.heirs()
        assert growing.heirs(3) == fresh.heirs(3)
        assert growing.events() == fresh.events()
        assert growing.run() == fresh.run()


def test_a_run_is_followed_through_growth_resumption_and_another_in_its_place(tmp_path):
    folder = tmp_path / "run"
    run = MadeUpRun(folder)
    growing = GrowingStore(folder)
    same(growing.follow(), folder)
    for rounds in (1, 3, 5):
        run.grow(rounds)
        same(growing.follow(), folder)
    run.resume(4)  # rounds 5 to 8 are lived again, to other numbers
    run.grow(2)
    same(growing.follow(), folder)
    run.resume(4)
    run.grow(6)  # it was further when it was looked at again
    same(growing.follow(), folder)
    growing.check()
    run.end()
    same(growing.follow(), folder)

    shutil.rmtree(folder)
    with pytest.raises(StoreError, match="no run is here"):
        growing.follow()
    other = MadeUpRun(folder)
    other.grow(12)
    other.end("failed")
    same(growing.follow(), folder)


def test_members_that_come_late_are_read(tmp_path):
    """Of an asynchronous run: each slot at its own pace, the last one from far behind."""
    folder, done = tmp_path / "run", [0, 0, 0]
    rng = np.random.default_rng(1)
    with Store.create(folder, fields={"population": 3}) as store:
        growing = GrowingStore(folder)
        for step in range(40):
            slot = int(rng.choice(3 if step > 10 else 2))  # slot 2 is not there yet
            with store.transaction():
                for name in ("score", "hypers.rate", "loss"):
                    value = -np.inf if step == 7 else rng.normal()
                    store.add_metric(name, done[slot], [value], slot)
                if done[slot] and step % 3 == 0:
                    parent = (slot + 1) % 2
                    came = min(done[parent], done[slot]) - 1
                    store.add_heirs([Heir(done[slot], slot, parent, True, max(came, 0))])
                if slot == 0:
                    store.add_metric("seconds", done[0], [0.5], -1)
            done[slot] += 1
            if step % 4 == 0:
                same(growing.follow(), folder)
        same(growing.follow(), folder)


def test_what_was_read_is_not_read_again(tmp_path):
    folder = tmp_path / "run"
    run = MadeUpRun(folder)
    run.grow(6)
    growing = GrowingStore(folder)
    before = {name: growing.follow().metric(name).copy() for name in NAMES}
    heirs = growing.heirs()
    run.end()
    with closing(sqlite3.connect(folder / FILE)) as db, db:  # what no driver does
        db.execute("UPDATE metric SET value = 99 WHERE round < 6")
        db.execute("DELETE FROM lineage")
    for name in NAMES:
        np.testing.assert_array_equal(growing.follow().metric(name), before[name])
    assert growing.heirs() == heirs
    with pytest.raises(StoreError, match="not as it was written"):
        growing.check()
