"""The rating page in a real browser: by keys on a desk, by touch on a phone."""

from __future__ import annotations

import shutil
import socket
import threading
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from PIL import Image

from ontogeny.runtime.rating.pair_store import PairStore
from ontogeny.runtime.rating.server import rating_app
from ontogeny.runtime.rating.session import RatingSession

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
NAMES = ["a <script>document.title='taken'</script>.png", "b.png", "c.png", "broken.png"]
READY = "nav button[data-choice=left]:not([disabled])"

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="there is no Chromium on this machine (chromium, in the PATH)"
)


@pytest.fixture
def address(tmp_path):
    """Serve the page, and give where it is and its session."""
    for name, size in zip(NAMES[:3], ((40, 60), (60, 40), (50, 50)), strict=True):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        Image.fromarray(np.full((*size, 3), 90, np.uint8)).save(tmp_path / name)
    (tmp_path / NAMES[3]).write_bytes(b"\x89PNG and no more")
    with PairStore(tmp_path / "pairs.sqlite") as store, socket.create_server(("", 0)) as door:
        session = RatingSession(NAMES, store)
        config = uvicorn.Config(rating_app(session, tmp_path), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run, args=([door],))
        serving.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/", session
        server.should_exit = True
        serving.join()


def test_pairs_are_judged_by_keys_and_by_touch(address):
    playwright = pytest.importorskip("playwright.sync_api")
    where, session = address
    with playwright.sync_playwright() as control:
        browser = control.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        asked: list[str] = []
        wrong: list[str] = []

        def opened(**how):
            page = browser.new_context(**how).new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.goto(where)
            page.fill("#name", "Kim")
            page.press("#name", "Enter")
            page.wait_for_selector(READY)
            return page

        desk = opened(viewport={"width": 1200, "height": 700}, color_scheme="dark")
        for key, choice in (("ArrowLeft", "left"), ("ArrowRight", "right"), ("ArrowDown", "tie"),
                            ("s", "skip"), ("ArrowLeft", "left")):  # fmt: skip
            before = len(session.store.judgements())
            shown = desk.locator("figcaption").all_inner_texts()
            desk.keyboard.press(key)
            desk.wait_for_selector(READY)
            kept = session.store.judgements()
            assert len(kept) == before + 1
            assert (kept[-1].rater, kept[-1].choice) == ("Kim", choice)
            assert [kept[-1].left, kept[-1].right] == shown  # a name with markup is text
        last = session.store.judgements()[-1]
        desk.keyboard.press("u")
        desk.wait_for_selector(READY)
        assert len(session.store.judgements()) == 4
        assert desk.locator("figcaption").all_inner_texts() == [last.left, last.right]
        assert "3 judgements of 3 photos" in desk.inner_text("#told")  # one can't be shown
        assert desk.title() == "Which photo is better?"
        desk.reload()  # who rates is remembered, and so is the pair
        desk.wait_for_selector(READY)
        assert desk.locator("figcaption").all_inner_texts() == [last.left, last.right]

        phone = opened(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
        upper, lower = (phone.locator(".photo").nth(side).bounding_box() for side in (0, 1))
        assert upper is not None
        assert lower is not None
        assert lower["y"] >= upper["y"] + upper["height"]
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
        phone.locator(".photo").nth(1).tap()
        phone.wait_for_selector(READY)
        assert session.store.judgements()[-1].choice == "right"
        phone.get_by_role("button", name="Undo").tap()
        phone.wait_for_selector(READY)
        assert len(session.store.judgements()) == 4
        browser.close()
    assert wrong == []
    assert all(url.startswith((where, "data:")) for url in asked)
    assert Path(session.store.path).is_file()
