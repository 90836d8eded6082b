"""The pictures of what commands make: films, reports and sheets of what is grown now."""

from __future__ import annotations

import base64
import io
import runpy
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import ontogeny as og
from browser import CLOSE, photograph, pictured
from ontogeny.cli import run
from ontogeny.recipes import recipe_class
from ontogeny.run import Run
from ontogeny.views import page
from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.replays import replay_figure
from ontogeny.worlds.classes.glyphs import SCRIPTS, draw_glyphs
from ontogeny.worlds.photos.photographs import packaged_files

QUICKSTART = Path(__file__).parents[1] / "examples" / "quickstart.py"
REPORT, FILMED, STUDY, SCORED = (1085, 1660), (1085, 1638), (1085, 1430), (1085, 604)  # pixels
CARDS = """<style>
main > :not(section) { display: none } main { padding-top: 6px } h2 { margin-top: 14px }
</style>"""  # what the sheet says before them is left out
USERS = 5000  # of the platform that is studied


def quickstart(path: Path) -> None:
    """Photograph the report of the first example."""
    grown = runpy.run_path(str(QUICKSTART))["run"]
    photograph(grown.report().read_text(), path, *REPORT)


@cache
def breakout() -> Run:
    """Return agents that play Breakout, the best of them filmed."""
    grown = og.grow(recipe_class("breakout")())
    ontogeny("play", grown.folder)
    return grown


def report(path: Path) -> None:
    """Photograph the report of agents that play Breakout."""
    photograph(breakout().report().read_text(), path, *FILMED)


def film(path: Path) -> None:
    """Keep the film of the best of them."""
    shutil.copyfile(breakout().folder / "film.gif", path)
    print(path)


def replay(path: Path) -> None:
    """Photograph a schedule that was lived again."""
    replayed = og.replay(og.grow("quadratic", population=8), members=4, fixed_final=True)
    plot = page.plot(replay_figure(read_record(replayed.store)), "replay")
    photograph(page.document("replay", [CLOSE, plot]), path, 1100, 420)


def joints(path: Path) -> None:
    """Write the film in the report of a network that watches video, as a WebP: a fifth of a GIF."""
    recipe = recipe_class("video-keypoints")()
    shown, *_ = recipe.portrait(og.grow(recipe).product())
    print(shown.caption)
    drawn: Any = shown.draw(shown)
    source = drawn.layout.images[0].source
    with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as seen:
        seen.save(path, save_all=True, lossless=True, method=6)
    print(path)


def recalled(path: Path) -> None:
    """Photograph what broken characters lead to, in the report of a memory of such."""
    recipe = recipe_class("ebmm-characters")()
    shown, *_ = recipe.portrait(og.grow(recipe).product())
    pictured(shown, path, 1030)


def scored(path: Path) -> None:
    """Photograph the best and the worst of the photographs that packages ship, by a scorer."""
    with tempfile.TemporaryDirectory() as folder:
        photographs, scores = Path(folder, "photographs"), Path(folder, "scores.parquet")
        sheet = Path(folder, "sheet.html")
        photographs.mkdir()
        for file in packaged_files():
            shutil.copy(file, photographs)
        ontogeny("beauty", "score", photographs, "--out", scores)
        ontogeny("beauty", "show", scores, "--out", sheet, "--each", 3)
        photograph(sheet.read_text().replace("</head>", f"{CARDS}</head>"), path, *SCORED)


def study(path: Path) -> None:
    """Photograph the report of a study of a simulated platform."""
    with tempfile.TemporaryDirectory() as folder:
        ontogeny("beauty", "simulate", "--users", USERS, "--out", folder)
        ontogeny("beauty", "study", folder)
        photograph(Path(folder, "study", "report.html").read_text(), path, *STUDY)


def glyphs(path: Path, rows: int = 4, columns: int = 24) -> None:
    """Write a sheet of glyphs, a few characters of each script and a face a column; print how many
    there are.
    """
    drawn = draw_glyphs()
    groups = drawn.groups()
    print(f"{len(groups)} characters, {drawn.faces} faces of {drawn.families} families")
    lines: list[np.ndarray] = []
    for part, scripts in SCRIPTS.items():
        for script in scripts:
            names = [n for n, s in zip(drawn.names, drawn.scripts, strict=True) if s == script]
            sizes = [len(groups[name]) for name in names]
            print(f"{part}, {script}: {len(names)} characters, {sum(sizes)} pictures")
            many = [name for name in names if len(groups[name]) >= columns]
            for name in np.random.default_rng(0).choice(many, rows, replace=False):
                lines.append(np.concatenate(list(groups[name][:columns]), axis=1))
    Image.fromarray(255 - np.concatenate(lines)).save(path, optimize=True)
    print(path)


def ontogeny(*words: object) -> None:
    """Do what a command says. Raises `SystemExit` where it fails."""
    if code := run(list(map(str, words))):
        raise SystemExit(f"ontogeny {words[0]} left with {code}")
