"""`compare` and `replay`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

from ontogeny import cli

SMALL = ["--population", "4", "--rounds", "4", "--steps", "5"]


def answer(capsys, *arguments: str, code: int = 0) -> dict:
    assert cli.run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_replay_then_go_on_then_compare(runs, capsys):
    words = ["--members", "2", "--fixed-final", "--track", "tensorboard"]
    told = answer(capsys, "replay", "quadratic-1", *words)
    assert (told["name"], told["rounds"], told["population"]) == ("quadratic-1-replay-1", 4, 4)
    assert [row["members"] for row in told["replay"]] == [1, 2, 2]
    assert told["repeat"] == f"ontogeny replay quadratic-1 {' '.join(words)} --json"
    assert list((runs / "quadratic-1-replay-1" / "tensorboard").iterdir())
    longer = answer(capsys, "resume", "quadratic-1-replay-1", "--rounds", "6")
    assert (longer["rounds"], longer["planned"]) == (6, 6)
    again = answer(capsys, "resume", "last")
    assert again["rounds"] == 6
    assert cli.run(["show", "quadratic-1-replay-1"]) == 0
    assert "its last hypers, fixed" in capsys.readouterr().out
    found = answer(capsys, "compare", "quadratic-1", "quadratic-1-replay-1", "--by", "strategy")
    assert {group["group"] for group in found["groups"]} == {"strategy pbt", "strategy replay"}
    assert Path(found["page"]) == runs / "compare.html"
    assert cli.run(["compare", "quadratic-1", "--by", "strategy"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "but for the seed: there is one group, and nothing to compare" in said
    assert "quadratic-1-replay-1" not in said
    assert "quadratic-1 0" in said  # the run itself, and its seed


def test_what_is_wrong_is_said(runs, capsys):
    assert cli.run(["compare"]) == 2
    assert "name two or more" in capsys.readouterr().err
    assert cli.run(["replay", "quadratic-1", "--name", "a", "--folder", "b"]) == 2
    assert "--name and --folder" in capsys.readouterr().err
    assert cli.run(["compare", "quadratic-1", "quadratik-2"]) == 2
    assert "did you mean 'quadratic-1'" in capsys.readouterr().err
