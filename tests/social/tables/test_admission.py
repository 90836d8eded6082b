"""Rows that cannot be used are left out by named rules, and counted; such tables are refused."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from ontogeny.core.errors import ConfigError, DataError, OntogenyError
from ontogeny.social.tables.admission import admit_tables
from ontogeny.social.tables.embedded import Embedded
from ontogeny.social.tables.reading import Reading

ENGINE = Embedded(threads=1)


def times(*told):
    return np.array(told, "datetime64[us]")


def photos(**other):
    return {
        "id": [1, 2, 2, 3, 3, 4, 5, None, 6, 7],
        "user": [1, 1, 1, 2, 2, 3, 3, 3, 1, 2],
        "time": times(
            *("2015-01-02", "2015-01-03", "2015-01-03", "2015-01-01", "2015-01-02", "2015-01-01"),
            *("1970-01-01", "2015-01-01", "2050-01-01", "2015-01-01"),
        ),
        "score": [0.1, 0.2, 0.2, 0.3, 0.3, 7, 0.1, 0.1, 0.1, np.nan],
    } | other


def follows(**other):
    return {
        "source": [1, 1, 2, 3, 1],
        "target": [2, 2, 2, 1, None],
        "time": times("2015-02-01", "2015-02-02", "2015-02-02", "2015-02-02", "2015-02-02"),
    } | other


def events(**other):
    return {
        "user": [1, 2, 2, 2, 1, 2, 3, 3],
        "time": times(
            *("2015-01-01", "2015-01-02", "2015-02-03", "2015-02-03", "2015-02-03", "2015-02-03"),
            *("2015-01-01", "2015-01-01T12"),
        ),
        "kind": ["join", *["favourite"] * 4, "login", "join", "favourite"],
        "photo": [None, 1, 1, 1, 1, None, None, 99],
    } | other


def admitted(tmp_path, a=None, b=None, c=None, **reading):
    how = Reading(**{"scores": (0.0, 1.0), "until": "2030-01-01", **reading})
    tables = (photos() if a is None else a, follows() if b is None else b)
    return admit_tables(*tables, events() if c is None else c, tmp_path, ENGINE, how)


def counts(tables):
    return {
        (table, one.rule): one.number for table, rules in tables.excluded.items() for one in rules
    }


EXPECTED = {
    ("photos", "no id"): 1,
    ("photos", "one id of several photos"): 2,
    ("photos", "the same row of a photo came before"): 1,
    ("photos", "the time is 0, or before 1970"): 1,
    ("photos", "the time is in the future"): 1,
    ("follows", "follows itself"): 1,
    ("follows", "no target"): 1,
    ("follows", "the same tie came before"): 1,
    ("events", "a favourite of one's own photo"): 1,
    ("events", "the photo is missing"): 1,
    ("events", "the same favourite came before"): 1,
}


def test_every_rule_counts_what_it_leaves_out_whatever_the_form(tmp_path):
    tables = admitted(tmp_path / "arrays")
    assert counts(tables) == EXPECTED
    assert tables.read == {"photos": 10, "follows": 5, "events": 8}
    assert (tables.users, tables.unscored) == (3, 1)
    assert "times without a zone are taken for UTC" in tables.told
    kept = pq.read_table(tmp_path / "arrays" / "photos.parquet").to_pylist()
    assert {row["id"]: row["score"] for row in kept if row["rule"] is None} == {
        **{1: 0.1, 2: 0.2},
        **{4: None, 7: None},
    }
    forms = {}
    for name, table in zip(
        ("photos", "follows", "events"), (photos(), follows(), events()), strict=True
    ):
        whole = pa.table({n: pa.array(v, from_pandas=True) for n, v in table.items()})
        for half, part in enumerate((whole.slice(0, 3), whole.slice(3))):
            folder = tmp_path / f"{name}.parts"
            folder.mkdir(exist_ok=True)
            pq.write_table(part, folder / f"{half}.parquet")
        pyarrow.csv.write_csv(whole, tmp_path / f"{name}.csv")
        forms[name] = tmp_path / f"{name}.parts", tmp_path / f"{name}.csv"
    for number, word in enumerate(("parts", "csv")):
        again = admitted(tmp_path / word, *(both[number] for both in forms.values()))
        assert counts(again) == EXPECTED
        assert (again.first, again.last, again.users) == (tables.first, tables.last, 3)


def test_before_an_account_and_missing_users(tmp_path):
    joined = events(
        time=times(*["2015-01-02"] * 2, *["2015-02-03"] * 4, "2015-02-05", "2015-02-06")
    )
    ties = {"source": [1, 1, 2, 1], "target": [2, 3, 1, 3]}
    ties["time"] = times("2015-01-01", "2015-02-06", "2015-02-06", "2015-01-01")
    tables = admitted(tmp_path, b=ties, c=joined, joined_only=True)
    found = counts(tables)
    assert found["photos", "the user never joined"] == 3  # user 2, who has no event of the kind
    assert found["photos", "before the account"] == 1
    assert found["follows", "the target never joined"] == 1
    assert found["follows", "the source never joined"] == 1
    assert found["follows", "before the account of the source"] == 1
    assert found["events", "the user never joined"] == 4
    kept = pq.read_table(tmp_path / "users.parquet").to_pydict()
    assert (kept["user"], kept["number"]) == ([1, 3], [0, 1])


def test_columns_and_kinds_may_be_called_otherwise_and_ids_be_text(tmp_path):
    a = {("owner" if n == "user" else n): v for n, v in photos().items()}
    a["owner"] = [f"0{n}" for n in a["owner"]]
    b = follows(source=["01", "01", "02", "03", "01"], target=["02", "02", "02", "01", ""])
    c = events(user=[f"0{n}" for n in events()["user"]])
    c["kind"] = ["fan's" if kind == "favourite" else kind for kind in c["kind"]]
    names = {"photos": {"user": "owner"}}
    tables = admitted(tmp_path, a, b, c, names=names, kinds={"favourite": "fan's"})
    assert counts(tables) == EXPECTED
    assert pq.read_table(tmp_path / "users.parquet")["user"].to_pylist() == ["01", "02", "03"]
    with pytest.raises(DataError, match="ids of a user are text in photos, whole in follows"):
        admitted(tmp_path, a, None, c, names=names)


def as_text(zones):
    told = [str(t) + z for t, z in zip(events()["time"], zones, strict=True)]
    return events(time=told)


def test_zones_are_read_and_a_mixture_is_refused(tmp_path):
    mixed = as_text(["Z", "", "+02:00", "Z", "Z", "Z", "Z", "Z"])
    with pytest.raises(DataError, match="7 of its first 8 times say their zone"):
        admitted(tmp_path, c=mixed)
    zoned = as_text(["Z"] * 7 + ["+02:00"])
    with pytest.raises(DataError, match="photos do not say"):
        admitted(tmp_path, c=zoned)
    tables = admitted(tmp_path, c=mixed, zone="UTC")  # and two hours apart it is no repeat
    assert EXPECTED.items() - counts(tables).items() == {
        (("events", "the same favourite came before"), 1)
    }
    whole = pa.table(events()).set_column(
        1, "time", pa.array(events()["time"]).cast(pa.timestamp("ns", "Europe/Paris"))
    )
    pq.write_table(whole, tmp_path / "paris.parquet")
    again = admitted(tmp_path / "paris", c=tmp_path / "paris.parquet", zone="UTC")
    assert (again.first, again.last) == (tables.first, tables.last)


@pytest.mark.parametrize(
    ("where", "other", "said"),
    [
        (0, {"score": ["good"] * 10}, "photos column score: it is of the type string"),
        (0, {"time": np.arange(10)}, "photos column time: it is of the type int64"),
        (0, {"user": np.arange(10) + 0.5}, "photos column user: it holds numbers that are not"),
        (0, {"user": [True] * 10}, "photos column user: it is of the type bool"),
        (0, {"time": ["yesterday"] * 10}, r"none of its 10 rows can be used"),
        (1, {"source": [[1]] * 5}, "follows column source: it is of the type list"),
        (2, {"kind": np.arange(8)}, "events column kind: it is of the type int64"),
        (2, {"user": list("abcdefgh")}, "ids of a user are whole in photos"),
        (1, {"source": [], "target": [], "time": []}, "follows: it has no rows"),
        (1, {"target": [1, 1, 2, 3, 1]}, "none of its 5 rows can be used"),
        (1, {"target": [1, 2]}, "its columns make no table"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(tmp_path, where, other, said):
    three = [photos(), follows(), events()]
    three[where] |= other
    with pytest.raises(DataError, match=re.escape(said) if "*" not in said else said) as told:
        admitted(tmp_path, *three)
    assert told.value.where
    assert told.value.hint or "no rows" in said or "make no table" in said


def test_files_and_settings_that_cannot_be_meant_are_refused(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "none").mkdir()
    (tmp_path / "ragged.csv").write_text("id,user,time,score\n1,2\n")
    for source, said in {
        "bad.parquet": "can't be read as Parquet",
        "absent.parquet": "can't be read",
        "none": r"no file \*.parquet",
        "ragged.csv": "can't be read",
    }.items():
        with pytest.raises(DataError, match=said):
            admitted(tmp_path / "kept", tmp_path / source)
    wrong = {
        "names": {"photo": {}},
        "kinds": {"like": "favourite"},
        "scores": (1.0, 0.0),
        "until": "tomorrow",
    }
    for name, value in wrong.items():
        with pytest.raises(ConfigError):
            Reading(**{name: value})
    with pytest.raises(ConfigError, match="two columns are one"):
        Reading(names={"photos": {"user": "id"}})
    with pytest.raises(ConfigError, match="column is called 'scores'"):
        admitted(tmp_path, names={"photos": {"score": "scores"}})
    with pytest.raises(ConfigError, match="a list is no table"):
        admitted(tmp_path, [1])
    with pytest.raises(ConfigError, match="take for a pattern"):
        admitted(tmp_path / "a[b]")
    with pytest.raises(OntogenyError, match="DuckDB does not take them"):
        Embedded(memory="a lot")
