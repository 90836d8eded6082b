"""Every verb does what it says, in words and in JSON, and leaves with the right code."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ontogeny import cli
from ontogeny.cli import VERBS
from ontogeny.recipes import RECIPES
from ontogeny.runtime.storage.schema import VERSION

SMALL = ["--population", "4", "--rounds", "4", "--steps", "5"]


def answer(capsys, *arguments: str, code: int = 0) -> dict:
    assert cli.run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_help_is_quick_and_imports_nothing_heavy():
    program = (
        "import sys, time; from ontogeny.cli import run; assert run(['--help']) == 0;"
        "heavy = {'jax', 'numpy', 'tyro', 'rich', 'plotly'} & set(sys.modules);"
        "print('HEAVY', sorted(heavy), 'SECONDS', time.process_time())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert all(f"  {name}" in done.stdout for name in VERBS)
    heavy, seconds = done.stdout.splitlines()[-1].removeprefix("HEAVY ").split(" SECONDS ")
    assert heavy == "[]"
    assert float(seconds) < 1


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb, capsys):
    assert cli.run([verb, "--help"]) == 0
    assert "usage" in capsys.readouterr().out


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_shows_its_fields(recipe, capsys):
    assert cli.run(["grow", recipe, "--help"]) == 0
    text = capsys.readouterr().out
    assert "--population" in text
    assert "--learner" not in text


def test_grow_show_list_report_export(runs, capsys):
    grown = answer(capsys, "grow", "quadratic", *SMALL, "--name", "mine")
    assert (grown["status"], grown["rounds"]) == ("finished", 4)
    assert grown["next"] == "ontogeny report mine"
    shown = answer(capsys, "show", "mine")
    assert len(shown["members"]) == 4
    assert shown["repeat"].startswith("ontogeny grow quadratic --population 4")
    assert [run["name"] for run in answer(capsys, "list")["runs"]] == ["quadratic-1", "mine"]
    report = Path(answer(capsys, "report", "mine")["report"])
    assert report == runs / "mine" / "report.html"
    assert "<html" in report.read_text()[:500]
    export = answer(capsys, "export", "last")
    assert set(export["files"]) == {"arrays.safetensors", "structure.json"}
    assert cli.run(["show", "mine"]) == 0
    assert "next: ontogeny report mine" in capsys.readouterr().out


def test_home_is_home_in_every_verb(runs, tmp_path, capsys, monkeypatch):
    """A shell leaves the ~ of `--out=~/x` as it is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    answer(capsys, "report", "~/runs/quadratic-1", "--out=~/made/report.html")
    answer(capsys, "export", "~/runs/quadratic-1", "--out=~/made/export")
    assert {path.name for path in (tmp_path / "made").iterdir()} == {"report.html", "export"}
    assert [one["name"] for one in answer(capsys, "list", "--runs=~/runs")["runs"]] == [
        "quadratic-1"
    ]


def test_runs_are_numbered(runs, capsys):
    answer(capsys, "grow", "quadratic", *SMALL)
    assert sorted(folder.name for folder in runs.iterdir()) == ["quadratic-1", "quadratic-2"]


def test_resume_grows_on(runs, capsys):
    resumed = answer(capsys, "resume", "quadratic-1", "--rounds", "6")
    assert (resumed["status"], resumed["rounds"]) == ("finished", 6)
    again = answer(capsys, "resume", "quadratic-1")  # there is nothing left to do
    assert (again["status"], again["rounds"]) == ("finished", 6)


def test_doctor_looks_at_the_machine_and_at_a_recipe(capsys):
    assert answer(capsys, "doctor")["devices"] == ["cpu", "cpu"]
    examined = answer(capsys, "doctor", "quadratic", *SMALL)
    assert examined["members"] == 4
    assert examined["updates_per_second"] > 0
    assert examined["predicted_peak_bytes"] > examined["population_bytes"] > 0


def test_doctor_lists_the_worlds_that_agents_can_live_in(capsys):
    found = answer(capsys, "doctor", "--worlds")
    assert {"CartPole-v1", "Breakout-MinAtar", "Pendulum-v1"} <= set(found["worlds"])
    assert found["next"] == f"ontogeny grow agents --world {found['worlds'][0]}"


