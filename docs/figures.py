"""Draw the pictures of docs/ again, from what is grown and measured now: `make figures`.

A page is drawn by a Chromium without a window (`$CHROMIUM`, or one on the path), and photographed.
`python docs/figures.py NAME …` draws some only.
"""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import ontogeny as og
from ontogeny.claims.reproduction import reproduce
from ontogeny.recipes import recipe_class
from ontogeny.runtime.machine import prepare
from ontogeny.views import page
from ontogeny.views.record import read_record
from ontogeny.views.replays import replay_figure
from ontogeny.worlds.glyphs import SCRIPTS, draw_glyphs

FIGURES = Path(__file__).with_name("figures")
QUICKSTART = Path(__file__).parents[1] / "examples" / "quickstart.py"
# By system and part of `ontogeny reproduce`: the pictures, of which figure each is, its height.
MEASURED = {
    ("pbt", "toy"): {"toy": ("toy", 850)},
    ("pbt", "quadratic"): {"losses": ("losses", 450)},
    ("pbt", "strategies"): {"strategies": ("strategies", 450)},
    ("pbt", "schedule"): {"settings": ("settings", 450)},
    ("pbt", "size"): {"sizes": ("sizes", 450)},
    ("pbt", "gan"): {
        "gan": ("gan", 470),
        "gan_rates": ("gan_rates", 430),
        "samples": ("samples", 560),
    },
    ("pbt", "translation"): {
        "translation": ("translation", 470),
        "translation_schedules": ("translation_schedules", 430),
    },
    ("baldwin", "needle"): {"needle": ("needle", 460)},
    ("baldwin", "direction"): {"direction": ("direction", 520)},
    ("baldwin", "cheetah"): {"cheetah": ("cheetah", 520)},
    ("baldwin", "sinusoids"): {"evaluations": ("evaluations", 520)},
    ("sequential", "prediction"): {"prediction": ("excess", 760), "learning": ("learning", 420)},
    ("sequential", "machine"): {"memory": ("memory", 620), "automaton": ("automaton", 660)},
    ("sequential", "thompson"): {"thompson": ("thompson_matching", 560)},
    ("sequential", "control"): {"control": ("control_rewards", 480)},
    ("leo", "characters"): {"leo": ("characters_accuracy", 370)},
    ("leo", "glyphs"): {"leo_glyphs": ("glyphs_accuracy", 370)},
    ("leo", "ablations"): {"leo_ablations": ("ablations", 370)},
    ("maml", "sinusoids"): {"adaptation": ("steps", 530), "sinusoids": ("fits", 640)},
}
REPORT = (1085, 1660)  # pixels
CLOSE = "<style>main { padding: 10px 20px } h2 { margin-top: 0 }</style>"


def main(names: list[str]) -> int:
    """Draw the pictures that are named, or all; return 0, or 2 for a name that there is not."""
    more = ("quickstart", "report", "replay", "glyphs")
    known = [*more, *(name for pictures in MEASURED.values() for name in pictures)]
    if unknown := [name for name in names if name not in known]:
        print(f"no picture is called {unknown[0]!r}; there are: {', '.join(known)}")
        return 2
    prepare()
    wanted = names or known
    if "quickstart" in wanted:
        run = runpy.run_path(str(QUICKSTART))["run"]
        photograph(run.report().read_text(), FIGURES / "quickstart.png", *REPORT)
    if "report" in wanted:
        run = og.grow(recipe_class("breakout")())
        photograph(run.report().read_text(), FIGURES / "report.png", *REPORT)
    if "replay" in wanted:
        replayed = og.replay(og.grow("quadratic", population=8), members=4, fixed_final=True)
        plot = page.plot(replay_figure(read_record(replayed.store)), "replay")
        html = page.document("replay", [CLOSE, plot])
        photograph(html, FIGURES / "replay.png", 1100, 420)
    if "glyphs" in wanted:
        sheet(FIGURES / "glyphs.png")
    for (system, part), pictures in MEASURED.items():
        if chosen := {name: of for name, of in pictures.items() if name in wanted}:
            draw(system, part, chosen)
    return 0


def draw(system: str, part: str, pictures: dict[str, tuple[str, int]]) -> None:
    """Measure a part of a system's claims, and draw its pictures: of which figure, how high."""
    result = reproduce(system, progress=print, part=part)
    for claim in result.claims:
        print(f"{'holds' if claim.holds else 'DOES NOT HOLD'}: {claim.claim}: {claim.measured}")
    figures = {figure.name: figure for figure in result.figures}
    for name, (which, height) in pictures.items():
        figure = figures[which]
        plot = page.plot(figure.draw(figure), figure.name, figure.caption)
        html = page.document(name, [CLOSE, plot])
        photograph(html, FIGURES / f"{name}.png", 1100, height)


def sheet(path: Path, rows: int = 4, columns: int = 24) -> None:
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


def photograph(html: str, path: Path, width: int, height: int) -> None:
    """Write what the page looks like as a PNG of this many pixels."""
    chromium = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if chromium is None:
        raise SystemExit("no Chromium on the path; install one, or set CHROMIUM to its program")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(html)
        subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--hide-scrollbars",
                "--virtual-time-budget=8000",
                f"--window-size={width},{height}",
                f"--screenshot={path}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    print(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
