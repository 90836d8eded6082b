"""Whatever the rows of a store say, reading it gives the truth or an `OntogenyError`, in little
room.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ontogeny.core.errors import OntogenyError, StoreError
from ontogeny.runtime.storage.store import FILE, Heir, Store
from ontogeny.views.comparisons.contenders import read_contender
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.report import report_html
from ontogeny.views.terminal.tables import run_details, run_summary, run_table, runs_table

COLUMNS = {"run": 2, "metric": 4, "lineage": 5, "event": 6, "artifact": 5, "board": 2}
NUMBERS = (0, 1, 2, 3, -1, -7, 2**31, 2**40, 2**62, -(2**63), 0.5, 1e308, float("inf"))
WORDS = ("", "score", "seconds", "hypers.rate", "1", "finished", "\x1b[31m", "é" * 40, "../../x")
VALUES = (*NUMBERS, *WORDS, None, b"", b"\xff\x00", b"score", "x" * 5000)
KEYS = (
    *("population", "rounds", "steps", "seed", "recipe", "fields", "repeat", "status", "begun"),
    *("ended", "compile_seconds", "units", "papers", "space", "machine", "memory", "replay"),
)
SAID = (
    *(None, True, [], {}, [[]], {"a": []}, {"rate": 3}, {"rate": {"low": "x", "kind": "Log"}}),
    *({"rate": {"kind": "Choice", "options": []}}, {"population": "many"}, {"rounds": [1]}),
    *({"population": 10**12}, {"steps": 1e300}, {"available_bytes": "x"}, {"a": {"b": {"c": 1}}}),
    *({"source": 1}, {"source": "x", "score": [], "arms": {}}, {"source": "", "score": [None]}),
    {"source": "x", "score": [1.0], "arms": {"schedule": [0, 99], "other": [1]}},
    {"source": "x", "score": [float("nan"), 1], "arms": {"fixed": [2], "schedule": []}},
    *NUMBERS[:-2],
    *WORDS,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """Return the file of a run that is as it should be."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    fields = {"population": 3, "rounds": 3, "steps": 5}
    space = {"rate": {"kind": "Log", "low": 0.1, "high": 1.0, "shape": [], "shown": True}}
    with Store.create(folder, fields=fields, space=space, status="finished", begun=1e9) as store:
        with store.transaction():
            for number in range(3):
                store.add_metric("score", number, [1.0, 2.0, float("-inf")])
                store.add_metric("hypers.rate", number, [0.1, 0.2, 0.3])
                store.add_metric("seconds", number, [0.5], -1)
            store.add_heirs([Heir(1, 0, 1, True, 0), Heir(2, 2, 0, False, 1)])
            store.add_event(0, "dead", "not finite", 2)
            store.add_artifact(1, "film", folder / "film.gif", 7)
        store.check()
    return (folder / FILE).read_bytes()


def read_all(folder: Path, report: bool = True) -> None:
    """Read the run as `list`, `show`, `report` (which takes a quarter of a second), `compare` and
    Python do.
    """
    for read in (
        lambda store: runs_table([run_summary(store)]),
        lambda store: run_table(json.loads(json.dumps(run_details(store)))),
        lambda store: report_html(read_record(store)) if report else None,
        lambda store: read_contender(store.folder, "best"),
        lambda store: [store.metric(name) for name in store.metric_names()],
        lambda store: store.board(),
    ):
        with suppress(OntogenyError), Store(folder) as store:
            read(store)


def write(folder: Path, whole: bytes, *commands: tuple[str, tuple]) -> None:
    """Make the run, changed by someone who knows that a store of version 2 has no digests."""
    (folder / FILE).write_bytes(whole)
    with closing(sqlite3.connect(folder / FILE)) as db, db:
        for command, values in (("PRAGMA user_version = 2", ()), *commands):
            with suppress(sqlite3.Error):
                db.execute(command, values)


