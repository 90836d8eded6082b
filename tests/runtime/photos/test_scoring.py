"""Photographs scored into one file: whole, whatever they are and whatever happens meanwhile."""

from __future__ import annotations

import json
import resource
import signal
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest

from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.runtime.photos import scoring
from ontogeny.runtime.photos.judging import Judge, same_scorer
from ontogeny.runtime.photos.score_parts import folder_of, scoring_into
from ontogeny.runtime.photos.score_table import read_about
from ontogeny.runtime.photos.scoring import score_photos
from ontogeny.runtime.photos.source import photo_source
from tiny_scorer import TinyBackbone, TinyScorer, write_photos

PART = 16


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(scoring, "PARTITION", PART)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = write_photos(tmp_path_factory.mktemp("photos"), 60)
    (place / "first" / "copy.jpg").write_bytes((place / "first" / "0004.jpg").read_bytes())
    (place / "first" / "empty.jpg").write_bytes(b"")
    (place / "second" / "cut.jpg").write_bytes((place / "second" / "0001.jpg").read_bytes()[:400])
    (place / "second" / "named.png").write_bytes((place / "second" / "0001.jpg").read_bytes())
    return place


def scored(folder, out, **how):
    judge = Judge(how.pop("scorer", TinyScorer()), TinyBackbone())
    how = {"workers": 0, "skip_same": True} | how
    return score_photos(photo_source(folder), judge, out, **how)


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """The file as it is when nothing happens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "PARTITION", PART)
        return scored(folder, tmp_path_factory.mktemp("whole") / "scores.parquet")


def test_there_is_a_row_for_every_photograph(whole, folder):
    assert whole.counts.photos == 64
    assert (whole.counts.scored, whole.counts.unread, whole.counts.same) == (60, 2, 2)
    assert not folder_of(whole.out).exists()
    rows = {row["photo"]: row for row in pq.read_table(whole.out).to_pylist()}
    assert len(rows) == 64
    assert rows["first/copy.jpg"]["same_as"] == "first/0004.jpg"
    assert rows["second/named.png"]["same_as"] == "second/0001.jpg"
    assert rows["second/named.png"]["notes"] == "JPEG, whatever its name says"
    assert rows["first/empty.jpg"]["problem"] == "it is empty: 0 bytes"
    assert "truncated" in rows["second/cut.jpg"]["problem"].lower()
    assert whole.counts.problems.keys() == {"first/empty.jpg", "second/cut.jpg"}
    for row in rows.values():
        assert (row["score"] is None) == bool(row["problem"] or row["same_as"])
    from ontogeny.worlds.photos.squares import read_photo

    photo = read_photo(folder / "first" / "0004.jpg")[None]
    told = TinyScorer().of_features(TinyBackbone()(photo))
    assert rows["first/0004.jpg"]["score"] == pytest.approx(told.score[0], rel=1e-5)
    about = read_about(whole.out)
    assert about["says"] == "brightness"
    assert about["root"] == str(folder)


def test_processes_and_a_stop_come_to_the_same_bytes(whole, folder, tmp_path):
    out, asked = tmp_path / "scores.parquet", iter(range(10**9))
    first = scored(folder, out, workers=1, stopped=lambda: next(asked) > 40)
    assert first.stopped
    assert first.counts.photos == 32
    assert not out.exists()
    part = sorted(folder_of(out).glob("part-*"))[1]
    part.write_bytes(part.read_bytes()[:500])  # as a power cut may leave it
    told = []
    again = scored(folder, out, tell=lambda counts, ahead: told.append(counts.photos + ahead))
    assert again.kept == 16
    assert told[-1] == 64
    assert told == sorted(told)
    assert out.read_bytes() == whole.out.read_bytes()


def test_a_kill_comes_to_the_same_bytes(whole, folder, tmp_path, forks):
    out = tmp_path / "scores.parquet"
    code = f"""
import os
from ontogeny.runtime.photos import scoring
from ontogeny.runtime.photos.judging import Judge
from ontogeny.runtime.photos.source import photo_source
from tiny_scorer import TinyBackbone, TinyScorer
scoring.PARTITION = {PART}
told = []
def tell(counts, ahead):
    told.append(0)
    if len(told) == 39:
        os.kill(os.getpid(), 9)
