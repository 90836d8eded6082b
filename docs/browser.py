"""A page, photographed by a Chromium without a window (`$CHROMIUM`, or one on the path)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from ontogeny.views import page
from ontogeny.views.figure import Figure

CLOSE = "<style>main { padding: 10px 20px } h2 { margin-top: 0 }</style>"
QUALITY = 84  # of a JPEG


def chromium() -> str:
    """Return where the browser is."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise SystemExit("no Chromium on the path; install one, or set CHROMIUM to its program")
    return found


def photograph(html: str, path: Path, width: int, height: int) -> None:
    """Write what the page looks like, as a PNG or a JPEG of this many pixels."""
    with tempfile.TemporaryDirectory() as folder:
        source, seen = Path(folder) / "page.html", Path(folder) / "page.png"
        source.write_text(html)
        subprocess.run(
            [
                chromium(),
                "--headless",
                "--no-sandbox",
                "--hide-scrollbars",
                "--virtual-time-budget=8000",
                f"--window-size={width},{height}",
                f"--screenshot={seen}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
        if path.suffix == ".png":
            shutil.move(seen, path)
        else:
            Image.open(seen).convert("RGB").save(path, quality=QUALITY)
    print(path)


def pictured(figure: Figure, path: Path, height: int) -> None:
    """Write a figure as a report shows it, with its caption."""
    plot = page.plot(figure.draw(figure), figure.name, figure.caption)
    photograph(page.document(path.stem, [CLOSE, plot]), path, 1100, height)
