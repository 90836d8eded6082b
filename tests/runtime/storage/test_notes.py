"""What is noted of a run is told wherever the run is, and does nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.core.errors import ConfigError
from ontogeny.runtime.storage.notes import FILE, MOST, read_note
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.report import report_html

STORED = Path(__file__).parents[2] / "data" / "stored" / "vectorised"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    return shutil.copytree(STORED, tmp_path / "mine")


def test_a_note_is_told_wherever_the_run_is(run, capsys):
    with Store(run, write=True):  # while it grows
        assert cli.run(["note", "mine", " the <b>slow</b> one\x1b[31m\nwith more "]) == 0
    for words in (["list"], ["show", "mine"], ["note", "mine"]):
        assert cli.run(words) == 0
        said = capsys.readouterr().out
        assert "the <b>slow</b> one" in said
        assert "\x1b" not in said
    assert cli.run(["list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)["runs"]
    (known,) = og.runs()
    assert known.note == listed["note"] == "the <b>slow</b> one\x1b[31m\nwith more"
    assert "the &lt;b&gt;slow&lt;/b&gt; one" in report_html(read_record(known.store))
    assert cli.run(["verify", "mine"]) == 0
    known.note = ""
    assert not (run / FILE).exists()
    assert cli.run(["note", "mine"]) == 0
    assert "nothing is noted" in capsys.readouterr().out


def test_what_lies_there_otherwise_is_no_note(run):
    (run / FILE).symlink_to(run / "run.sqlite")
    assert read_note(run) == ""
    (run / FILE).unlink()
    (run / FILE).write_bytes(b"caf\xe9 " + b"x" * 2 * MOST)
    assert read_note(run).startswith("caf")
    assert len(read_note(run)) == MOST


def test_a_growth_is_named_and_noted(run, traced, capsys):
    settings = {"population": 2, "rounds": 1, "steps": 1, "progress": False}
    grown = og.grow("quadratic", name="other", note="the quick one", **settings)
    assert (grown.folder, grown.note) == (run.parent / "other", "the quick one")
    assert cli.run(["grow", "toy", "--note", "a toy", "--quiet", "--seeds", "0..1"]) == 0
    assert [one.note for one in og.runs()][1:] == ["the quick one", "a toy", "a toy"]
    with pytest.raises(ConfigError, match="give one"):
        og.grow("quadratic", name="a", folder="b", **settings)
    with pytest.raises(ConfigError, match="is no name for a run"):
        og.grow("quadratic", name="../a", **settings)
    with pytest.raises(ConfigError, match="name is 7"):
        og.grow("quadratic", name=7, **settings)
    with pytest.raises(ConfigError, match="characters"):
        og.grow("quadratic", name="long", note="x" * 5000, **settings)
    assert {one.folder.name for one in og.runs()} == {"mine", "other", "toy-seed-0", "toy-seed-1"}
