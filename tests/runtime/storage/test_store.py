"""The store keeps what it is given, says clearly what is wrong, and is read with plain SQL."""

from __future__ import annotations

import sqlite3
import threading
import time

import numpy as np
import pytest

from ontogeny.core.errors import StoreError
from ontogeny.runtime.storage.store import FILE, Heir, Store


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "run", recipe="none", population=3) as opened:
        yield opened


def write_round(store: Store, number: int) -> None:
    with store.transaction():
        store.add_metric("score", number, [1.0 + number, -np.inf, np.nan])
        store.add_metric("seconds", number, [0.5], -1)
        store.add_heirs(
            [Heir(number, 1, 0, True, number - 1), Heir(number, 2, 2, False, number - 1)]
        )
        store.add_event(number, "dead", "not finite", 1)


def test_what_is_written_is_read(store):
    write_round(store, 0)
    write_round(store, 1)
    assert store.rounds() == 2
    np.testing.assert_array_equal(
        store.metric("score"), [[1, -np.inf, np.nan], [2, -np.inf, np.nan]]
    )
    np.testing.assert_array_equal(store.metric("seconds"), [[0.5], [0.5]])
    assert store.heirs()[0] == Heir(0, 1, 0, True, -1)
    assert [(e.round, e.slot, e.kind) for e in store.events()] == [(0, 1, "dead"), (1, 1, "dead")]
    assert store.run() == {"recipe": "none", "population": 3}
    assert store.metric_names() == ["score", "seconds"]
    assert np.isnan(store.metric("nothing")).all()


def test_a_transaction_is_whole_or_nothing(store):
    write_round(store, 0)

    def half() -> None:
        with store.transaction():
            store.add_metric("score", 1, [1, 2, 3])
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half()
    assert store.rounds() == 1


def test_rewind_forgets_later_rounds(store):
    for number in range(4):
        write_round(store, number)
    with store.transaction():
        store.rewind(1)
    assert store.rounds() == 2
    assert {h.round for h in store.heirs()} == {0, 1}
    assert {e.round for e in store.events()} == {0, 1}


def test_plain_sql_reads_it(store):
    write_round(store, 0)
    with sqlite3.connect(store.folder / FILE) as db:
        best = db.execute(
            "SELECT slot FROM metric WHERE name = 'score' ORDER BY value DESC"
        ).fetchone()
    assert best == (0,)


def test_one_driver_at_a_time(store):
    with pytest.raises(StoreError, match="another process"):
        Store(store.folder, write=True)
    Store(store.folder).close()  # readers are welcome


def test_a_run_whose_process_died_has_stopped(store):
    with store.transaction():
        store.put(status="growing")
    with Store(store.folder) as reader:
        assert reader.run()["status"] == "growing"
        store.close()
        assert reader.run()["status"] == "stopped"


def test_readers_never_keep_a_writer_out(store):
    """Pages that poll as hard as they can, while the run is opened again and again."""
    with store.transaction():
        store.put(status="growing")
    store.close()
    over, seen = threading.Event(), set()

    def poll() -> None:
        while not over.is_set():
            with Store(store.folder) as reader:
                for _ in range(20):
                    seen.add(reader.run()["status"])

    pages = [threading.Thread(target=poll) for _ in range(3)]
    for page in pages:
        page.start()
    try:
        for number in range(12):
            time.sleep(0.001)  # while nobody writes, they ask
            with Store(store.folder, write=True) as writer:
                with writer.transaction():
                    writer.put(number=number)
                time.sleep(0.001)
    finally:
        over.set()
        for page in pages:
            page.join()
    assert seen == {"growing", "stopped"}


def test_a_run_that_ended_while_it_was_asked_about_has_not_stopped(store, monkeypatch):
    with store.transaction():
        store.put(status="growing")

    def ends(folder) -> bool:
        if store.run()["status"] == "growing":
            with store.transaction():
                store.put(status="finished")
            store.close()
        return False

    with Store(store.folder) as reader:
        monkeypatch.setattr("ontogeny.runtime.storage.store.driver_lives", ends)
        assert reader.run()["status"] == "finished"


