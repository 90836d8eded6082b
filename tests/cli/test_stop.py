"""A run that grows elsewhere is stopped by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ontogeny import cli
from ontogeny.runtime.stopping import FILE
from ontogeny.runtime.storage.store import Store

STORED = Path(__file__).parents[1] / "data" / "stored" / "vectorised"


def test_a_growing_run_is_asked_to_stop(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    folder = shutil.copytree(STORED, tmp_path / "quadratic-1")
    assert cli.run(["stop", "quadratic-1"]) == 3
    assert "it isn't growing" in capsys.readouterr().err
    with Store(folder, write=True):  # as its driver holds it
        assert cli.run(["stop", "last", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"folder": str(folder), "asked": True, "next": "ontogeny show last"}
    assert (folder / FILE).exists()
