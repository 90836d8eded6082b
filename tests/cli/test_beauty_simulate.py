"""`beauty simulate`, as it is typed."""

from __future__ import annotations

import json

import pytest

from ontogeny import cli

pytest.importorskip("pyarrow")


def test_a_platform_is_written_once(tmp_path, capsys):
    out = tmp_path / "platform"
    words = ["beauty", "simulate", "--out", str(out), "--users", "60", "--planted", "nothing"]
    assert cli.run([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"]["follows"] > 0
    assert answer["truth"]["planted"] == "nothing"
    assert {path.name for path in out.iterdir()} == {
        *("photos.parquet", "follows.parquet", "events.parquet", "truth.json")
    }
    assert cli.run(words) == 3
    assert "kept" in capsys.readouterr().err
    assert cli.run([*words[:3], str(tmp_path / "other"), "--users", "60"]) == 0
    assert "planted: double-edged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--users", "3"], "users"), (["--graph", "x", "--graphs", "nowhere"], "graph-tool")],
)
def test_what_can_not_be_is_refused_and_nothing_written(tmp_path, capsys, words, said):
    out = tmp_path / "platform"
    assert cli.run(["beauty", "simulate", "--out", str(out), *words]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()