@pytest.fixture
def little_room():
    """Refuse more than 1 GiB beyond what is taken already."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + 2**30, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_random_rows_of_random_types(whole, tmp_path, little_room):
    chance = random.Random(1)
    for example in range(80):
        commands = []
        for _ in range(chance.randint(1, 4)):
            table = chance.choice([*COLUMNS, "run", "metric"])
            if table == "run":
                row = (chance.choice(KEYS), json.dumps(chance.choice(SAID)))
            else:
                row = tuple(chance.choice(VALUES) for _ in range(COLUMNS[table]))
            if table == "metric" and chance.random() < 0.7:
                row = (chance.choice(WORDS[1:4]), *row[1:])
            marks = ", ".join("?" * len(row))
            commands.append((f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row))
        write(tmp_path, whole, *commands)
        read_all(tmp_path, example % 16 == 0)


INTO = {
    table: f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * n)})"
    for table, n in COLUMNS.items()
}


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ([(INTO["run"], ("fields", "[1, 2]"))], "table run, key 'fields'"),
        ([(INTO["run"], ("fields", '{"population": 1000000000000}'))], "table run, key 'fields'"),
        ([(INTO["run"], ("population", '"many"'))], "table run, key 'population'"),
        ([(INTO["run"], ("status", "{"))], "key 'status': it is not JSON"),
        ([(INTO["run"], ("papers", "[" * 90_000))], "key 'papers': it is not JSON"),
        ([(INTO["run"], ("other", "[" * 40 + "]" * 40))], "key 'other'"),
        ([(INTO["metric"], ("score", 2**62, 0, 1.0))], "its last round is 4611686018427387904"),
        ([(INTO["metric"], ("score", 2**30, 0, 1.0))], "1,073,741,825 rounds of 3 members"),
        ([(INTO["metric"], ("score", 1, 10**12, 1.0))], "3 rounds of 1,000,000,000,001 members"),
        ([(INTO["metric"], ("score", 1, 1, "much"))], r"row \('score', 1, 1, 'much'\)"),
        ([(INTO["metric"], ("score", 1, "one", 1.0))], r"row \('score', 1, 'one', 1.0\)"),
        ([(INTO["metric"], (b"score", 1, 1, 1.0))], "a name is b'score'"),
        ([(INTO["lineage"], (1, 0, "nobody", 1, 0))], r"row \(1, 0, 'nobody', 1, 0\)"),
        ([(INTO["lineage"], (1, 0, -1, 1, 0))], r"row \(1, 0, -1, 1, 0\)"),
        ([(INTO["lineage"], (1, 0, 1, 1, -1))], r"row \(1, 0, 1, 1, -1\)"),
        ([(INTO["lineage"], (1, 0, 9, 1, 0))], "round 1, slot 0: it descends from slot 9"),
        ([(INTO["lineage"], (1, 0, 0, 1, 1))], r"row \(1, 0, 0, 1, 1\): its line leads back"),
        (
            [(INTO["lineage"], (1, 0, 1, 1, 2)), (INTO["lineage"], (2, 1, 0, 1, 1))],
            "its line leads back to itself",
        ),
        ([(INTO["event"], (9, "x", None, 0.0, "a", "b"))], "round is 'x'"),
        ([(INTO["artifact"], (0, "film", "../film.gif", 1, 0.0))], "path is '../film.gif'"),
        ([(INTO["artifact"], (0, "film", "/film.gif", 1, 0.0))], "path is '/film.gif'"),
        (
            [
                ("DROP TABLE event", ()),
                ("CREATE VIEW event AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 "
                 "FROM n) SELECT id, id AS round, NULL AS slot, 0.0 AS time, '' AS kind, '' AS "
                 "detail FROM n", ()),
            ],
            "its table event has no such",
        ),
        ([("DROP TABLE lineage", ())], "its table lineage has no such"),
        (
            [("CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM metric; END", ())],
            "it has a trigger, 't'",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_row_that_can_not_be_is_named(whole, tmp_path, little_room, commands, said):
    write(tmp_path, whole, *commands)
    with pytest.raises(StoreError, match=said), Store(tmp_path) as store:
        run_details(store)
    read_all(tmp_path, report=False)


def test_lines_may_lead_to_rounds_ahead_if_they_come_from_before(whole, tmp_path):
    """As those of asynchronous runs do: slot 0 was slow."""
    write(tmp_path, whole, (INTO["lineage"], (1, 0, 1, 1, 2)), (INTO["lineage"], (2, 1, 2, 1, 0)))
    with Store(tmp_path) as store:
        record = read_record(store)
    assert record.founder[1, 0] == 2
    read_all(tmp_path, report=False)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE metric SET value = value + 1e-9 WHERE name = 'score' AND round = 1 AND slot = 0",
        "UPDATE metric SET name = 'hypers.rape' WHERE name = 'hypers.rate' AND round = 1",
        "UPDATE metric SET slot = 7 WHERE name = 'score' AND round = 1 AND slot = 1",
        "DELETE FROM metric WHERE name = 'score' AND round = 1 AND slot = 1",
        "INSERT INTO metric VALUES ('more', 1, 0, NULL)",
        "UPDATE lineage SET parent = 2 WHERE round = 1",
        "DELETE FROM lineage WHERE round = 1",
        "UPDATE artifact SET path = 'film2.gif'",
        "UPDATE event SET detail = 'not infinite', round = 1",
        "UPDATE run SET value = replace(value, '5', '6') WHERE key = 'fields'",
    ],
)
def test_a_change_of_what_was_recorded_is_seen(whole, tmp_path, change):
    (tmp_path / FILE).write_bytes(whole)
    with Store(tmp_path) as store:
        run_details(store)
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        assert db.execute(change).rowcount
    said = "what is said of the run" if "fields" in change else "round [01]"
    with Store(tmp_path) as store:
        with pytest.raises(StoreError, match=f"{said} is not as it was written"):
            run_details(store)
        assert store.changed_rounds() in ([-1], [1], [0, 1])


def test_digests_stay_true_whatever_is_written(whole, tmp_path):
    (tmp_path / FILE).write_bytes(whole)
    with Store(tmp_path, write=True) as store:
        with store.transaction():
            store.add_metric("loss", 2, [-0.0, float("nan"), 1e-320])
            store.add_artifact(2, "film", store.folder / "film.gif", 8)
            store.add_event(2, "odd", "\udcff")
            store.put(status="growing", more={"a": [1, 2.5]})
        store.check()
        with suppress(RuntimeError), store.transaction():
            store.add_metric("loss", 1, [1.0])
            raise RuntimeError
        store.check()
        with store.transaction():
            store.remove_artifact("film", store.folder / "film.gif")
            store.rewind(1)
        store.check()
        assert store.rounds() == 2
    with Store(tmp_path, write=True) as store, store.transaction():
        store.rewind(1, {0: 0, 1: 1, 2: 1})
    with Store(tmp_path) as store:
        store.check()


def test_an_older_store_has_digests_from_when_it_is_written(whole, tmp_path):
    change = ("UPDATE metric SET value = 9 WHERE name = 'score' AND round = 1", ())
    write(tmp_path, whole, change, ("DROP TABLE digest", ()))
    with Store(tmp_path) as store:
        store.check()  # it can't say
    with Store(tmp_path, write=True) as store:
        store.check()
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        db.execute(*change)
        db.execute("UPDATE metric SET value = 8 WHERE name = 'score' AND round = 1")
    with Store(tmp_path) as store, pytest.raises(StoreError, match="round 1 is not as"):
        store.check()


def test_damage_that_no_text_can_quote_is_told(whole, tmp_path):
    (tmp_path / FILE).write_bytes(whole.replace(b"CREATE TABLE digest", b"CREATE TAB\xccE digest"))
    with pytest.raises(StoreError, match="malformed database schema"), Store(tmp_path) as store:
        store.run()


@pytest.mark.parametrize("name", ["", "-wal", "-shm", "-journal", "lock", "alive"])
def test_nothing_is_opened_through_a_link(whole, tmp_path, name):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / FILE).write_bytes(whole)
    outside = tmp_path / "outside"
    outside.write_text("a user's own")
    link = tmp_path / "run" / (name if name.isalpha() else FILE + name)
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    opened = 0
    for write in (True, False):
        with suppress(StoreError), Store(tmp_path / "run", write=write):
            opened += 1
    assert opened == (name.isalpha())  # to be read, a run needs no lock
    link.unlink()
    os.mkfifo(link)
    with suppress(StoreError), Store(tmp_path / "run"):
        pass
    assert outside.read_text() == "a user's own"


def test_of_many_who_make_a_run_at_once_one_can(tmp_path):
    def make() -> str:
        barrier.wait()
        try:
            with Store.create(tmp_path / "run", number=1):
                barrier.wait()
            return "made"
        except StoreError as error:
            barrier.wait()
            return error.what

    barrier = threading.Barrier(6)
    with ThreadPoolExecutor(6) as pool:
        said = sorted(future.result() for future in [pool.submit(make) for _ in range(6)])
    assert said[-1] == "made"
    assert set(said[:-1]) <= {"another process is growing this run", "a run is already here"}
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["alive", "lock", FILE]


@pytest.mark.parametrize("moved", [True, False])
def test_a_run_whose_folder_is_gone_does_not_grow_on(tmp_path, moved):
    with Store.create(tmp_path / "run") as store:
        if moved:
            (tmp_path / "run").rename(tmp_path / "elsewhere")
        else:
            shutil.rmtree(tmp_path / "run")
        with pytest.raises(StoreError, match="moved or removed"), store.transaction():
            store.put(number=1)
    with pytest.raises(StoreError, match="no run is here"):
        Store(tmp_path / "run")
    if moved:
        with Store(tmp_path / "elsewhere") as store:
            assert store.run() == {}
