"""What is left of a growth when it is killed, interrupted, or finds a damaged file."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

import hosts
from growing_apart import POP, ROUNDS, EachRound, check_kept, check_whole, make, recorded
from ontogeny.core.errors import (
    StoreError,
)
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.checkpoints import list_checkpoints, read_newest
from ontogeny.runtime.driver import grow
from ontogeny.runtime.storage.store import Store


class Disturbed:
    """Two processes, of which one at random is killed in some of the rounds."""

    def __init__(self, chance: float, **settings):
        self.executor = Processes(2, restarts=1000, **settings)
        self.random, self.chance, self.kills = random.Random(0), chance, 0

    def prepare(self, job, folder=None):
        self.program = self.executor.prepare(job, folder)
        return self.program

    def strike(self) -> None:
        if self.random.random() < self.chance:
            victim = self.random.choice(self.program.crew.workers).pid
            time.sleep(self.random.random() * 0.01)
            os.kill(victim, signal.SIGKILL)
            self.kills += 1


def test_workers_that_are_killed_change_no_bit_of_a_synchronous_growth(store, undisturbed):
    executor = Disturbed(0.7, synchronous=True)
    strike = EachRound(lambda round_: executor.strike())
    assert grow(make(), executor, store, observers=[strike]) == "finished"
    assert executor.kills >= 5
    told = [event for event in store.events() if event.kind == "restarted"]
    assert 1 <= len(told) <= executor.kills  # one killed twice before it was missed is one
    assert "SIGKILL" in told[0].detail
    for name, values in recorded(undisturbed).items():
        np.testing.assert_array_equal(recorded(store)[name], values, err_msg=name)


def test_workers_that_are_killed_lose_nothing_of_an_asynchronous_growth(store):
    executor = Disturbed(0.2)
    strike = EachRound(lambda round_: executor.strike())
    assert grow(make(), executor, store, observers=[strike]) == "finished"
    assert executor.kills >= 5
    check_whole(store)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


DRIVER = """
from pathlib import Path
from growing_apart import hosts, make
from ontogeny.runtime.driver import grow
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.storage.store import Store
folder = Path({!r})
store = Store(folder, write=True) if (folder / "run.sqlite").exists() else Store.create(folder)
grow(make(hosts.SLOW), Processes(2), store, checkpoint_seconds=0.3)
"""


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_driver_that_is_killed_loses_nothing_that_was_recorded(tmp_path, forks):
    folder = tmp_path / "run"
    process = forks.start(DRIVER.format(str(folder)), ONTOGENY_CACHE=str(tmp_path / "cache"))
    limit, goal = time.monotonic() + 100, random.Random(1).randrange(5, 20)
    done = 0
    while done < goal and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.01)
        if (folder / "run.sqlite").exists():
            with Store(folder) as store:
                done = int(np.isfinite(store.metric("score")).sum())
    left = [*children(process.pid), *(c for p in children(process.pid) for c in children(p))]
    assert len(left) == 3  # the nursery and two workers
    process.send_signal(signal.SIGKILL)
    assert process.communicate()[1] == b""
    while any(map(lives, left)) and time.monotonic() < limit:
        time.sleep(0.01)
    assert not any(map(lives, left))
    with Store(folder, write=True) as store:
        before, heirs = recorded(store), store.heirs()
        assert grow(make(hosts.SLOW), Processes(2), store) == "finished"
        check_whole(store)
        for name, values in before.items():
            check_kept(values, recorded(store)[name])
        assert set(heirs) <= set(store.heirs())
        assert [e.kind for e in store.events()] == ["resumed", "finished"]


def test_ctrl_c_finishes_the_rounds_under_way_and_nothing_is_lost(store):
    count = 0

    def interrupt(round_):
        nonlocal count
        count += 1
        if count == 20:
            os.kill(os.getpid(), signal.SIGINT)

    assert grow(make(), Processes(2), store, observers=[EachRound(interrupt)]) == "interrupted"
    assert 20 < count < POP * ROUNDS
    assert np.isfinite(store.metric("score")).sum() == count
    _, board, _ = read_newest(store.folder, make(), ROUNDS)
    assert not board.under_way.any()
    before = recorded(store)["score"]
    assert grow(make(), Processes(2), store) == "finished"
    check_kept(before, store.metric("score"))
    check_whole(store)


def test_a_damaged_file_is_passed_over_for_the_checkpoint(store):
    grow(make(rounds=5), Processes(2), store)
    for path in (store.folder / "members").glob("slot-0002*"):
        data = bytearray(path.read_bytes())
        data[-3] ^= 1
        path.unlink()  # its other name, in the checkpoint, stays whole
        path.write_bytes(data)
    assert grow(make(), Processes(2), store) == "finished"
    check_whole(store)
    assert any("slot-0002" in e.detail and e.kind == "resumed" for e in store.events())


def test_without_board_and_checkpoint_it_grows_again_from_the_first_round(store):
    grow(make(rounds=3), Processes(2), store)
    for path in (store.folder / "members").iterdir():
        path.unlink()
    for _, folder in list_checkpoints(store.folder):
        for path in folder.glob("slot-*"):
            path.unlink()
    with pytest.raises(StoreError, match="no checkpoint to go on from"):
        grow(make(), Processes(2), store)
