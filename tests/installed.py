"""Each extra alone, as a user installs it: a built wheel in a fresh environment, and one small
thing that the extra is for. A program for before a release, and no test, since it takes an
installation each: `python tests/installed.py WHEEL [EXTRA …]` prints a row of a table each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
TINY = "--population 2 --rounds 2 --steps 2 --quiet --name made"
GROWN = f"ontogeny grow quadratic {TINY}"
FILM = (
    "import numpy as np; from pathlib import Path; from ontogeny.views.film import write_film; "
    "frames = np.zeros((8, 32, 32, 3), np.uint8); frames[4:] = 200; "
    "print(write_film(frames, Path('film.mp4')))"
)
VIDEO = (
    f"{FILM}; from ontogeny.worlds.videos import frames as read; print(len(list(read('film.mp4'))))"
)
EXPORTED = (
    "import ontogeny as og; from pathlib import Path; "
    f"print(og.load_product({str(ROOT / 'tests/data/products/cartpole')!r}).to_onnx(Path('onnx')))"
)
CHARACTERS = "import ontogeny as og; print(len(og.glyphs().test))"
WEIGHTS = "from ontogeny.worlds.backbone import backbone; print(len(backbone().blocks))"
PLATFORM = "ontogeny beauty simulate --users 500 --out platform"
OURS = ("PYTHONPATH", "VIRTUAL_ENV")
# By extra: what it is for, in one small command.
SMALL = {
    "": f"{GROWN} && ontogeny report made && ontogeny export made && ontogeny verify made",
    "worlds": f"ontogeny grow cartpole {TINY} && ontogeny play made --steps 5 --episodes 1",
    "digits": f"ontogeny grow digits {TINY}",
    "photographs": f"ontogeny grow ebmm-patches {TINY} --meta.batch 2 --meta.test-batch 2",
    "translation": f"ontogeny grow translation {TINY} --training.batch 4",
    "text": f"ontogeny grow text {TINY} --pieces 400 --training.batch 2",
    "backbone": f'python -c "{WEIGHTS}"',
    "glyphs": f'python -c "{CHARACTERS}"',
    "evolution": f"ontogeny grow sinusoid-life --strategy es {TINY}",
    "minigrid": f"ontogeny grow agents --world MiniGrid-Empty-5x5 {TINY}",
    "brax": f"ontogeny grow agents --world brax/inverted_pendulum {TINY}",
    "onnx": f'python -c "{EXPORTED}"',
    "films": f'python -c "{FILM}"',
    "video": f'python -c "{VIDEO}"',
    "beauty": f'python -c "{WEIGHTS}" && ontogeny reproduce beauty --part insurance --quick',
    "study": f"{PLATFORM} && ontogeny beauty study platform",
    "ray": f"{GROWN} --executor ray",
    "study-ray": PLATFORM,
    "trackers": f"{GROWN} --track tensorboard mlflow",
}


def main(wheel: str, extras: list[str]) -> int:
    """Install, run and say, an extra after the other; return how many failed."""
    print("| extra | seconds to install | MB | what was run | |\n| --- | --- | --- | --- | --- |")
    return sum(not tried(Path(wheel).resolve(), extra) for extra in extras or SMALL)


def tried(wheel: Path, extra: str) -> bool:
    """Print the extra's row, and return whether all went well."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        began = time.perf_counter()
        what = f"{wheel}[{extra}]" if extra else str(wheel)
        pip = [place / "venv/bin/python", "-m", "pip", "install", "-q", "--no-compile", what]
        done = subprocess.run([*map(str, pip)], capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
        words = f"ontogeny recipes > recipes.txt && {SMALL[extra]}"
        if done.returncode == 0:
            path = f"{place / 'venv/bin'}:{os.environ['PATH']}"
            settings = {
                k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")
            }
            done = subprocess.run(
                words,
                shell=True,
                cwd=place,
                env={**settings, "PATH": path},
                capture_output=True,
                text=True,
                check=False,
                timeout=900,
            )
        size = sum(file.lstat().st_size for file in (place / "venv").rglob("*")) / 1e6
        well = done.returncode == 0
        said = "" if well else " ".join((done.stderr or done.stdout).strip().splitlines()[-2:])
        row = (extra or "none", f"{seconds:.0f}", f"{size:.0f}", f"`{SMALL[extra]}`", said or "ok")
        print(f"| {' | '.join(row)} |", flush=True)
        return well


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
