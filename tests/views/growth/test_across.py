"""What the x axis counts, at a press of a button."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from ontogeny.runtime.storage.store import Heir
from ontogeny.views.growth.across import ways
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.report import write_report
from ontogeny.views.growth.run_figures import diversity_figure, score_figure

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
UNITS = {"units": {"environment_steps": 128.0}, "fields": {"steps": 5, "population": 4}}


@pytest.fixture
def store(make_store):
    score = np.linspace(0, 1, 48).reshape(12, 4)
    score[0, 3] = -1e4
    heirs = [Heir(number, 0, 1, True, number - 1) for number in range(1, 12)]
    return make_store(score, {"rate": score}, heirs, seconds=30.0, **UNITS)


def test_rounds_are_counted_by_units_and_by_time(store, make_store):
    by = {way.word: way for way in ways(read_record(store))}
    assert list(by) == ["round", "environment steps", "minutes"]
    np.testing.assert_array_equal(by["environment steps"].ends, 640 * np.arange(1, 13))
    np.testing.assert_array_equal(by["minutes"].ends, 0.5 * np.arange(1, 13))
    plain = ways(read_record(make_store(np.ones((3, 2)), name="plain", seconds=0)))
    assert [way.word for way in plain] == ["round"]


def test_every_trace_has_its_place_on_every_axis(store):
    fig = score_figure(read_record(store))
    outliers, across = fig.layout.updatemenus
    assert (outliers.name, across.name) == ("all", "across")
    rounds, steps, _ = (button.args for button in across.buttons)
    assert fig.layout.xaxis.range == tuple(rounds[1]["xaxis.range"])
    assert len(steps[0]["x"]) == len(fig.data)
    for trace, x, own in zip(fig.data, steps[0]["x"], rounds[0]["x"], strict=True):
        np.testing.assert_array_equal(own, np.asarray(trace.x, float))
        np.testing.assert_allclose(x, 640 * (own + 1))  # gaps between lives stay gaps
    assert steps[1]["xaxis.title.text"] == "environment steps of one member"
    panels = diversity_figure(read_record(store)).layout.updatemenus[0].buttons[1].args[1]
    assert panels["xaxis.range"] == panels["xaxis2.range"]
    assert "xaxis.title.text" not in panels  # it has none: the panel below tells


@pytest.mark.parametrize("rounds", [1, 2, 11, 40])
def test_rounds_and_counts_have_whole_ticks(make_store, rounds):
    record = read_record(make_store(np.ones((rounds, 2)), **UNITS))
    axis = score_figure(record).layout.xaxis
    assert axis.dtick == 1 or axis.range[1] - axis.range[0] >= axis.nticks
    assert diversity_figure(record).layout.yaxis.dtick == 1


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_the_buttons_of_a_report_do_what_they_say_and_it_fits_a_phone(store, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    report = write_report(store, tmp_path / "report.html")
    with playwright.sync_playwright() as control:
        browser = control.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(report.as_uri())

        def told(figure: str, what: str):
            return page.evaluate(
                f"document.querySelector('[data-figure={figure}].plot')._fullLayout.{what}"
            )

        assert told("scores", "yaxis.range")[0] > -1
        page.click("text=show 1 outlier")
        assert told("scores", "yaxis.range")[0] < -1e4
        page.click("[data-figure=scores] >> text=minutes")
        for figure in ("scores", "hyper0"):  # one press for all
            assert told(figure, "xaxis.title.text") == "minutes in rounds"
            assert told(figure, "xaxis.range") == pytest.approx([0.4175, 6.0825])
        assert told("scores", "yaxis.range")[0] < -1e4  # and nothing else is forgotten
        assert told("lineage", "xaxis.title.text") == "round"
        page.click("text=show 1 outlier")
        assert told("scores", "yaxis.range")[0] > -1
        assert page.locator("button[aria-pressed=true]").all_inner_texts() == ["minutes"] * 3
        assert page.is_visible("thead >> nth=0")
        page.set_viewport_size({"width": 390, "height": 800})
        assert not page.is_visible("thead >> nth=0")  # a row of the table is a block of its own
        page.wait_for_function("document.documentElement.scrollWidth === 390")
        first = page.locator(".stacked td >> nth=1")
        label = first.evaluate("cell => getComputedStyle(cell, '::before').content")
        assert label == '"score"'
        browser.close()
    assert wrong == []
