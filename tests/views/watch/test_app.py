"""The pages of `watch` over HTTP, as a browser asks for them and as nobody should."""

from __future__ import annotations

import itertools
import json
import shutil

import pytest
from starlette.testclient import TestClient

from made_up_run import MadeUpRun
from ontogeny.core.errors import StoreError
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.report import PARTS
from ontogeny.views.watch.app import watch_app
from ontogeny.views.watch.watchlist import Watchlist, run_id

HERE = "http://127.0.0.1:8766"
ODD = "<img src=x onerror=alert(1)> & 'so'"


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "runs"
    for name in ("first", "second"):
        run = MadeUpRun(folder / name, planned=5)
        run.grow(5)
        run.end()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def browser(runs):
    return TestClient(watch_app(Watchlist(runs)), base_url=HERE, follow_redirects=False)


def heard(browser, address, events=1, **how):
    """Return what the stream says until so many times it was asked whether it is to end."""
    asked = itertools.count()
    browser.app.state.ending = lambda: next(asked) >= events
    lines = browser.get(address, **how).text.splitlines()
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data:")]
    ids = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
    return told, ids


def test_the_list_tells_what_has_changed_since(browser, runs):
    page = browser.get("/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "://" not in page.text  # nothing is asked for elsewhere
    assert page.text.count('class="mark good"') == 2
    version = page.text.split('data-version="')[1].split('"')[0]
    assert heard(browser, f"/changes?since={version}", 2) == ([], [])

    odd = MadeUpRun(runs / ODD, hyper="<i>rate</i>", metric="<script>alert(2)</script>")
    odd.grow(2)
    browser.app.state.watchlist._next = 0.0
    (told,), (now,) = heard(browser, f"/changes?since={version}", 1)
    assert list(told["rows"]) == [run_id(ODD)]
    assert told["order"] == [run_id(ODD), *told["order"][1:]]
    assert told["tally"] == ": 3 runs, 1 growing"
    row = told["rows"][run_id(ODD)]
    assert "<img" not in row
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &#x27;so&#x27;" in row
    again = {"headers": {"last-event-id": now}}
    assert heard(browser, "/changes", 2, **again) == ([], [])
    (told,), _ = heard(browser, "/changes", 1, headers={"last-event-id": "other-7"})
    assert len(told["rows"]) == 3  # another process said that

    shown = browser.get(f"/run/{run_id(ODD)}").text
    parts = [browser.get(f"/run/{run_id(ODD)}/part/{name}").text for name in PARTS]
    for text in [shown, *parts]:
        assert not any(tag in text for tag in ("<img", "<i>", "alert(2)</script>"))
    odd.end()
    shutil.rmtree(runs / ODD)
    browser.app.state.watchlist._next = 0.0
    (told,), _ = heard(browser, f"/changes?run={run_id(ODD)}", 1)
    assert told == {"runs": {}, "gone": [run_id(ODD)]}
    assert browser.get(f"/run/{run_id(ODD)}").status_code == 404
    assert browser.get(f"/run/{run_id(ODD)}/part/scores").status_code == 404


def test_a_part_is_what_the_report_has(browser, runs):
    with Store(runs / "first") as store:
        record = read_record(store)
    for name, part in PARTS.items():
        answer = browser.get(f"/run/first/part/{name}")
        assert answer.status_code == 200
        assert answer.text == part(record)
    together = {name: browser.get(f"/compare/part/{name}?run=first&run=second")
                for name in ("best", "settings", "groups")}  # fmt: skip
    assert {answer.status_code for answer in together.values()} == {200}
    assert "Best score so far" in together["best"].text
    assert "IQM of the best score" in together["groups"].text
    assert browser.get("/compare?run=first&run=second").status_code == 200
    assert browser.get("/compare?run=first").status_code == 400
    assert browser.get("/compare?run=first&run=none").status_code == 404
    for file in ("/page.css", "/page.js", "/plotly.js"):
        assert len(browser.get(file).content) > 1000
    (runs / "second" / "run.sqlite").write_bytes(b"no store")
    answer = browser.get("/run/second/part/scores")
    assert answer.status_code == 409
    assert "store" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/run/none", "/run/%2e%2e", "/run/..%2f..", "/run/first/part/none",
     "/run/first/part/__class__", "/run/first/run.sqlite", "/first/run.sqlite", "/run/",
     "/run/%2fetc%2fpasswd", "/watch_app.py", "/compare/part/none?run=first&run=second",
     "/compare/part/best?run=first&run=../first"],
)  # fmt: skip
def test_nothing_else_is_reached(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 404
    assert b"SQLite" not in answer.content


def test_who_is_answered(runs):
    app = watch_app(Watchlist(runs))

    def asked(**headers):
        return TestClient(app, base_url=HERE).get("/", headers=headers).status_code

    assert asked(host="localhost:8766") == asked(host="[::1]:8766") == 200
    assert asked(host="evil.example:8766") == asked(host="127.0.0.1.evil.example") == 403
    assert asked(origin="http://127.0.0.1:8766") == 200
    assert asked(origin="http://evil.example") == asked(origin="null") == 403
    assert asked(origin="http://127.0.0.1:9999") == 403  # another page of this machine

    guarded = watch_app(Watchlist(runs), token="s3cret-é")
    stranger = TestClient(guarded, base_url="http://192.168.1.5:8766", follow_redirects=False)
    for path in ("/", "/run/first", "/changes", "/page.js", "/?token=guess"):
        assert stranger.get(path).status_code == 403
    entered = stranger.get("/run/first", params={"token": "s3cret-é", "x": "1"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/run/first?x=1")
    assert stranger.get("/run/first").status_code == 200


def test_a_run_is_stopped_by_who_may(runs):
    def refused(folder):
        raise StoreError("it isn't growing", where=str(folder))

    asked = []
    only_read = TestClient(watch_app(Watchlist(runs)), base_url=HERE)
    assert 'id="stop"' not in only_read.get("/run/first").text
    assert only_read.post("/run/first/stop").status_code == 403
    may = TestClient(watch_app(Watchlist(runs), stop=asked.append), base_url=HERE)
    page = may.get("/run/first").text
    assert 'id="stop"' in page
    key = {"x-ontogeny-key": page.split('data-key="')[1].split('"')[0]}
    assert may.get("/run/first/stop", headers=key).status_code == 405
    assert may.post("/run/first/stop").status_code == 403
    assert may.post("/run/first/stop", headers={"x-ontogeny-key": "gues"}).status_code == 403
    elsewhere = {**key, "origin": "http://evil.example"}
    assert may.post("/run/first/stop", headers=elsewhere).status_code == 403
    assert may.post("/run/none/stop", headers=key).status_code == 404
    assert asked == []
    assert may.post("/run/first/stop", headers=key).json()["said"]
    assert asked == [runs / "first"]
    not_now = TestClient(watch_app(Watchlist(runs), stop=refused), base_url=HERE)
    key = not_now.get("/run/first").text.split('data-key="')[1].split('"')[0]
    answer = not_now.post("/run/first/stop", headers={"x-ontogeny-key": key})
    assert (answer.status_code, answer.json()["error"]) == (409, "it isn't growing")


def test_where_no_runs_are(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        browser = TestClient(watch_app(Watchlist(folder)), base_url=HERE)
        page = browser.get("/")
        assert page.status_code == 200
        assert ": 0 runs" in page.text
        assert "ontogeny grow toy" in page.text