def test_a_metric_is_read_from_a_round_on(store):
    table = np.arange(12.0).reshape(4, 3)
    with store.transaction():
        for number, row in enumerate(table):
            store.add_metric("score", number, row)
            store.add_metric("seconds", number, [row[0]], -1)
            store.add_metric("holes", number, [row[0]], 2 if number == 0 else 0)
    for name in ("score", "seconds", "holes", "nothing"):
        for since in range(5):
            np.testing.assert_array_equal(store.metric(name, since), store.metric(name)[since:])
    assert store.metric("holes", 9).shape == (0, 3)


def test_a_reader_can_not_write(store):
    def write(reader: Store) -> None:
        with reader.transaction():
            reader.put(a=1)

    with Store(store.folder) as reader, pytest.raises(StoreError, match=r"readonly|query_only"):
        write(reader)


def test_errors_say_what_to_do(tmp_path, store):
    with pytest.raises(StoreError, match="ontogeny list"):
        Store(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="already here"):
        Store.create(store.folder)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / FILE).write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    with pytest.raises(StoreError, match=r"broken/run\.sqlite"):
        Store(broken)
    (broken / FILE).write_text("not a database at all, but long enough to be looked at " * 20)
    with pytest.raises(StoreError, match="not a database"):
        Store(broken)


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(StoreError, match="can't create"):
        Store.create(tmp_path / "run" / "inner")


def test_a_store_of_version_1_is_read_and_upgraded_when_it_is_written(tmp_path, store):
    write_round(store, 1)
    store.close()
    path = tmp_path / "run" / FILE
    with sqlite3.connect(path) as db:
        db.executescript(
            "ALTER TABLE lineage DROP COLUMN parent_round; DROP TABLE board;"
            "PRAGMA user_version = 1;"
        )
    with Store(tmp_path / "run") as old:
        expected = old.heirs()
        assert [heir.parent_round for heir in expected] == [0, 0]
        assert old.board() is None
    with Store(tmp_path / "run", write=True) as new:
        assert new.heirs() == expected
        with new.transaction():
            new.add_heirs([Heir(5, 0, 2, True, 7)])
            new.put_board(b"one")
            new.put_board(b"two")
        assert new.heirs()[-1] == Heir(5, 0, 2, True, 7)
        assert new.board() == b"two"


def test_a_metric_is_read_alike_whether_it_is_whole_or_has_holes(store):
    """Whole tables are read by a shorter way; one hole of any kind leads to the longer."""
    table = np.arange(12.0).reshape(4, 3) - 5
    table[2, 1] = -np.inf
    for name, values in {
        "score": table,
        "not a number": np.where(table == 2, np.nan, table),
        "the last slot is none": np.where(np.arange(3) == 2, np.nan, table),
    }.items():
        with store.transaction():
            for number, row in enumerate(values):
                store.add_metric(name, number, row)
        np.testing.assert_array_equal(store.metric(name), values)
    with store.transaction():  # a slot that comes late, and one that is ahead
        store.add_metric("late", 1, [7.0], 1)
        store.add_metric("late", 4, [8.0], 0)
    expected = np.full((5, 2), np.nan)
    expected[1, 1], expected[4, 0] = 7, 8
    np.testing.assert_array_equal(store.metric("late"), expected)


def test_members_apart_are_rewound_each_to_its_own_round(store):
    with store.transaction():
        for slot, rounds in enumerate((4, 1, 2)):
            for number in range(rounds):
                store.add_metric("score", number, [1.0], slot)
                store.add_event(number, "dead", "", slot)
        for number in range(2):
            store.add_metric("seconds", number, [0.5], -1)
        store.add_heirs([Heir(3, 0, 1, True, 0), Heir(1, 2, 0, True, 2)])
        store.rewind(0, {0: 1, 1: -1, 2: 1})
    expected = [[1, np.nan, 1], [1, np.nan, 1]]
    np.testing.assert_array_equal(store.metric("score"), expected)
    np.testing.assert_array_equal(store.metric("seconds")[:, 0], [0.5, np.nan])  # 4 of 3 members
    assert store.heirs() == [Heir(1, 2, 0, True, 2)]
    assert [(e.slot, e.round) for e in store.events()] == [(0, 0), (0, 1), (2, 0), (2, 1)]
