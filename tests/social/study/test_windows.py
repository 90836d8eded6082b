"""Windows are in order, tables of users are what they are by hand, and nothing leaks."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.social.study.users import users_of
from ontogeny.social.study.windows import DAY, Windows, Workings, refuse_leaks, windows_of
from ontogeny.social.tables.admission import admit_tables
from ontogeny.social.tables.embedded import Embedded
from small_platform import small_platform

ENGINE = Embedded(threads=1)


def users_from(three, folder):
    tables = admit_tables(*three.values(), folder, ENGINE)
    windows = windows_of(tables.first, tables.last)
    return tables, users_of(tables, windows, folder / "study")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return folder, *users_from(small_platform(), folder)


def mean_of(user, values, n):
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        sums = np.bincount(user[known], values[known], n)
        return sums / np.bincount(user[known], minlength=n)


def test_the_users_table_is_what_it_is_by_hand(made):
    folder, _, users = made
    three = small_platform()
    n, marks = 40, users.windows
    own = np.delete(np.arange(n), 7)
    assert np.array_equal(users.columns["user"], own)
    assert np.array_equal(users.columns["number"], np.arange(n - 1))

    def inside(table, begin, end):
        time = three[table]["time"].astype(np.int64)
        rows = (begin <= time) & (time < end)
        return {name: values[rows] for name, values in three[table].items()}

    photos = inside("photos", marks.start, marks.t0)
    quality = mean_of(photos["user"], photos["score"], n)
    second = photos["time"].astype(np.int64) >= marks.middle("A")
    later = mean_of(photos["user"][second], photos["score"][second], n)
    photos_after = inside("photos", marks.t1, marks.t2)
    ties = np.unique(
        np.stack([three["follows"]["source"], three["follows"]["target"]]),
        axis=1,
        return_index=True,
    )[1]
    follows = {name: values[np.sort(ties)] for name, values in three["follows"].items()}
    follows = {n_: v[follows["source"] != follows["target"]] for n_, v in follows.items()}
    time = follows["time"].astype(np.int64)
    old = time < marks.t0
    new = (time >= marks.t0) & (time < marks.t1)
    source, target = follows["source"], follows["target"]
    events = inside("events", marks.start, marks.t0)
    fan = events["kind"] == "favourite"
    owner = np.full(len(fan), -1)
    owner[fan] = three["photos"]["user"][events["photo"][fan].astype(int)]
    shown = np.zeros(len(fan), "datetime64[us]")
    shown[fan] = three["photos"]["time"][events["photo"][fan].astype(int)]
    fan &= (owner != events["user"]) & (shown <= events["time"])
    given = np.unique(
        np.stack(
            [events["user"], events["time"].astype(int), owner, np.nan_to_num(events["photo"])]
        )[:, fan],
        axis=1,
    )
    pairs = set(zip(source[old], target[old], strict=True))
    mutual = [sum((b, a) in pairs for a, b in pairs if a == user) for user in own]
    found = users.columns
    for name, expected in {
        "uploads_a": np.bincount(photos["user"], minlength=n),
        "quality_a": quality,
        "quality_second_a": later,
        "quality_c": mean_of(photos_after["user"], photos_after["score"], n),
        "following_a": np.bincount(source[old], minlength=n),
        "followers_a": np.bincount(target[old], minlength=n),
        "near_a": mean_of(source[old], quality[target[old]], n),
        "new_ties_b": np.bincount(source[new], minlength=n),
        "exposed_b": mean_of(source[new], quality[target[new]], n),
        "given_a": np.bincount(given[0].astype(int), minlength=n),
        "received_a": np.bincount(given[2].astype(int), minlength=n),
        "logins_a": np.bincount(events["user"][events["kind"] == "login"], minlength=n),
    }.items():
        np.testing.assert_allclose(found[name], expected[own], 1e-12, 1e-12, err_msg=name)
    assert np.array_equal(found["mutual_a"], mutual)
    assert len(users.source) == old.sum()
    assert pq.read_table(folder / "study" / "users.parquet").num_rows == n - 1


def test_what_comes_later_changes_nothing_that_was_before(made, tmp_path):
    """From t0 on every row is somebody else's: no covariate is another; from t1 on, no exposure."""
    _, _, users = made
    for mark, names in ((users.windows.t0, "a"), (users.windows.t1, "ab")):
        three = small_platform()
        for number, table in enumerate(three.values()):
            rng = np.random.default_rng(number)
            late = table["time"].astype(np.int64) >= mark
            for column in table.keys() & {"user", "source", "target", "score"}:
                table[column][late] = rng.permutation(table[column][late])
        columns = users_from(three, tmp_path / names)[1].columns
        same = {
            name: np.array_equal(values, columns[name], equal_nan=values.dtype.kind == "f")
            for name, values in users.columns.items()
            if "_" in name
        }
        assert all(is_same for name, is_same in same.items() if name[-1] in names)
        assert not any(same[name] for name in ("quality_c", "acts_c"))


