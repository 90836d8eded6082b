"""A run says of each of its parts whether it is as it was written."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ontogeny import cli
from ontogeny.runtime.storage.store import FILE, Store
from ontogeny.runtime.verifying import verify

STORED = Path(__file__).parents[1] / "data" / "stored" / "processes"
MEMBER = "slot-0002-round-000005.safetensors"


@pytest.fixture
def run(tmp_path) -> Path:
    folder = shutil.copytree(STORED, tmp_path / "run")
    Store(folder, write=True).close()  # which gives it digests
    return folder


def damaged(run: Path) -> list[str]:
    return [part.name for part in verify(run) if part.wrong]


def change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def test_a_whole_run_is_whole_and_reading_it_changes_nothing(run, capsys):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert damaged(run) == []
    assert cli.run(["verify", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["whole"] is True
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("file", "part"),
    [
        (f"members/{MEMBER}", "the board's files"),
        (f"checkpoints/round-000004/{MEMBER.replace('2', '1')}", "checkpoints/round-000004"),
        ("checkpoints/round-000005/arrays.safetensors", "checkpoints/round-000005"),
    ],
)
def test_the_file_that_was_changed_is_named(run, file, part):
    (run / "members" / MEMBER).unlink()  # one file, of two names
    shutil.copy(STORED / "members" / MEMBER, run / "members" / MEMBER)
    change(run / file)
    assert damaged(run) == [part]


def test_rows_that_were_changed_are_named(run, capsys):
    with closing(sqlite3.connect(run / FILE)) as db, db:
        db.execute("UPDATE metric SET value = 1.5 WHERE name = 'score' AND round = 3 AND slot = 1")
        db.execute("UPDATE run SET value = '0.02' WHERE key = 'compile_seconds'")
    assert damaged(run) == ["what is said of the run", "round 3"]
    assert cli.run(["verify", str(run)]) == 3
    assert "it is not as it was written" in capsys.readouterr().out
    assert cli.run(["report", str(run)]) == 3
    assert cli.run(["resume", str(run), "--rounds", "7"]) == 3
    assert "is not as it was written" in capsys.readouterr().err


def test_a_checkpoint_of_another_round_is_none_of_this(run):
    newest = run / "checkpoints" / "round-000005"
    shutil.rmtree(newest)
    shutil.copytree(run / "checkpoints" / "round-000004", newest)
    (part,) = [part for part in verify(run) if part.wrong]
    assert "it says that it is of round 4" in part.wrong
