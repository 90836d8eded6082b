"""What cannot be matched is refused with the reason, or left out by a rule, and counted."""

import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError, DataError


def table(n=200, **other):
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    treated = rng.random(n) < 1 / (1 + np.exp(1 - x))
    return {"x": x, "z": rng.normal(size=n), "treated": treated, "y": x + treated} | other


def match(columns, *covariates, **settings):
    return og.match(columns, "treated", covariates or ["x", "z"], "y", placebos=0, **settings)


@pytest.mark.parametrize(
    ("other", "settings", "said"),
    [
        ({"treated": np.zeros(200)}, {}, "no row is treated"),
        ({"treated": np.ones(200)}, {}, "no row is untreated"),
        ({"treated": np.arange(200) % 3}, {}, "it has 3 values"),
        ({"treated": ["yes", "no"] * 100}, {}, "it holds text, such as 'yes'"),
        ({"x": np.array(["tall"] * 200)}, {}, "it holds text"),
        ({"x": np.full(200, "2020-01-01", "datetime64[D]")}, {}, "it holds dates"),
        ({"x": np.ones(200), "z": np.ones(200)}, {}, "all constant"),
        ({"x": np.ones(199)}, {}, r"x \[199\]"),
        ({"x": np.ones((200, 2))}, {}, r"x \[200, 2\]"),
        ({"who": np.zeros(200)}, {"cluster": "who"}, "all 200 rows are in one cluster"),
        ({"x": np.where(table()["treated"], 100.0, 0) + table()["x"]}, {}, "no common support"),
        ({"kind": table()["treated"]}, {"exact": ["kind"]}, "no treated row has a control"),
    ],
)
def test_tables_that_cannot_be_matched_are_refused(other, settings, said):
    with pytest.raises(DataError, match=said):
        match(table(**other), **settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ratio": 0}, "ratio"),
        ({"caliper": 0.0}, "caliper"),
        ({"window": 1}, "window"),
        ({"confidence": 1.0}, "confidence"),
        ({"resamples": 10}, "resamples"),
        ({"before": "y"}, "both outcome and before"),
        ({"before": "x"}, "both before and covariate 1"),
        ({"dose": "y"}, "dose"),
        ({"exact": ["y"]}, "exact"),
        ({"cluster": "nobody"}, "nobody"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        match(table(), **settings)


def test_a_covariate_that_is_the_outcome_and_none_at_all_are_refused():
    with pytest.raises(ConfigError, match="both outcome and covariate 2"):
        match(table(), "x", "y")
    with pytest.raises(ConfigError, match="at least one"):
        og.match(table(), "treated", [])
    with pytest.raises(ConfigError, match="a list is no table"):
        og.match([1, 2], "treated", ["x"])
    with pytest.raises(DataError, match="no rows"):
        og.match({"treated": [], "x": []}, "treated", ["x"])


def test_rows_that_miss_something_are_left_out_and_counted():
    columns = table(who=np.arange(200.0), same=np.ones(200))
    columns["treated"] = columns["treated"].astype(float)
    columns["treated"][:3] = np.nan
    columns["x"][3:8] = [np.nan, np.inf, -np.inf, np.nan, np.nan]
    columns["y"][10] = np.nan
    columns["who"][20] = np.nan
    columns["who"][31] = columns["who"][30]
    columns["treated"][[30, 31]] = [0, 1]  # one person on both sides
    columns["who"][41] = columns["who"][40]
    columns["treated"][[40, 41]] = 0  # and one that comes twice
    result = match(columns, "x", "z", "same", identity="who")
    assert {e.rule: e.number for e in result.rows.excluded} == {
        "treated is missing": 3,
        "x is missing or infinite": 5,
        "y is missing or infinite": 1,
        "who is missing": 1,
        "who is both treated and untreated": 2,
        "who came in an earlier row": 1,
        "covariate same is constant": 1,
    }
    assert len(result.rows.row) == 200 - 13
    used = {*result.pairs["treated"].tolist(), *result.pairs["control"].tolist()}
    assert not used & {0, 1, 2, 3, 4, 5, 6, 7, 10, 20, 30, 31, 41}
    assert "left out: who is missing: 1" in str(result)


def test_a_treated_row_without_a_control_is_told_why():
    columns = table(kind=np.zeros(200, int))
    treated = np.flatnonzero(columns["treated"])
    columns["kind"][treated[:4]] = 7  # a kind of its own
    columns["x"][treated[4]] = 50.0
    result = match(columns, exact=["kind"])
    alone = {e.rule: e.number for e in result.alone}
    assert alone["treated, and no control has the same values of exact"] == 4
    assert alone["treated, and no control is within the caliper"] >= 1
    assert sum(alone.values()) == len(treated) - len(np.unique(result.pairs["treated"]))


def test_frames_and_files_give_what_a_dict_gives(tmp_path):
    pandas, arrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    csv, parquet = pytest.importorskip("pyarrow.csv"), pytest.importorskip("pyarrow.parquet")
    columns = table()
    expected = match(columns).to_dict()
    held = arrow.table(columns)
    parquet.write_table(held, tmp_path / "rows.parquet")
    csv.write_csv(held, tmp_path / "rows.csv")
    for one in (pandas.DataFrame(columns), held, tmp_path / "rows.parquet", tmp_path / "rows.csv"):
        assert match(one).to_dict() == expected
    with pytest.raises(ConfigError, match="nobody"):
        match(tmp_path / "rows.parquet", "nobody", "x")
    (tmp_path / "broken").write_bytes(b"PAR1, and no more")
    with pytest.raises(DataError, match="can't be read as Parquet"):
        match(tmp_path / "broken")