def test_a_planted_leak_is_refused(made, tmp_path):
    _, tables, users = made
    work = Workings(tables, users.windows, tmp_path)
    text = 'SELECT "user", count(*) AS n FROM photos GROUP BY "user"'
    with pytest.raises(ConfigError, match=r"popular is made from photos of window C .*that leaks"):
        work.make("popular", text, "covariate", {"photos": "C"})
    with pytest.raises(ConfigError, match=r"from photos of window C .*that leaks"):
        work.make("popular", text, "exposure", {"photos": "C"})
    with pytest.raises(ConfigError, match="it is not of C"):
        work.make("popular", text, "outcome", {"photos": "A"})
    work.make("after", text, "outcome", {"photos": "C"})
    through = 'SELECT * FROM events JOIN n USING ("user")'
    with pytest.raises(ConfigError, match="made from after, which is of window C: that leaks"):
        work.make("hidden", through, "covariate", {"events": "A"}, {"n": "after"})
    with pytest.raises(ConfigError, match="no table is called 'users'"):
        work.make("today", text, "covariate", {"users": "A"})
    with pytest.raises(ConfigError, match="no made table is called 'later'"):
        work.make("today", text, "covariate", {}, {"n": "later"})
    refuse_leaks({"covariate": ["quality_a"], "exposure": ["near_a", "exposed_b"]}, users.window)
    for role, name, said in (
        ("covariate", "quality_c", "would leak"),
        ("covariate", "exposed_b", "would leak"),
        ("exposure", "quality_c", "would leak"),
        ("outcome", "quality_a", "it was before"),
        ("outcome", "quality_d", "no column is called"),
    ):
        with pytest.raises(ConfigError, match=said):
            refuse_leaks({role: [name]}, users.window)


def test_windows_are_in_order_and_may_be_set():
    marks = windows_of(0, 300 * DAY - 1)
    assert (marks.t0, marks.t1, marks.t2) == (100 * DAY, 200 * DAY, 300 * DAY)
    assert (marks.days("B"), marks.middle("A")) == (100.0, 50 * DAY)
    assert str(marks).startswith("A 1970-01-01T00:00:00 to 1970-04-11T00:00:00, B 1970-04-11")
    set_by_hand = windows_of(0, 300 * DAY, "1970-01-11", 20, "1970-03-01", "1970-04-01")
    assert (set_by_hand.start, set_by_hand.t0) == (10 * DAY, 30 * DAY)
    with pytest.raises(
        ConfigError, match="the exposure's goes from 1970-06-01T00:00:00 to 1970-03"
    ):
        windows_of(0, 300 * DAY, t0="1970-06-01", t1="1970-03-01")
    with pytest.raises(ConfigError, match="the outcome's goes"):
        Windows(0, 1, 5, 4)
