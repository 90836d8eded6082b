from __future__ import annotations

import base64
import json
import re
import time
from html.parser import HTMLParser

import numpy as np
import plotly.graph_objects as go
import pytest

from ontogeny.core.errors import StoreError
from ontogeny.ops.rank_correlation import spearman
from ontogeny.runtime.storage.store import Store
from ontogeny.views.figure import Figure
from ontogeny.views.growth import report as report_module
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.report import headline, write_report
from ontogeny.views.quantities import number
from ontogeny.views.theme import empty

VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """Reads a page, and fails when its tags do not close in order."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.figures: list[dict] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
            self.json = ("type", "application/json") in attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            if self.json:
                self.figures.append(json.loads(data))
        elif not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(autouse=True)
def without_plotly_js(monkeypatch, request):
    """Leave the 5 MB of plotly.js out, but where a test is about the whole file."""
    if request.function is not test_a_large_run_stays_small_and_quick:
        monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: "var Plotly;")


def read(store: Store, tmp_path, *figures) -> Page:
    return Page(write_report(store, tmp_path / "report.html", *figures).read_text())


def draw(figure: Figure) -> go.Figure:
    fig = empty("Told", "round", "")
    fig.add_scatter(y=figure.data["y"])
    return fig


def test_a_grown_run(grown_store, tmp_path):
    page = read(grown_store, tmp_path)
    assert len(page.figures) == 7  # scores, lineage, two hypers, diversity, a metric, speed
    best = grown_store.metric("score")[-1].max()
    for part in (
        f"{best:.4g}",
        "ontogeny grow quadratic --population 8",
        "arXiv 1711.09846",
        "Nobody died, and nothing interrupted the run.",
        "strategy.fraction 0.25",
        "In 38 moves,",
    ):
        assert part in page.text


def test_the_file_needs_nothing_beside_it(grown_store, tmp_path):
    html = write_report(grown_store, tmp_path / "new" / "report.html").read_text()
    page = Page(html)
    assert not [value for name, value in page.attributes if name in ("src", "href", "srcset")]
    assert "url(" not in html
    assert "@import" not in html
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]


def test_every_string_is_escaped(make_store, tmp_path):
    evil = '</script><script>alert("x")</script>&<b>'
    score = np.array([[1.0, -np.inf], [2.0, 3.0]])
    store = make_store(
        score,
        {evil: np.ones(score.shape)},
        recipe=evil,
        repeat=evil,
        papers=[evil],
        fields={evil: evil, "rounds": 2, "steps": 1},
        machine={evil: evil, "devices": [evil]},
        units={evil: 1},
        space={evil: {"kind": "Log", "low": 1, "high": 2}},
    )
    with store.transaction():
        store.add_event(0, evil, evil, 1)
    figures = [Figure("evil", evil, {"y": np.ones(1)}, {}, draw)]
    html = write_report(store, tmp_path / "report.html", figures).read_text()
    assert "alert(&quot;x&quot;)" in html
    assert "<script>alert" not in html
    assert "<b>" not in html
    page = Page(html)
    assert page.text.count('alert("x")') >= 9


SCORES = {
    "one member": np.array([[1.0], [2.0], [3.0]]),
    "one round": np.array([[1.0, 2.0, 3.0]]),
    "one of one": np.array([[1.0]]),
    "all dead": np.full((3, 4), -np.inf),
    "half dead": np.array([[1.0, -np.inf], [-np.inf, 2.0]]),
    "not a number": np.full((2, 2), np.nan),
    "equal": np.zeros((4, 4)),
}


@pytest.mark.parametrize("hypers", [True, False])
@pytest.mark.parametrize("name", SCORES)
def test_runs_of_every_shape(name, hypers, make_store, tmp_path):
    score = SCORES[name]
    store = make_store(
        score,
        {"rate": np.full(score.shape, 0.1)} if hypers else None,
        status="finished",
        fields={"steps": 3},
    )
    page = read(store, tmp_path)
    single = score.shape[1] == 1
    assert len(page.figures) == 2 + hypers + (not single)
    assert f"members {score.shape[1]} rounds {score.shape[0]}" in page.text


def test_a_run_that_goes_on_and_one_not_begun(make_store, tmp_path):
    running = make_store(
        np.ones((3, 4)), status="growing", begun=time.time(), fields={"rounds": 10, "population": 4}
    )
    text = read(running, tmp_path).text
    assert "Still growing: 3 of 10 rounds so far." in text
    assert "3 of 10" in text
    empty = make_store(np.zeros((0, 1)), name="empty", fields={"rounds": 10, "population": 4})
    page = read(empty, tmp_path)
    assert "No round is recorded yet." in page.text
    assert page.figures == []
    bare = headline(read_record(make_store(np.ones((1, 2)), name="bare", population=8, rounds=3)))
    assert "<dd>8</dd>" in bare  # members, of whom two have come to their first score
    assert bare.count("bare") == 1


def test_events_are_summed_up_and_cut(make_store, tmp_path):
    store = make_store(np.ones((2, 2)))
    with store.transaction():
        for number in range(150):
            store.add_event(number, "dead", "not finite", 1)
        store.add_event(1, "interrupted", "")
        store.add_event(2, "resumed", "after round 1")
    page = read(store, tmp_path)
    assert "150 deaths, 1 interruption, 1 resumption. The first 100 are listed." in page.text
    assert page.text.count("not finite") == 100


def test_many_hypers_are_cut_to_those_that_fit(make_store, tmp_path):
    hypers = {f"w.{i}": np.ones((2, 2)) for i in range(16)}
    page = read(make_store(np.ones((2, 2)), hypers), tmp_path)
    assert "4 more hypers are in the run's store." in page.text
    assert len(page.figures) == 2 + 12


def test_a_search_without_moves_tells_which_hypers_mattered(make_store, tmp_path):
    rates, noise = np.geomspace(1e-3, 1e-1, 8), np.array([3, 1, 4, 1, 5, 9, 2, 6.0])
    store = make_store(
        np.tile(np.log(rates), (2, 1)),
        {"rate": np.tile(rates, (2, 1)), "noise": np.tile(noise, (2, 1)), "same": np.ones((2, 8))},
        space={"rate": {"kind": "Log", "low": 1e-3, "high": 1e-1}},
    )
    page = read(store, tmp_path)
    assert "The winner's rate ended at its upper bound, 0.1" in page.text
    titles = re.findall(r"rate|noise|rank correlation [-0-9.]+", page.text)
    assert titles[titles.index("rank correlation 1") - 1] == "rate"
    told = number(spearman(noise, np.log(rates)), 2)
    assert f"noise, rank correlation {told}" in page.text
    assert "same, rank correlation" not in page.text
    assert "Who descends from whom" not in page.text


def test_a_film_is_inside_the_page(make_store, tmp_path, monkeypatch):
    store = make_store(np.ones((2, 2)))
    gif = store.folder / "films" / "best.gif"
    gif.parent.mkdir()
    gif.write_bytes(b"GIF89a film")
    with store.transaction():
        store.add_artifact(1, "film", gif, 11)
    html = write_report(store, tmp_path / "report.html").read_text()
    assert 'src="data:image/gif;base64,R0lGODlhIGZpbG0="' in html
    monkeypatch.setattr(report_module, "FILM_BYTES", 5)
    assert "The film is at films/best.gif." in read(store, tmp_path).text
    gif.unlink()
    assert "Film" not in read(store, tmp_path).text


def test_the_portrait_comes_first_and_then_the_story_of_the_record(make_store, tmp_path):
    def story(record):
        return [Figure("best", "A story.", {"y": record.score.max(axis=1)}, {}, draw)]

    portrait = [Figure("winner", "A portrait.", {"y": np.array([7.0])}, {}, draw)]
    store = make_store(np.array([[1.0, 2.0], [4.0, 3.0]]))
    page = read(store, tmp_path, portrait, story)
    seen = [figure["data"][0]["y"] for figure in page.figures[:2]]
    assert [decoded(y) for y in seen] == [[7.0], [2.0, 4.0]]
    assert page.text.index("A portrait.") < page.text.index("A story.")
    empty_run = make_store(np.zeros((0, 1)), name="empty")
    assert read(empty_run, tmp_path, (), story).figures == []  # nothing to tell of yet


def decoded(values) -> list[float]:
    """Return an array of a figure's JSON, which plotly may have packed."""
    if isinstance(values, list):
        return values
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()


