"""Draw the pictures of docs/ again, from what is grown and measured now: `make figures`.

A page is drawn by a Chromium without a window (`$CHROMIUM`, or one on the path), and photographed.
`python docs/figures.py NAME …` draws some only.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import ontogeny as og
from ontogeny.recipes import SYSTEMS, recipe_class
from ontogeny.runtime.machine import prepare
from ontogeny.views import page

FIGURES = Path(__file__).with_name("figures")
# The picture's name: the system, the part and the figure of `ontogeny reproduce`, and its height.
MEASURED = {
    "toy": ("pbt", "toy", "toy", 850),
    "losses": ("pbt", "quadratic", "losses", 450),
}
REPORT = (1085, 1660)  # pixels
CLOSE = "<style>main { padding: 10px 20px } h2 { margin-top: 0 }</style>"


def main(names: list[str]) -> int:
    """Draw the pictures that are named, or all; return 0, or 2 for a name that there is not."""
    known = ["report", *MEASURED]
    if unknown := [name for name in names if name not in known]:
        print(f"no picture is called {unknown[0]!r}; there are: {', '.join(known)}")
        return 2
    prepare()
    for name in names or known:
        if name == "report":
            photograph(
                og.grow(recipe_class("breakout")()).report().read_text(),
                FIGURES / "report.png",
                *REPORT,
            )
        else:
            draw(name)
    return 0


def draw(name: str) -> None:
    """Measure the part that a picture shows, and draw it."""
    system, part, wanted, height = MEASURED[name]
    module = importlib.import_module(f"ontogeny.recipes.{SYSTEMS[system]}")
    result = module.reproduce(quick=False, seed=0, part=part, progress=print)
    figure = next(figure for figure in result.figures if figure.name == wanted)
    html = page.document(name, [CLOSE, page.plot(figure.draw(figure), figure.name, figure.caption)])
    photograph(html, FIGURES / f"{name}.png", 1100, height)


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
