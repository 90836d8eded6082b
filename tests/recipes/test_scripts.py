"""Commands of a person's own as a recipe, and spaces as files."""

from __future__ import annotations

import json

import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.core.errors import ConfigError
from ontogeny.recipes.scripts import Scripts
from ontogeny.recipes.space_file import read_space

TRAIN = """
test "$1" = --learning-rate || { echo "no such flag: $1" >&2; exit 2; }
read x < "$ONTOGENY_FOLDER/count" || x=0
echo $((x + 1)) > "$4/count"
echo "learning at $2"
echo "{\\"score\\": -$2, \\"count\\": $((x + 1)), \\"name\\": \\"sh\\"}"
"""


def test_a_command_is_grown_resumed_and_kept_by_its_files(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path / "runs"))
    (tmp_path / "train.sh").write_text(TRAIN)
    (tmp_path / "space.toml").write_text("learning-rate = {log = [1e-3, 1.0]}")
    words = ["--script", f"sh {tmp_path}/train.sh", "--space", str(tmp_path / "space.toml")]
    few = ["--population", "2", "--rounds", "1", "--strategy", "random-search", "--json"]
    grow = [*words, *few, "--folder-flag=--out", "--executor.workers", "1"]
    assert cli.run(["grow", *grow]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["name"], answer["rounds"]) == ("script-1", 1)
    assert answer["repeat"].startswith("ontogeny grow --script 'sh /")
    assert cli.run(["resume", "script-1", "--rounds", "2", "--json"]) == 0
    run = og.load("script-1")
    assert run.metrics()["count"].tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert run.product()("count") == b"2\n"
    assert (run.product().unpack(tmp_path / "best") / "count").read_text() == "2\n"
    with pytest.raises(ConfigError, match=r"it has no file 'model'\n.*there are: count"):
        run.product()("model")


TOML = """
rate = {log = [1e-4, 1.0], prior = [1e-3, 1e-1]}
kind = {choice = ["adam", "sgd"]}
[net]
layers = {integer = [1, 4]}
dropout = {linear = [0.0, 0.5], step = 0.1}
discount = {logit = [0.9, 0.99]}
"""


def test_a_space_is_read_from_toml(tmp_path):
    (tmp_path / "space.toml").write_text(TOML)
    assert (
        read_space(tmp_path / "space.toml").describe()
        == og.Space(
            {
                "rate": og.Log(1e-4, 1.0, prior=(1e-3, 1e-1)),
                "kind": og.Choice(("adam", "sgd")),
                "net": {
                    "layers": og.Integer(1, 4),
                    "dropout": og.Linear(0.0, 0.5, step=0.1),
                    "discount": og.Logit(0.9, 0.99),
                },
            }
        ).describe()
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate = [", "space.toml: it is no TOML"),
        ("", "it has no hyper"),
        ("rate = 0.1", "space.toml, rate: it is 0.1"),
        ("rate = {lok = [1, 2]}", "did you mean 'log'"),
        ("rate = {log = [0, 1]}", r"space\.toml, rate: the low bound 0 is not positive"),
        ("rate = {log = [1]}", r"rate: log is \[1\]"),
        ("rate = {log = [1, 2], step = 3}", "no setting of log is called 'step'"),
        ("rate = {}", "it is empty"),
    ],
)
def test_what_is_no_space_is_refused(text, said, tmp_path):
    (tmp_path / "space.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_space(tmp_path / "space.toml")


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigError, match="--script: no script is given"):
        Scripts().learner()
    with pytest.raises(ConfigError, match="--space: no space is given"):
        Scripts(script="true").learner()
    with pytest.raises(ConfigError, match=r"nowhere\.toml: can't read it \(No such file"):
        Scripts(script="true", space_file=str(tmp_path / "nowhere.toml"))
