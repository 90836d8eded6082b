"""The pages of `watch` in a real browser: what moves while runs grow, die and go."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from made_up_run import MadeUpRun
from ontogeny.views.watch.app import watch_app
from ontogeny.views.watch.watchlist import Watchlist, run_id

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
ODD = "<img src=x onerror=\"document.title='taken'\">"
GROWS = """
import pathlib, sys
from made_up_run import MadeUpRun
run = MadeUpRun(pathlib.Path(sys.argv[1]))
run.grow(3)
print("grown", flush=True)
for line in sys.stdin:
    run.grow(int(line))
"""
TESTS = Path(__file__).parents[2]  # where what it imports is
HEAD = "document.querySelector('[data-part=headline]').innerText"
POINTS = "document.querySelector('.plot[data-figure=scores]')?._fullData?.at(-1)._length"

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="there is no Chromium on this machine (chromium, in the PATH)"
)


def until(page, expression, patience=90.0):
    """Wait until it is true in the page, whose policy keeps Playwright from waiting inside."""
    limit = time.monotonic() + patience
    while not page.evaluate(expression):
        assert time.monotonic() < limit, expression
        page.wait_for_timeout(50)


@pytest.fixture
def served(tmp_path):
    """Serve a folder of runs, and give where the page is, the folder, and who was asked to stop."""
    folder, asked = tmp_path / "runs", []
    folder.mkdir()
    app = watch_app(Watchlist(folder), stop=asked.append)
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        app.state.ending = lambda: server.should_exit
        serving = threading.Thread(target=server.run, args=([door],))
        serving.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}", folder, asked
        server.should_exit = True
        serving.join()


def test_what_grows_moves_and_what_dies_is_told(served):
    playwright = pytest.importorskip("playwright.sync_api")
    where, folder, asked = served
    odd = MadeUpRun(folder / ODD, hyper=ODD, metric=ODD)
    odd.grow(2)
    command = [sys.executable, "-c", GROWS, str(folder / "killed")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": TESTS, "text": True}
    driver = subprocess.Popen(command, **pipes)
    driver.stdout.readline()
    requests: list[str] = []
    wrong: list[str] = []
    with playwright.sync_playwright() as control:
        browser = control.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])

        def opened(path, **how):
            page = browser.new_context(**how).new_page()
            page.set_default_timeout(90_000)
            page.on("request", lambda request: requests.append(request.url))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("dialog", lambda dialog: dialog.accept())
            page.goto(where + path)
            return page

        desk = {"viewport": {"width": 1200, "height": 800}}
        runs = opened("/", **desk, color_scheme="dark")
        one = opened("/run/killed", **desk)
        runs.wait_for_selector("#run-killed td.rounds:has-text('3 of 40')")
        until(one, f"{POINTS} === 3")
        line = runs.locator("#run-killed polyline").get_attribute("points")
        runs.check("#run-killed input")

        driver.stdin.write("4\n")  # rows are added: the curves move
        driver.stdin.flush()
        runs.wait_for_selector("#run-killed td.rounds:has-text('7 of 40')")
        until(one, f"{POINTS} === 7")
        assert runs.locator("#run-killed polyline").get_attribute("points") != line
        assert runs.is_checked("#run-killed input")  # what was chosen stays chosen
        assert one.is_visible("#stop")
        one.click("#stop")
        one.wait_for_selector("#says:has-text('once its round is over')")
        assert asked == [folder / "killed"]

        driver.send_signal(signal.SIGKILL)
        driver.communicate()
        runs.wait_for_selector("#run-killed .mark:has-text('interrupted')")
        one.wait_for_selector("#status .mark:has-text('interrupted')")
        until(one, f"{HEAD}.includes('Its process died after 7 of 40 rounds')")
        assert "ontogeny resume killed" in one.inner_text("#then")
        assert one.is_hidden("#stop")

        # Names with markup are text, in the list, in a run's page, its figures and tables.
        assert ODD in runs.inner_text("#runs")
        runs.check(f"#run-{run_id(ODD).replace('~', chr(92) + '~')} input")
        runs.click("#compare")
        runs.wait_for_selector(".plot[data-figure=best] .legendtext")
        assert ODD in runs.text_content(".plot[data-figure=best] .legend")
        phone = opened(f"/run/{run_id(ODD)}", viewport={"width": 390, "height": 800},
                       is_mobile=True, has_touch=True)  # fmt: skip
        for part in ("schedules", "metrics", "members"):
            place = phone.locator(f"[data-part={part}]")
            place.scroll_into_view_if_needed()
            told = f"document.querySelector('[data-part={part}]').textContent"
            until(phone, f"{told}.includes('<img')")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        assert phone.locator("main img").count() == 0

        odd.end()  # its folder goes while it is watched
        shutil.rmtree(folder / ODD)
        phone.wait_for_selector("#says:has-text('gone')")
        assert "Members" in phone.inner_text("main")  # what was drawn stays
        assert {page.title() for page in (runs, one)} <= {"Compare - Ontogeny", "killed - Ontogeny"}
        assert phone.title().startswith("<img")
        one.context.close()  # a browser goes away: nobody else is hurt by it
        runs.goto(where)
        runs.wait_for_selector("#run-killed")
        browser.close()
    assert wrong == []
    assert all(url.startswith((where, "data:", "blob:")) for url in requests)
