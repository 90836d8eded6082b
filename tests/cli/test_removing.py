"""A run is removed when that was said twice, and never while it grows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.runtime.storage.store import Store

STORED = Path(__file__).parents[1] / "data" / "stored" / "vectorised"


@pytest.fixture
def line(tmp_path, monkeypatch):
    """Two runs, one of which has a later generation."""
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    for name in ("mine", "mine/generation-2", "other"):
        shutil.copytree(STORED, tmp_path / name)
    return tmp_path


def test_a_run_goes_with_its_generations_and_no_other(line, capsys):
    assert cli.run(["remove", "mine", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["runs"], told["removed"]) == (2, False)
    assert told["next"] == "ontogeny remove mine --yes"
    assert (line / "mine" / "run.sqlite").exists()
    assert cli.run(["remove", "mine", "--yes"]) == 0
    assert f"removed {line / 'mine'}: " in capsys.readouterr().out
    assert [path.name for path in line.iterdir()] == ["other"]
    assert cli.run(["remove", "mine", "--yes"]) == 2
    assert "no run is called 'mine'" in capsys.readouterr().err


def test_what_grows_stays_and_a_link_leaves_what_it_leads_to(line, tmp_path_factory, capsys):
    with Store(line / "mine" / "generation-2", write=True):
        assert cli.run(["remove", "mine", "--yes"]) == 3
    assert "it grows" in capsys.readouterr().err
    elsewhere = shutil.copytree(STORED, tmp_path_factory.mktemp("elsewhere") / "run")
    (line / "linked").symlink_to(elsewhere)
    assert cli.run(["remove", "linked", "--yes"]) == 0
    assert (elsewhere / "run.sqlite").exists()
    assert not (line / "linked").is_symlink()


def test_runs_are_listed_but_for_those_that_cant_be_read(line):
    (line / "other" / "run.sqlite").write_bytes(b"no store")
    with pytest.warns(UserWarning, match="other: it is left out"):
        found = og.runs()
    assert {run.folder.name for run in found} == {"mine", "generation-2"}


def test_the_command_line_is_a_module_too():
    done = subprocess.run([sys.executable, "-m", "ontogeny", "--version"], capture_output=True)
    assert done.stdout.decode().strip() == f"ontogeny {og.__version__}"
