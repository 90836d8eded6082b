from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from ontogeny.core.errors import DataError, StoreError
from ontogeny.learners.beauty.rating_files import read_ratings
from ontogeny.runtime.rating.pair_store import PairStore, export_pairs

WRITER = """
import sys
from pathlib import Path
from ontogeny.runtime.rating.pair_store import PairStore
store = PairStore(Path(sys.argv[1]))
for count in range(10**6):
    store.add("kim", f"{count}.jpg", "x.jpg", "left", 1.5)
    print(count, flush=True)
"""


def test_what_is_judged_is_kept_read_and_written_as_a_table(tmp_path):
    file = tmp_path / "pairs.sqlite"
    with PairStore(file) as store:
        store.add("kim", "a.jpg", "b.jpg", "left", 2.0)
        store.add("lee", "<b>&.jpg", "a.jpg", "right", None)
        store.add("kim", "b.jpg", "c.jpg", "tie", 1.0)
        store.add("kim", "c.jpg", "a.jpg", "skip", 1.0)
        store.add("kim", "c.jpg", "a.jpg", "left", 1.0)
        undone = store.undo("kim")
        assert undone is not None
        assert undone[2:] == ("c.jpg", "a.jpg", "left")
        assert store.undo("nobody") is None
        kept = store.judgements()
        beside = read_ratings(file)  # while it is written
        export_pairs(kept, tmp_path / "pairs.csv")
    assert [one.choice for one in kept] == ["left", "right", "tie", "skip"]
    after, table = read_ratings(file), read_ratings(tmp_path / "pairs.csv")
    for ratings in (beside, after, table):
        assert ratings.photos == ("<b>&.jpg", "a.jpg", "b.jpg", "c.jpg")
        assert ratings.pairs.tolist() == [[1, 2], [1, 0], [2, 3], [3, 2]]
        assert ratings.pair_weights.tolist() == [1, 1, 0.5, 0.5]
    assert sorted(os.listdir(tmp_path)) == ["pairs.csv", "pairs.sqlite"]  # and no log
    with closing(sqlite3.connect(file)) as db:  # nothing is deleted
        assert db.execute("SELECT count(*), sum(undone) FROM judgement").fetchone() == (5, 1)


def test_a_kill_takes_nothing_that_was_answered(tmp_path):
    file = tmp_path / "pairs.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        answered = [writer.stdout.readline() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        answered += writer.stdout.readlines()
    told = int([line for line in answered if line.endswith("\n")][-1])
    assert len(read_ratings(file).pairs) >= told + 1
    with PairStore(file) as store:
        names = [one.left for one in store.judgements()]
    assert names[: told + 1] == [f"{count}.jpg" for count in range(told + 1)]
    assert len(names) <= told + 2


def test_other_files_are_refused_and_stay_as_they_are(tmp_path):
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("CREATE TABLE mine (x)")
    text = tmp_path / "text.sqlite"
    text.write_text("no database" * 100)
    for file in (other, text):
        before = file.read_bytes()
        with pytest.raises(StoreError):
            PairStore(file)
        assert file.read_bytes() == before
    with pytest.raises(StoreError, match="can't open"):
        PairStore(tmp_path / "no folder" / "pairs.sqlite")


def test_a_full_disk_is_told_and_what_was_judged_stays(tmp_path):
    file = tmp_path / "pairs.sqlite"
    with PairStore(file) as store:
        store.add("kim", "a.jpg", "b.jpg", "left", None)
        store._db.execute("PRAGMA max_page_count = 1")  # as many as there are
        with pytest.raises(StoreError, match="full"):
            store.add("kim", "a" * 20_000, "b.jpg", "left", None)
    assert read_ratings(file).photos == ("a.jpg", "b.jpg")


def test_a_file_without_judgements_says_how_to_begin(tmp_path):
    with PairStore(tmp_path / "pairs.sqlite"):
        pass
    with pytest.raises(DataError, match="ontogeny beauty rate"):
        read_ratings(tmp_path / "pairs.sqlite")
