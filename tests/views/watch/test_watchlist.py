"""The list of runs that is looked at again and again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from made_up_run import MadeUpRun
from ontogeny.runtime.storage.store import FILE
from ontogeny.views.terminal.tables import run_summary
from ontogeny.views.watch import watchlist
from ontogeny.views.watch.watchlist import Watchlist, run_id

DIES = """
import os, pathlib, sys
from made_up_run import MadeUpRun
run = MadeUpRun(pathlib.Path(sys.argv[1]))
run.grow(3)
print("grown", flush=True)
sys.stdin.readline()
run.grow(1)
os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Take files for settled at once: the tests of it wait for nothing."""
    monkeypatch.setattr(watchlist, "YOUNG", 0)


def test_runs_come_grow_die_and_go(tmp_path):
    seen = Watchlist(tmp_path)
    seen.fill()
    assert seen.lines == {}
    run = MadeUpRun(tmp_path / "one")
    run.grow(3)
    seen.look()
    (line,) = seen.lines.values()
    assert (line.id, line.status) == ("one", "growing")
    assert line.summary == run_summary(run.store)
    assert line.summary["speed"] == pytest.approx(4 * 5 / 0.5)  # members, steps, seconds
    assert line.summary["seconds_left"] == pytest.approx(37 * 0.5)

    before, version = line.version, seen.version
    seen.look()
    assert (line.version, seen.version) == (before, version)
    run.grow(2)
    seen.look()
    assert line.summary["rounds"] == 5
    assert line.version > before

    command = [sys.executable, "-c", DIES, str(tmp_path / "two")]
    tests = Path(__file__).parents[2]  # what it imports is there
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": tests}
    with subprocess.Popen(command, **pipes) as driver:
        driver.stdout.readline()
        seen.look()
        assert {line.name: line.status for line in seen.lines.values()} == {
            "one": "growing",
            "two": "growing",
        }
        driver.communicate(b"go on\n")
    seen.look()
    assert seen.lines["two"].status == "stopped"
    assert seen.lines["two"].summary["rounds"] == 4
    assert list(seen.lines) == ["one", "two"]  # what grows comes first

    shutil.rmtree(tmp_path / "two")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / FILE).write_bytes(b"SQLite format 3\0 and no more")
    run.end()
    seen.look()
    assert {line.name: line.status for line in seen.lines.values()} == {
        "one": "finished",
        "three": "unreadable",
    }
    assert "store" in seen.lines["three"].summary["error"]
    shutil.rmtree(tmp_path)
    seen.look()
    assert seen.lines == {}


def test_many_runs_are_read_in_several_looks(tmp_path, monkeypatch):
    for name in "abc":
        MadeUpRun(tmp_path / name).end()
    monkeypatch.setattr(watchlist, "SLICE", -1.0)
    seen = Watchlist(tmp_path)
    seen.look()
    assert not seen.whole
    assert {line.status for line in seen.lines.values()} == {""}
    assert seen.due  # at once
    monkeypatch.setattr(watchlist, "SLICE", 60.0)
    seen.look()
    assert seen.whole
    assert {line.status for line in seen.lines.values()} == {"finished"}
    assert not seen.due


def test_a_file_that_has_just_been_written_is_looked_at_again(tmp_path, monkeypatch):
    MadeUpRun(tmp_path / "run").end()
    monkeypatch.setattr(watchlist, "YOUNG", int(3600e9))
    assert watchlist.stamp(tmp_path / "run") is None
    before = time.time() - 7200
    os.utime(tmp_path / "run" / FILE, (before, before))
    assert watchlist.stamp(tmp_path / "run") is not None


def test_an_id_can_stand_in_an_address_whatever_the_folder_is_called():
    names = ["a b", "<b>", "../x", "ä", "a/b/c", "\udcff", "~x", "-x", "x" * 300]
    ids = [run_id(name) for name in names]
    assert len(set(ids)) == len(names)
    assert all(one.isascii() and not {"/", "<", " ", "%", "?", "#", "."} & set(one) for one in ids)