scoring.score_photos(photo_source({str(folder)!r}), Judge(TinyScorer(), TinyBackbone()),
    {str(out)!r}, skip_same=True, workers=0, tell=tell)
"""
    process = forks.start(code)
    assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    assert scored(folder, out).kept == 32
    assert out.read_bytes() == whole.out.read_bytes()


@contextmanager
def filling_disk():
    """Yield what lets the disk be full from then on, as far as this process can tell."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600, before[1]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_what_was_scored_and_says_so(whole, folder, tmp_path):
    out = tmp_path / "scores.parquet"
    for done in (32, 64):  # in the midst, and as the parts are joined

        def tell(counts, ahead, done=done):
            if counts.photos == done:
                fill()

        with filling_disk() as fill, pytest.raises(StoreError, match="can't write") as raised:
            scored(folder, out, tell=tell)
        assert f"{done} photographs are done and kept in" in str(raised.value)
        assert not out.exists()
        assert len(list(folder_of(out).glob("part-*"))) == done // PART
    assert scored(folder, out).kept == 64
    assert out.read_bytes() == whole.out.read_bytes()


def test_what_would_mix_or_lose_scores_is_refused(whole, folder, tmp_path):
    def refused(kind, why, place=folder, out=tmp_path / "scores.parquet", **how):
        with pytest.raises(kind, match=why):
            scored(place, out, **how)

    refused(ConfigError, "there already", out=whole.out)
    refused(ConfigError, "written as Parquet", out=tmp_path / "scores.csv")
    refused(ConfigError, "no folder", out=tmp_path / "none" / "scores.parquet")
    (tmp_path / "empty").mkdir()
    refused(DataError, "no photographs in it", tmp_path / "empty", tmp_path / "x.parquet")
    mine = write_photos(tmp_path / "mine", 20)
    out, asked = tmp_path / "scores.parquet", iter(range(10**9))
    scored(mine, out, stopped=lambda: next(asked) > 17)
    refused(ConfigError, "differ in skip_same", mine, skip_same=False)

    class Other(TinyScorer):
        def of_features(self, features):
            return super().of_features(1 - features)

    refused(ConfigError, "differ in scorer", mine, scorer=Other())
    with scoring_into(out, {**_job(out)}, True):
        refused(StoreError, "another process is scoring", mine)
    (mine / "first" / "0002.jpg").unlink()
    refused(ConfigError, "'first/0002.jpg' was, and 'first/0004.jpg' is", mine)


def _job(out):
    return json.loads((folder_of(out) / "job.json").read_text())


def test_a_scorer_is_known_again_on_a_machine_that_rounds_otherwise():
    known = Judge(TinyScorer(), TinyBackbone()).fingerprint
    other = {**known, "says": [said + 1e-4 for said in known["says"]]}
    assert same_scorer(known, other)
    assert same_scorer(known, json.loads(json.dumps(known)))
    assert not same_scorer(known, {**known, "says": [said + 0.1 for said in known["says"]]})
    assert not same_scorer(known, {**known, "backbone": "another"})
    assert not same_scorer(known, None)


def test_a_score_that_is_not_finite_is_a_problem(folder, tmp_path):
    class Broken(TinyScorer):
        def of_features(self, features):
            said = super().of_features(features)
            rated = np.where(said.score > 0.4, 7.0, np.nan)
            broken = said._replace(score=np.where(said.score > 0.5, np.nan, said.score))
            return SimpleNamespace(**broken._asdict(), rating=rated)

    table = pq.read_table(scored(folder, tmp_path / "s.parquet", scorer=Broken()).out).to_pylist()
    assert any(row["problem"] == "its score is not finite" for row in table)
    rows = [row for row in table if row["score"] is not None]
    assert all(row["score"] <= 0.5 for row in rows)
    assert all(row["rating"] == (7.0 if row["score"] > 0.4 else None) for row in rows)
    assert len({row["rating"] for row in rows}) == 2


def test_a_scorer_that_was_grown_on_another_backbone_is_refused():
    class Grown(TinyScorer):
        backbone = "another network"

    with pytest.raises(ConfigError, match="grown on another network, and there is colours"):
        Judge(Grown(), TinyBackbone())