def test_a_report_that_cannot_be_written_leaves_what_stood_there(grown_store, tmp_path):
    path = tmp_path / "report.html"
    path.mkdir()
    (path / "old").write_text("old")
    with pytest.raises(StoreError, match="can't write the page"):
        write_report(grown_store, path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert (path / "old").read_text() == "old"


def test_a_large_run_stays_small_and_quick(make_store, tmp_path):
    """64 members, 500 rounds, a quarter of them heirs in each: under 12 MB, within 10 s."""
    rng = np.random.default_rng(0)
    score = rng.standard_normal((500, 64)).cumsum(axis=0)
    heirs = [
        (number, slot, int(rng.integers(0, 64)), True, number - 1)
        for number in range(1, 500)
        for slot in rng.choice(64, 16, replace=False).tolist()
    ]
    hypers = {name: rng.random((500, 64)) for name in ("rate", "cost", "discount", "clip")}
    store = make_store(score, hypers, heirs, fields={"steps": 10})
    begun = time.process_time()
    path = write_report(store, tmp_path / "report.html")
    assert time.process_time() - begun < 10
    assert path.stat().st_size < 12e6
    html = path.read_text()
    assert len(re.findall(r"plotly\.js v\d", html)) == 1  # its own banner, once
    assert html.count('type="application/json"') == 8
