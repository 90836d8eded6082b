"""A contact sheet: who is on it, and what is drawn of them."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from ontogeny.core.errors import DataError, StoreError
from ontogeny.runtime.photos.score_table import Row, as_table, write_table
from ontogeny.views.pictures import sheet_choice
from ontogeny.views.pictures.contact_sheet import coloured, sheet_html
from ontogeny.views.pictures.sheet_choice import choose


def table(path, n, seed=0):
    """Write scores of two looks: near +1 the score is 10, near -1 it is -10, but for one."""
    rng = np.random.default_rng(seed)
    side = np.where(np.arange(n) % 2, 1.0, -1.0)
    looks = side[:, None] * np.ones(32) + 0.05 * rng.normal(size=(n, 32))
    scores = 10 * side + rng.normal(size=n)
    scores[7] = -9.5  # which looks like those of 10
    rows = [
        Row(f"{i}.jpg", bytes(16), score=s, percentile=50.0, spread=float(i == 3), look=look)
        for i, (s, look) in enumerate(zip(scores.tolist(), looks, strict=True))
    ]
    rows += [Row("bad<.jpg", problem="it is empty: 0 bytes"), Row("copy.jpg", same_as="0.jpg")]
    write_table(as_table(rows, {"says": "it"}), path, "")
    return scores


def test_the_best_the_worst_and_the_surprising_are_found(tmp_path, monkeypatch):
    scores = table(tmp_path / "s.parquet", 600)
    order = np.argsort(-scores)
    for reference in (20_000, 100):  # all are held against all, and against some
        monkeypatch.setattr(sheet_choice, "REFERENCE", reference)
        found = choose(tmp_path / "s.parquet", 3)
        assert [one.photo for one in found.best] == [f"{i}.jpg" for i in order[:3]]
        assert [one.photo for one in found.worst] == [f"{i}.jpg" for i in order[::-1][:3]]
        assert [one.photo for one in found.uncertain] == ["3.jpg"]
        assert found.surprising[0].photo == "7.jpg"
        assert found.surprising[0].expected == pytest.approx(10, abs=1.5)
        assert abs(found.surprising[1].score - found.surprising[1].expected) < 5
        assert (found.scored, found.unread, found.same) == (600, 1, 1)
    assert 70 < len(found.sample) < 130
    assert found.problems == [("bad<.jpg", "it is empty: 0 bytes")]


def test_few_are_surprised_by_nothing_and_none_are_refused(tmp_path):
    table(tmp_path / "s.parquet", 8)
    assert choose(tmp_path / "s.parquet", 20).surprising == []
    assert len(choose(tmp_path / "s.parquet", 20).best) == 8
    write_table(as_table([Row("a", problem="cut")], {}), tmp_path / "n.parquet", "")
    with pytest.raises(DataError, match="none of its photographs has a score"):
        choose(tmp_path / "n.parquet", 3)
    (tmp_path / "x.parquet").write_bytes(b"nothing")
    with pytest.raises(StoreError, match="can't be read"):
        choose(tmp_path / "x.parquet", 3)


def test_what_moved_a_score_is_orange_and_blue_over_grey():
    photo = np.full((224, 224, 3), (200, 100, 0), np.uint8)
    moves = np.zeros((7, 7))
    moves[0, 0], moves[6, 6] = 2.0, -2.0
    red, green, blue = coloured(photo, moves)[12, 12].astype(int)
    assert red > green > blue
    red, green, blue = coloured(photo, moves)[212, 212].astype(int)
    assert blue > green > red
    assert coloured(photo, moves)[112, 112].tolist() == [100] * 3
    assert (coloured(photo, 0 * moves) == 100).all()


def test_the_page_has_everything_inside(tmp_path):
    table(tmp_path / "s.parquet", 20)
    Image.new("RGB", (64, 64), (10, 200, 30)).save(tmp_path / "7.jpg")
    choice = choose(tmp_path / "s.parquet", 2)
    asked = []

    def moves(photo):
        asked.append(photo)
        return np.eye(7)

    html = sheet_html(choice, "its <beauty>", "/photos", lambda name: f"{tmp_path}/{name}", moves)
    assert "20 photographs by its &lt;beauty&gt;" in html
    assert "bad&lt;.jpg" in html
    assert "<beauty>" not in html
    for title in ("Best", "Worst", "Most uncertain", "Most surprising", "Not scored"):
        assert f"<h2>{title}</h2>" in html
    assert "no more to be seen: there is no such file" in html  # all but one
    assert len(asked) == 1
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0]))))
    assert np.abs(shown.astype(int) - (10, 200, 30)).max() < 6
    plain = sheet_html(choice, "it", "/photos", lambda name: f"{tmp_path}/{name}", None)
    assert "what moved its score" not in plain
    assert 'src="http' not in html
