"""Each extra alone, as a user installs it: a built wheel in a fresh environment, and one small
thing that the extra is for. A program for before a release, and no test, since it takes an
installation each: `python tests/installed.py WHEEL [EXTRA …]` prints a row of a table each.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
FEW = "--population 2 --rounds 2 --steps 2 --quiet"
TINY = f"{FEW} --name made"
GROWN = f"ontogeny grow quadratic {TINY}"
FILM = (
    "import numpy as np; from pathlib import Path; "
    "from ontogeny.views.pictures.film import write_film; "
    "frames = np.zeros((8, 32, 32, 3), np.uint8); frames[4:] = 200; "
    "print(write_film(frames, Path('film.mp4')))"
)
VIDEO = (
    f"{FILM}; from ontogeny.worlds.videos.real_videos import frames as read; "
    "print(len(list(read('film.mp4'))))"
)
CHARACTERS = "import ontogeny as og; print(len(og.glyphs().test))"
WEIGHTS = "from ontogeny.worlds.photos.backbone import backbone; print(len(backbone().blocks))"
PLATFORM = "ontogeny beauty simulate --users 500 --out platform"
STUDY = f"{PLATFORM} && ontogeny beauty study platform"
PAGE = (
    "import subprocess, urllib.request as web; "
    "watch = subprocess.Popen(['ontogeny', 'watch', '--port', '0'], stdout=-1, text=True); "
    "print(len(web.urlopen(watch.stdout.readline().split()[1]).read())); watch.terminate()"
)
NOTEBOOK = str(ROOT / "examples/notebooks/first_growth.ipynb")
EXECUTED = (
    "import nbclient, nbformat; "
    f"nbclient.NotebookClient(nbformat.read({NOTEBOOK!r}, as_version=4)).execute()"
)
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
    "brax": f"ontogeny grow agents --world brax-hopper {TINY}",
    "onnx": f"ontogeny grow agents --world four-rooms-small {TINY} && "
    "ontogeny export made --to onnx && python runs/made/onnx/act.py",
    "films": f'python -c "{FILM}"',
    "video": f'python -c "{VIDEO}"',
    "beauty": f'python -c "{WEIGHTS}" && ontogeny reproduce beauty --part insurance --quick',
    "watch": f'{GROWN} && python -c "{PAGE}"',
    "study": STUDY,
    "ray": f"{GROWN} --executor ray",
    "remote": f"ontogeny grow quadratic {FEW} --folder file://$PWD/far && "
    "ontogeny show file://$PWD/far",
    "study-ray": f"{STUDY} --on daft && ontogeny beauty study platform --on ray --out clustered",
    "trackers": f"{GROWN} --track tensorboard wandb mlflow",
    "notebook": f'python -c "{EXECUTED}"',
}


def main(wheel: str, extras: list[str]) -> int:
    """Install, run and say, an extra after the other; return how many failed."""
    print("| extra | seconds to install | MB | what was run | seconds | CPU seconds | |")
    print(f"|{' --- |' * 7}")
    return sum(not tried(Path(wheel).resolve(), extra) for extra in extras or SMALL)


def tried(wheel: Path, extra: str) -> bool:
    """Print the extra's row, and return whether all went well."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        python, what = str(place / "venv/bin/python"), f"{wheel}[{extra}]" if extra else str(wheel)
        pip = [python, "-m", "pip", "install", "-q", "--no-compile", what]
        done, installing, _ = timed(pip, place)
        size = sum(file.lstat().st_size for file in (place / "venv").rglob("*")) / 1e6
        seconds, spent = 0.0, 0.0
        if done.returncode == 0:
            words = f"ontogeny recipes > recipes.txt && {SMALL[extra]}"
            done, seconds, spent = timed(["bash", "-c", words], place)
        well = done.returncode == 0
        said = "" if well else " ".join((done.stderr or done.stdout).strip().splitlines()[-2:])
        numbers = (f"{seconds:.0f}", f"{spent:.0f}")
        row = (extra or "none", f"{installing:.0f}", f"{size:.0f}", f"`{SMALL[extra]}`", *numbers)
        print(f"| {' | '.join(row)} | {said or 'ok'} |", flush=True)
        return well


def timed(words: list[str], place: Path) -> tuple[subprocess.CompletedProcess[str], float, float]:
    """Run a command as one in that environment would, and return what came of it, the seconds on
    the clock, and those of the processors.
    """
    path = f"{place / 'venv/bin'}:{os.environ['PATH']}"
    settings = {name: value for name, value in os.environ.items() if name not in OURS}
    began, spent = time.perf_counter(), used()
    done = subprocess.run(
        words,
        cwd=place,
        env={**settings, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    return done, time.perf_counter() - began, used() - spent


def used() -> float:
    """Return the processors' seconds of the children that have ended."""
    told = resource.getrusage(resource.RUSAGE_CHILDREN)
    return told.ru_utime + told.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
