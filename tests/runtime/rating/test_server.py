"""The rating page's answers over HTTP, as a browser asks for them and as nobody should."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from ontogeny.core.errors import DataError
from ontogeny.runtime.photos.shown_photo import shown_photo
from ontogeny.runtime.rating.pair_store import PairStore
from ontogeny.runtime.rating.server import rating_app
from ontogeny.runtime.rating.session import RatingSession

HERE = "http://127.0.0.1:8765"
NAMES = ["<img src=x onerror=alert(1)>.png", "turned.jpg", "broken.jpg"]


@pytest.fixture
def folder(tmp_path):
    tall = np.zeros((60, 30, 3), np.uint8)
    tall[:30] = (200, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: to be turned a quarter
    exif[0x8298] = "somebody"
    Image.fromarray(tall).save(tmp_path / NAMES[0])
    Image.fromarray(tall).save(tmp_path / NAMES[1], exif=exif, quality=95)
    (tmp_path / NAMES[2]).write_bytes((tmp_path / NAMES[1]).read_bytes()[:300])
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def session(folder):
    with PairStore(folder / "pairs.sqlite") as store:
        yield RatingSession(NAMES, store)


@pytest.fixture
def browser(session, folder):
    return TestClient(rating_app(session, folder), base_url=HERE, follow_redirects=False)


def test_a_pair_is_shown_judged_undone_and_exported(browser):
    page = browser.get("/")
    assert page.status_code == 200
    nonce = page.headers["content-security-policy"].split("script-src 'nonce-")[1].rstrip("'")
    assert page.text.count(f'nonce="{nonce}"') == 2
    assert "://" not in page.text.replace("NONCE", "")  # nothing is asked for elsewhere

    stands = browser.post("/pair", json={"rater": "kim"}).json()
    assert stands["judgements"] == 0
    assert stands["needed"] is None
    left, right = (one["place"] for one in stands["pair"])
    assert [one["name"] for one in stands["pair"]] == [NAMES[left], NAMES[right]]
    answer = {"rater": "kim", "left": left, "right": right, "choice": "right", "seconds": 1.5}
    after = browser.post("/judge", json=answer).json()
    assert after["judgements"] == 1
    rows = browser.get("/pairs.csv").text.splitlines()
    assert rows[0] == "better,worse,tie,rater,time"
    assert rows[1].startswith(f"{NAMES[right]},{NAMES[left]},0,kim,")
    assert browser.post("/undo", json={"rater": "kim"}).json()["judgements"] == 0


def test_a_photo_is_upright_bare_and_small_and_a_broken_one_is_shown_no_more(browser, folder):
    answer = browser.get("/photo/1")
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(BytesIO(answer.content)) as photo:
        assert photo.size == (60, 30)
        assert not photo.getexif()
        assert photo.getpixel((45, 15))[0] > 150  # what was above is now to the right
    assert browser.get("/photo/2").status_code == 422
    assert browser.post("/pair", json={"rater": "kim"}).json()["photos"] == 2

    Image.new("P", (900, 400)).save(folder / "wide.gif")
    with Image.open(BytesIO(shown_photo(folder / "wide.gif", 90))) as photo:
        assert photo.size == (90, 40)
    Image.new("1", (9000, 9000)).save(folder / "bomb.png")
    with pytest.raises(DataError, match="9000 x 9000"):
        shown_photo(folder / "bomb.png")


@pytest.mark.parametrize(
    "path",
    ["/photo/3", "/photo/-1", "/photo/../secret.txt", "/photo/..%2fsecret.txt", "/secret.txt",
     "/photo/%2e%2e/secret.txt", "/pairs.sqlite", "/photo/1/../../secret.txt", "/judge"],
)  # fmt: skip
def test_nothing_else_is_reached(browser, path):
    answer = browser.get(path)
    assert answer.status_code in (404, 405)
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("sent", "headers"),
    [
        ({"rater": "kim", "left": 0, "right": 0, "choice": "left"}, {}),
        ({"rater": "kim", "left": 0, "right": 9, "choice": "left"}, {}),
        ({"rater": "kim", "left": "0", "right": 1, "choice": "left"}, {}),
        ({"rater": "kim", "left": True, "right": 0, "choice": "left"}, {}),
        ({"rater": "kim", "left": 0, "right": 1, "choice": "better"}, {}),
        ({"rater": "kim", "left": 0, "right": 1, "choice": ["left"]}, {}),
        ({"rater": "", "left": 0, "right": 1, "choice": "left"}, {}),
        ({"rater": "k" * 5000, "left": 0, "right": 1, "choice": "left"}, {}),
        ([1, 2], {}),
        ({"rater": "kim", "left": 0, "right": 1, "choice": "left"}, {"content-type": "text/plain"}),
    ],
)
def test_what_is_no_judgement_is_refused_and_not_kept(browser, session, sent, headers):
    answer = browser.post("/judge", json=sent, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert session.store.judgements() == []


def test_a_page_for_this_machine_answers_under_its_own_name_alone(session, folder):
    app = rating_app(session, folder)
    for host, code in (
        ("localhost:8765", 200),
        ("127.0.0.1", 200),
        ("[::1]:8765", 200),
        ("evil.example", 403),
        ("evil.example:8765", 403),
        ("127.0.0.1.evil.example", 403),
    ):
        assert TestClient(app, base_url=HERE).get("/", headers={"host": host}).status_code == code


def test_a_page_for_others_needs_its_token(session, folder):
    app = rating_app(session, folder, token="s3cret-é")
    stranger = TestClient(app, base_url="http://192.168.1.5:8765", follow_redirects=False)
    for path in ("/", "/photo/0", "/pairs.csv", "/?token=guess"):
        assert stranger.get(path).status_code == 403
    assert stranger.post("/judge", json={}).status_code == 403
    guest = TestClient(app, base_url="http://192.168.1.5:8765", follow_redirects=False)
    entered = guest.get("/", params={"token": "s3cret-é"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert "HttpOnly" in entered.headers["set-cookie"]
    assert guest.get("/").status_code == 200
