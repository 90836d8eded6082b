"""`beauty study`, as it is typed, on what `beauty simulate` wrote."""

from __future__ import annotations

import json

import pytest

from ontogeny import cli

pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    out = tmp_path_factory.mktemp("simulated") / "platform"
    assert cli.run(["beauty", "simulate", "--out", str(out), "--users", "600", "--seed", "5"]) == 0
    return out


def test_a_folder_is_studied(simulated, capsys):
    words = ["beauty", "study", str(simulated), "--rewirings", "2", "--t0", "120", "--json"]
    assert cli.run(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["network"]["users"] == 600
    assert json.loads((simulated / "study" / "study.json").read_text()) == told
    assert (simulated / "study" / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--photos", "nowhere.parquet"], "nowhere.parquet"),
        (["--names", "photos.user"], "photos.user=owner_id"),
        (["--names", "photos.usr=owner"], "user"),
        (["--names", "photos.user=owner"], "owner"),
        (["--kinds", "favorite=like"], "favourite"),
        (["--t0", "240", "--t1", "120"], "covariates come first"),
        (["--address", "auto"], "--on ray"),
        (["--memory", "1GB", "--on", "daft"], "duckdb"),
        (["--scores", "1", "0"], "lower"),
    ],
)
def test_what_cannot_be_studied_is_refused(simulated, tmp_path, capsys, words, said):
    out = tmp_path / "study"
    code = cli.run(["beauty", "study", str(simulated), "--out", str(out), *words])
    assert code in (2, 3)
    assert said in capsys.readouterr().err
    assert not (out / "report.html").exists()


def test_a_folder_without_tables_is_told(tmp_path, capsys):
    assert cli.run(["beauty", "study", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert "there is no photos.parquet or photos.csv" in said
    assert "--photos" in said
