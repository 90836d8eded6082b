"""The pages that Ontogeny serves, as somebody sees them on a desk, and on a phone in the dark."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

import ontogeny as og
from browser import QUALITY, chromium
from ontogeny.worlds.photos.photographs import packaged_files

PATIENCE = 60_000  # milliseconds
GROWING = "grow quadratic --name pbt-2 --population 16 --rounds 300 --steps 4000 --seed 2"
GROWN = 80  # rounds of that run before it is looked at
ORDER = ("coffee", "chelsea", "rocket", "astronaut")  # in which somebody likes them
JUDGED = 8  # pairs, on each of the two

Opened = Callable[..., Page]


def watch(path: Path) -> None:
    """Photograph `ontogeny watch`: all runs, two of them beside each other, and one that grows."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder, "runs")
        given: dict[str, Any] = {"population": 16, "rounds": 60, "steps": 20, "progress": False}
        for seed in (0, 1):
            for name, strategy in (("pbt", "pbt"), ("random", "random-search")):
                place = runs / f"{name}-{seed}"
                og.grow("quadratic", strategy=strategy, seed=seed, folder=place, **given)
        og.grow("toy", folder=runs / "toy-1", progress=False)
        with (
            started(folder, *GROWING.split()) as growing,
            served(folder, "watch", "--may-stop") as where,
            browser() as opened,
        ):
            desk = opened(where, 1120, 478)
            rounds = "#run-pbt-2 td.rounds"
            while int(desk.inner_text(rounds).split()[0]) < GROWN:
                if growing.poll() is not None:
                    raise SystemExit("the run that was to grow ended")
                desk.wait_for_timeout(200)
            phone = opened(f"{where}run/pbt-2", 390, 1240, dark=True)
            phone.wait_for_selector(".plot[data-figure=scores] .legendtext")
            for name in ("pbt-0", "random-0"):
                desk.check(f"#run-{name} input")
            beside = opened(f"{where}compare?run=random-0&run=pbt-0", 1120, 680)
            beside.wait_for_selector("[data-figure=best] .legendtext")
            beside.wait_for_selector("[data-part=settings] table")
            seen = [taken(page) for page in (desk, beside, phone)]
    whole = Image.new("RGB", (1534, 1240), "white")
    for picture, place in zip(seen, ((0, 0), (0, 510), (1144, 0)), strict=True):
        whole.paste(picture, place)
    whole.paste((190, 190, 190), (20, 494, 1100, 495))
    kept(whole, path, 1380)


def rating(path: Path) -> None:
    """Photograph `ontogeny beauty rate` where somebody has compared four photographs."""
    with tempfile.TemporaryDirectory() as folder:
        for file in packaged_files():
            if file.stem in ORDER:
                picture = Image.open(file).convert("RGB")
                picture.save(Path(folder, f"{file.stem}.jpg"), quality=90)
        with served(folder, "beauty", "rate", ".") as where, browser() as opened:
            desk, phone = opened(where, 1000, 620), opened(where, 390, 780, dark=True)
            for page in (desk, phone):
                page.wait_for_selector("dialog[open]")
                page.fill("#name", "Kim")
                page.press("#name", "Enter")
                for _ in range(JUDGED):
                    left, right = asked(page)
                    better = ORDER.index(left) < ORDER.index(right)
                    page.keyboard.press("ArrowLeft" if better else "ArrowRight")
                asked(page)
            seen = [taken(page) for page in (desk, phone)]
    whole = Image.new("RGB", (1330, 620), "white")
    whole.paste(seen[0], (0, 0))
    whole.paste(seen[1].resize((310, 620), Image.Resampling.LANCZOS), (1020, 0))
    kept(whole, path, 1330)


def asked(page: Page) -> list[str]:
    """Return which two photographs are shown, when they can be judged."""
    page.wait_for_selector("nav button[data-choice=left]:not([disabled])")
    page.wait_for_timeout(300)
    return [Path(name).stem for name in page.locator("figcaption").all_inner_texts()]


@contextmanager
def started(folder: str, *words: str) -> Generator[subprocess.Popen[str]]:
    """Start a command in a folder, and end it as Ctrl-C does."""
    how: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    how |= {"cwd": folder, "env": os.environ | {"ONTOGENY_RUNS": "runs"}}
    with subprocess.Popen([sys.executable, "-m", "ontogeny", *words], **how) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def served(folder: str, *words: str) -> Generator[str]:
    """Serve a page from a folder, and give its address."""
    with started(folder, *words, "--port", "0", "--json") as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["address"]


@contextmanager
def browser() -> Generator[Opened]:
    """Give what opens an address in a window of so many pixels."""
    with sync_playwright() as control:
        running = control.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])

        def opened(address: str, width: int, height: int, *, dark: bool = False) -> Page:
            window: Any = {"width": width, "height": height}
            phone: Any = {"color_scheme": "dark", "is_mobile": True, "has_touch": True}
            page = running.new_context(viewport=window, **(phone if dark else {})).new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(address)
            return page

        yield opened
        running.close()


def taken(page: Page) -> Image.Image:
    """Return what the page looks like when it has come to rest."""
    page.wait_for_timeout(1500)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def kept(picture: Image.Image, path: Path, width: int) -> None:
    """Write a picture that is so wide."""
    height = round(width * picture.height / picture.width)
    picture.resize((width, height), Image.Resampling.LANCZOS).save(path, quality=QUALITY)
    print(path)
