"""Runs of any name are listed, shown and told of, and their names do nothing to the terminal."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from ontogeny import cli
from ontogeny.core.text import UNSEEN
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.report import write_report

STORED = Path(__file__).parents[1] / "data" / "stored" / "vectorised"
NAMES = [
    "\x1b[31mred\x1b]0;t\x07",
    "gpj\u202egnp",
    "sp ace's $(x)",
    "\x9b2J",
    os.fsdecode(b"caf\xe9"),
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_does_nothing_to_the_terminal(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    run = shutil.copytree(STORED, tmp_path / name)
    with Store(run, write=True) as store, store.transaction():
        store.add_metric(f"hypers.{name.encode(errors='replace').decode()}", 0, [1.0])
        store.add_event(5, "failed", f"said {name}")
        store.put(repeat=f"ontogeny grow {name}")
    for words in (["list"], ["show", name], ["compare", name, name], ["resume", f"{name}?"]):
        cli.run(words)
        said = capsys.readouterr()
        for text in (said.out, said.err):
            assert not UNSEEN.search(text)
            text.encode()  # is text
        if words[0] in ("list", "show"):
            (then,) = re.findall("next: (.*)", said.out)
            assert then.endswith(name if name.isalnum() else "'")
            if "$'" not in then:
                assert shlex.split(then)[-1] == name
    cli.run(["show", name, "--json"])
    assert json.loads(capsys.readouterr().out)["name"] == name
    with Store(run) as store:
        path = write_report(store, run / "report.html")
        assert read_record(store).folder == run
    assert "<html" in path.read_text(encoding="utf-8")
