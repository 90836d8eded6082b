"""The simulated platform: tables fit together, and the truth can be found again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.worlds.platform.acts import mean_by
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.follow_graphs import Follows
from ontogeny.worlds.platform.simulated import platform
from ontogeny.worlds.platform.tables import BEGIN, write_platform

USERS = 4000
DAY = np.timedelta64(1, "D")


@pytest.fixture(scope="module")
def double():
    return platform(PlatformConfig(users=USERS, planted="double-edged"), 5)


def within(table, begin, end):
    day = (table["time"] - BEGIN) / DAY
    return (day >= begin) & (day < end)


def quality(one, begin, end):
    rows = within(one.photos, begin, end)
    return mean_by(
        one.photos["user"][rows].astype(np.int32), one.photos["score"][rows], len(one.truth.skill)
    )


def test_rows_are_in_order_and_refer_to_each_other(double):
    photos, follows, events = double.photos, double.follows, double.events
    for table in (photos, follows, events):
        assert len({len(column) for column in table.values()}) == 1
        assert np.all(np.diff(table["time"]) >= np.timedelta64(0))
    np.testing.assert_array_equal(photos["id"], np.arange(len(photos["id"])))
    assert 0 < np.isnan(photos["score"]).mean() < 0.02
    assert np.all(follows["source"] != follows["target"])
    assert len(np.unique(follows["source"] * USERS + follows["target"])) == len(follows["source"])
    favour = events["kind"] == "favourite"
    np.testing.assert_array_equal(favour, ~np.isnan(events["photo"]))
    photo = events["photo"][favour].astype(int)
    assert np.all(photos["user"][photo] != events["user"][favour])  # nobody favours their own
    assert np.all(photos["time"][photo] <= events["time"][favour])
    join = np.empty(USERS, "datetime64[us]")
    joins = events["kind"] == "join"
    assert joins.sum() == USERS
    join[events["user"][joins]] = events["time"][joins]
    for user, time in (
        (photos["user"], photos["time"]),
        (events["user"], events["time"]),
        (follows["source"], follows["time"]),
        (follows["target"], follows["time"]),
    ):
        assert np.all(join[user] <= time)


def test_the_truth_is_that_of_the_tables(double):
    """Who is treated can be found from the tables alone, and the plain difference misleads."""
    _, b, c, end = double.truth.days
    first, last = quality(double, 0, b), quality(double, c, end)
    rows = within(double.follows, b, c)
    source, target = (double.follows[name][rows] for name in ("source", "target"))
    exposed = mean_by(source.astype(np.int32), first[target], USERS)
    np.testing.assert_allclose(exposed, double.truth.exposed)
    low, high = np.nanquantile(exposed, (1 / 3, 2 / 3))
    known = ~np.isnan(first) & ~np.isnan(last)
    best, worst = known & (exposed > high), known & (exposed <= low)
    assert double.truth.exposure.treated == best.sum()
    better = last > first
    assert better[best].mean() - better[worst].mean() < 0 < double.truth.exposure.value
    old = within(double.follows, 0, b)
    near = mean_by(
        double.follows["source"][old].astype(np.int32), first[double.follows["target"][old]], USERS
    )
    seen = ~np.isnan(double.truth.gap)
    np.testing.assert_allclose(double.truth.gap[seen], (near - first)[seen])
    assert double.truth.imbalance.treated == pytest.approx(seen.sum() / 10, abs=1)
    turn = double.truth.turn
    assert turn is not None
    assert np.mean(double.truth.gap[seen] <= turn) == pytest.approx(0.885, abs=0.01)
    # what is alike among those who are linked is skill, less so the scores of photos
    skill = double.truth.skill
    assert np.corrcoef(skill[double.follows["source"]], skill[double.follows["target"]])[0, 1] > 0.1


def test_what_is_not_planted_is_no_effect_and_one_seed_is_one_platform():
    lived = {
        planted: platform(PlatformConfig(users=400, planted=planted), 6)
        for planted in ("nothing", "leak", "hidden")
    }
    for one in lived.values():
        assert one.truth.exposure.value == one.truth.imbalance.value == one.truth.mirror.value == 0
        assert one.truth.turn is None
    assert np.any(lived["hidden"].truth.hidden)
    # a leak is in the last days alone
    nothing, leak = lived["nothing"], lived["leak"]
    for name, values in nothing.photos.items():
        np.testing.assert_array_equal(values, leak.photos[name])
    early = within(leak.follows, 0, 0.97 * 360)
    assert early.sum() == within(nothing.follows, 0, 0.97 * 360).sum()
    assert len(early) > len(nothing.follows["time"])
    again = platform(PlatformConfig(users=400, planted="nothing"), 6)
    for mine, other in zip(nothing[:3], again[:3], strict=True):
        assert all(
            np.array_equal(mine[name], other[name], mine[name].dtype.kind == "f") for name in mine
        )


def test_a_graph_may_be_given_and_tables_are_written(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    rng = np.random.default_rng(0)
    source, target = rng.integers(60, size=(2, 400)).astype(np.int32)
    key = np.unique(source[source != target] * 60 + target[source != target])
    ring = Follows(60, (key // 60).astype(np.int32), (key % 60).astype(np.int32))
    one = platform(PlatformConfig(planted="nothing"), 5, ring)
    written = write_platform(one, tmp_path / "tables", {"seed": 5})
    for name in ("photos", "follows", "events"):
        table = parquet.read_table(written / f"{name}.parquet")
        assert table.column_names == list(getattr(one, name))
        assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
        assert len(table) == len(getattr(one, name)["time"])
    assert table["photo"].null_count == np.isnan(one.events["photo"]).sum()
    assert table["kind"].to_pylist() == one.events["kind"].tolist()
    truth = json.loads((written / "truth.json").read_text())
    assert truth["seed"] == 5
    assert truth["exposure"]["value"] == 0
    with pytest.raises(StoreError, match="already"):
        write_platform(one, tmp_path / "tables")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"users": 49}, "users"),
        ({"days": 3}, "days"),
        ({"planted": "one-side"}, "one-sided"),
        ({"degree_exponent": 2.0}, "more than 2"),
        ({"mixing": 1.5}, "a share"),
        ({"uploads": 0.0}, "uploads"),
        ({"exposure": float("nan")}, "exposure"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        PlatformConfig(**settings)


def test_a_graph_without_follows_is_refused():
    nobody = np.zeros(0, np.int32)
    with pytest.raises(ConfigError, match="60 users and 0 follows"):
        platform(PlatformConfig(), 5, Follows(60, nobody, nobody))
