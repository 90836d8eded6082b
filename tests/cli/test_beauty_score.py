"""`beauty score` and `beauty show`, as they are typed."""

from __future__ import annotations

import json

import pytest

from ontogeny import cli
from ontogeny.cli import beauty_scoring
from ontogeny.runtime.photos import judging as photo_judging
from ontogeny.views.pictures.scoring_told import ScoringProgress
from tiny_scorer import TinyBackbone, TinyScorer, write_photos


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setattr(beauty_scoring, "scorer_of", lambda model: TinyScorer())
    monkeypatch.setattr(photo_judging, "Backbone", TinyBackbone)


def said(capsys, *words, code=0):
    assert cli.run(["beauty", *map(str, words)]) == code
    return capsys.readouterr()


def test_photographs_are_scored_and_shown(tmp_path, capsys):
    folder = write_photos(tmp_path / "photos", 14)
    (folder / "first" / "x.jpg").write_bytes(b"")
    out, sheet = tmp_path / "scores.parquet", tmp_path / "sheet.html"
    words = ("score", folder, "--out", out, "--decoders", 0)
    answer = json.loads(said(capsys, *words, "--json").out)
    assert answer["photographs"] == 15
    assert answer["scored"] == 14
    assert answer["finished"]
    assert answer["problems"] == {"first/x.jpg": "it is empty: 0 bytes"}
    assert "beauty show" in answer["next"]
    assert "there already" in said(capsys, *words, code=2).err
    out.unlink()
    text = said(capsys, *words).out
    assert "14 photographs scored" in text
    assert "first/x.jpg: it is empty: 0 bytes" in text
    answer = json.loads(said(capsys, "show", out, "--out", sheet, "--each", 2, "--json").out)
    assert len(answer["best"]) == len(answer["worst"]) == len(answer["surprising"]) == 2
    html = sheet.read_text()
    assert html.count('alt="what moved its score"') >= 4
    assert "14 photographs by brightness" in html


def test_what_can_not_be_is_refused(tmp_path, capsys):
    folder, out = write_photos(tmp_path / "photos", 2), tmp_path / "s.parquet"
    refused = {
        ("score", tmp_path / "none", "--out", out): "no such file or folder",
        ("score", folder, "--out", out, "--decoders", -1): "--decoders",
        ("score", folder, "--out", out, "--address", "auto"): "add: --on ray",
        ("show", out, "--out", out): "would be lost",
        ("show", out, "--out", tmp_path / "s.html", "--each", 0): "--each",
    }
    for words, why in refused.items():
        assert why in said(capsys, *words, code=2).err
    assert "no such file" in said(capsys, "show", out, "--out", tmp_path / "s.html", code=3).err


def test_another_scorer_does_not_explain_these_scores(tmp_path, capsys, monkeypatch):
    folder, out = write_photos(tmp_path / "photos", 2), tmp_path / "s.parquet"
    said(capsys, "score", folder, "--out", out, "--decoders", 0)

    class Other(TinyScorer):
        def of_features(self, features):
            return super().of_features(features / 2)

    monkeypatch.setattr(beauty_scoring, "scorer_of", lambda model: Other())
    sheet = tmp_path / "s.html"
    assert "another scorer" in said(capsys, "show", out, "--out", sheet, code=2).err
    said(capsys, "show", out, "--out", sheet, "--plain")
    assert sheet.exists()


def test_progress_says_the_pace_and_the_time_left():
    class Stream:
        lines: list[str]

        def __init__(self, live):
            self.lines, self.isatty = [], lambda: live

        def write(self, text):
            self.lines.append(text)

        def flush(self):
            pass

    from ontogeny.runtime.photos.score_parts import Counts

    counts = Counts()
    for live in (True, False):
        stream, now = Stream(live), iter([0.0, 0.0, 40.0, 80.0, 80.1])
        progress = ScoringProgress(1000, stream, lambda now=now: next(now))
        counts.photos, counts.unread = 0, 0
        for done in (0, 100, 200, 201):
            counts.photos, counts.unread = done, 3 * bool(done)
            progress.tell(counts, 0)
        lines = [line for line in stream.lines if "photo" in line]
        assert len(lines) == 2  # not the one that came at once
        assert "200 of 1,000 photographs, 2.5/s, 5 min 20 s left, 3 unreadable" in lines[-1]
