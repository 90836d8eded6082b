from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request

import numpy as np
import pytest
from PIL import Image

from ontogeny.cli import run
from ontogeny.cli.beauty_rating import photos_to_rate
from ontogeny.learners.beauty.rating_files import read_ratings

VERB = [sys.executable, "-c", "from ontogeny.cli import main; main()", "beauty", "rate"]


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("a.png", "b.png", "more/c.png", "more/d.png"):
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(folder / name)
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_a_page_is_shown_stopped_and_its_pairs_exported(photos, tmp_path, capsys):
    file = tmp_path / "pairs.sqlite"
    given = [str(photos), "--port", "0", "--file", str(file), "--json"]
    with subprocess.Popen([*VERB, *given], stdout=subprocess.PIPE, text=True) as page:
        assert page.stdout is not None
        told = json.loads(page.stdout.readline())
        assert told["photos"] == 4
        assert told["address"].startswith("http://127.0.0.1:")
        sent = {"rater": "kim", "left": 0, "right": 3, "choice": "right"}
        request = urllib.request.Request(
            told["address"] + "judge",
            json.dumps(sent).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer)["judgements"] == 1
        page.send_signal(signal.SIGINT)
        ended = json.loads(page.stdout.readline())
    assert page.returncode == 0
    assert (ended["judgements"], ended["stable"]) == (1, False)
    assert ended["best"][0] == "more/d.png"

    table = tmp_path / "pairs.csv"
    assert run(["beauty", "rate", str(photos), "--file", str(file), "--export", str(table)]) == 0
    assert "1 judgements" in capsys.readouterr().out
    assert read_ratings(table).photos == read_ratings(file).photos == ("a.png", "more/d.png")


def test_of_many_photos_some_are_judged_and_those_that_were_stay(photos):
    names, notes = photos_to_rate(photos, 3, {"more/d.png", "gone.png"})
    assert len(names) == 3
    assert "more/d.png" in names
    assert notes == [
        "left out of the photographs, as .txt, which is not read: notes.txt",
        "1 photographs were judged before, and are not there any more",
        "3 of 4 photographs are judged; --most sets how many",
    ]
    assert photos_to_rate(photos, 3, {"more/d.png"})[0] == names


@pytest.mark.parametrize(
    ("given", "said", "code"),
    [
        (["nowhere"], "no such folder", 3),
        ([".", "--most", "1"], "1 photographs", 2),
        ([".", "--port", "70000"], "port 70000", 2),
        ([".", "--file", "no/where.sqlite"], "no folder", 2),
        ([".", "--file", "none.sqlite", "--export", "x.csv"], "no such file", 2),
        ([".", "--stable", "0.7"], "0.7", 2),
        ([".", "--host", "203.0.113.7"], "can't be at", 2),
    ],
)
def test_what_can_not_be_is_refused(photos, monkeypatch, capsys, given, said, code):
    monkeypatch.chdir(photos)
    assert run(["beauty", "rate", *given]) == code
    assert said in capsys.readouterr().err