def test_recipes_are_listed(capsys):
    assert [r["name"] for r in answer(capsys, "recipes")["recipes"]] == list(RECIPES)
    assert cli.run(["recipes"]) == 0
    assert "\n  hinton-nowlan " in capsys.readouterr().out  # the longest names keep their distance


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gorw"], 2, "did you mean 'grow'"),
        (["grow", "quadratik"], 2, "did you mean 'quadratic'"),
        (["grow", "quadratic", "--populaton", "4"], 2, "--population"),
        (["grow", "quadratic", "--rounds", "0"], 2, "rounds is 0"),
        (["grow", "quadratic", "--population", "0"], 2, "population is 0"),
        (["grow", "quadratic", "--seed", "-1"], 2, "seed is -1"),
        (["grow", "quadratic", "--fraction", "0.9"], 2, "fraction of 0.9"),
        (["grow", "quadratic", "--name", "a", "--folder", "b"], 2, "--name and --folder"),
        (["grow", "--population", "4"], 2, "the recipe comes first"),
        (["show", "quadratic-2"], 2, "did you mean 'quadratic-1'"),
        (["resume", "nowhere"], 2, "ontogeny list"),
        (["reproduce", "pbr"], 2, "did you mean 'pbt'"),
        (["play", "quadratic-1"], 2, "can't be played"),
        (["export", "quadratic-1", "--to", "onnx"], 2, "can't be exported to ONNX"),
        (["grow", "quadratic", *SMALL, "--seed", "1", "--name", "quadratic-1"], 3, "the run there"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_mistakes_say_what_to_do(runs, capsys, arguments, code, said):
    assert cli.run(arguments) == code
    assert said in capsys.readouterr().err


def test_an_error_is_json_when_json_is_asked_for(runs, capsys):
    error = answer(capsys, "show", "nothing-like-it", code=2)["error"]
    assert error["kind"] == "ConfigError"
    assert "nothing-like-it" in error["what"]


def test_a_corrupt_store_is_named_and_does_not_hide_the_others(runs, capsys):
    broken = runs / "broken"
    broken.mkdir()
    (broken / "run.sqlite").write_bytes(b"not a database, not at all" * 100)
    assert cli.run(["show", "broken"]) == 3
    assert "broken/run.sqlite" in capsys.readouterr().err
    listed = {run["name"]: run["status"] for run in answer(capsys, "list")["runs"]}
    assert listed == {"quadratic-1": "finished", "broken": "unreadable"}
    assert cli.run(["list"]) == 0
    out = capsys.readouterr().out
    assert "broken: can't open the store (file is not a database)" in out
    assert "next: ontogeny show quadratic-1" in out
    shutil.rmtree(runs / "quadratic-1")
    assert cli.run(["list"]) == 0
    assert "next: ontogeny grow toy" in capsys.readouterr().out


def test_whatever_is_wrong_with_one_run_the_others_are_listed(runs, capsys):
    shutil.copytree(runs / "quadratic-1", runs / "newer")
    with closing(sqlite3.connect(runs / "newer" / "run.sqlite")) as db:
        db.execute("PRAGMA user_version = 9")
    shutil.copytree(runs / "quadratic-1", runs / "odd")
    with closing(sqlite3.connect(runs / "odd" / "run.sqlite")) as db, db:
        db.execute("UPDATE run SET value = '[]' WHERE key = 'fields'")
        db.execute("UPDATE run SET value = '7' WHERE key = 'space'")
        db.execute("UPDATE lineage SET parent = 'nobody'")
    listed = {run["name"]: run for run in answer(capsys, "list")["runs"]}
    assert listed["quadratic-1"]["status"] == "finished"
    assert listed["newer"]["error"] == f"store version 9 is not version {VERSION}"
    assert listed["odd"]["status"] == "unreadable"


def test_a_folder_that_can_not_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert cli.run(["grow", "quadratic", *SMALL, "--folder", str(tmp_path / "file" / "run")]) == 3
    assert "can't create" in capsys.readouterr().err


def test_a_reader_that_leaves_and_a_terminal_without_our_signs_end_nothing(runs, forks):
    """One process each: a pipe that is closed at once, and a terminal that knows ASCII alone."""
    where = {"ONTOGENY_RUNS": str(runs)}
    process = forks.ontogeny("grow", "quadratic", *SMALL, "--name", "piped", **where)
    process.stdout.close()
    _, said = process.communicate()
    assert process.returncode == 0, said
    with closing(sqlite3.connect(runs / "piped" / "run.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM event WHERE kind = 'finished'").fetchone()[0]
    ascii_alone = "import sys; sys.stdout.reconfigure(encoding='ascii')"
    main = "from ontogeny.cli import main; main(['show', 'quadratic-1'])"
    process = forks.start(f"{ascii_alone}; {main}", **where)
    out, said = process.communicate()
    assert process.returncode == 0, said
    assert b"quadratic-1" in out
