"""A network that watches frames: in one piece, as a pipeline on threads, and by onnxruntime, beside
PyTorch and onnxruntime's own session.

15 convolutions of 64 x 64 frames, ten of which cost about the same. Every way runs for half a
second a turn; onnxruntime and PyTorch each in a process of its own. The ceiling is what plain
matrix products of the layers' sizes reach on these cores. Then: what a stream's state takes, by
the side of the frames; and frames a second of a video file with its decoding in the loop.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.beside import asking
from benchmarks.peer import peer_python
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.trees import named_leaves
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.product import VideoModel
from ontogeny.learners.streaming.tick import begin, init_params
from ontogeny.runtime.video.pacing import measure as pace_of
from ontogeny.runtime.video.pacing import tick_pace
from ontogeny.runtime.video.pipeline import Pipeline

SIDE = 64
CONFIG = NetworkConfig("plain", "logits", 10, width=32, depth=14, halves=(0, 5, 10), doubling=True)
SECONDS = 0.5  # of a turn


def measure(quick: bool) -> Result:
    """Return the figures. Raises `MissingExtra` without the peer, or onnxruntime."""
    turns = 2 if quick else 9
    whole = network(CONFIG)
    params = init_params(whole, jax.random.key(0))
    frames = np.random.default_rng(0).integers(0, 256, (8, SIDE, SIDE, 3), np.uint8)
    threads = whole.staged(2, aligned=True)
    python, about, seconds = peer_python("torch"), {}, str(SECONDS)
    sizes = (str(SIDE), str(CONFIG.width), str(CONFIG.depth), ",".join(map(str, CONFIG.halves)))

    def torch(*words: str) -> Callable[[], float]:
        return asking(python, about, "frames", "torch_frames.py", seconds, *sizes, *words)

    with (
        tempfile.TemporaryDirectory() as place,
        Pipeline(threads, params, frames[0].shape, ends=(1, 2)) as line,
    ):
        folder = str(Path(place) / "tick")
        VideoModel(whole, params, (SIDE, SIDE, 3)).to_onnx(Path(folder))

        def onnx(*words: str) -> Callable[[], float]:
            said: dict[str, Any] = {}
            script = "onnx_ticks.py"
            return asking(sys.executable, said, "frames", script, seconds, folder, *words)

        own = {
            "one tick": lambda: tick_pace(whole, params, list(frames), SECONDS).throughput,
            "two threads": lambda: pace_of(line, frames, SECONDS).throughput,
            "onnxruntime, our runner": onnx("ours", "--threads", "2"),
        }
        peers = {
            "PyTorch compiled, threads: 1": torch("--compiled"),
            "PyTorch compiled, threads: 2": torch("--compiled", "--threads", "2"),
        }
        sessions = {
            "onnxruntime, threads: 1": onnx("session"),
            "onnxruntime, threads: 2": onnx("session", "--threads", "2"),
            "onnxruntime, side by side": onnx("parallel", "--threads", "2"),
        }
        rates = by_turns({**own, **peers, **sessions, "ceiling": _ceiling}, turns)
    figures = [Figure(name, "frames/s", r) for name, r in rates.items() if name != "ceiling"]
    one, two, runner = (rates[name] for name in own)
    best_torch, best_session = (_best(rates, names) for names in (peers, sessions))
    work = 2 * _multiplications(whole)
    figures += [
        Figure("two threads / one tick", "ratio", pairwise(two, one), Target(1.4)),
        Figure("two threads / compiled PyTorch", "ratio", pairwise(two, best_torch), Target(1.1)),
        Figure(
            "our runner / onnxruntime's best", "ratio", pairwise(runner, best_session), Target(0.91)
        ),
        Figure("our runner / compiled PyTorch", "ratio", pairwise(runner, best_torch)),
        *(
            Figure(
                f"{name} / ceiling", "ratio", pairwise([work * r for r in rate], rates["ceiling"])
            )
            for name, rate in (("one tick", one), ("two threads", two), ("our runner", runner))
        ),
        *_state_figures(),
        *_decoding_figures(turns),
    ]
    return Result({"side": SIDE, "convolutions": CONFIG.depth + 1, **about}, figures)


def _best(rates: dict[str, list[float]], names: dict[str, Any]) -> list[float]:
    return [max(turn) for turn in zip(*(rates[name] for name in names), strict=True)]


def _multiplications(graph: Graph) -> float:
    """Return those of one frame, of all convolutions."""
    side, before, total, halved = SIDE, CONFIG.channels, 0.0, 0
    for place in range(CONFIG.depth + 1):
        halved += place in CONFIG.halves
        side = SIDE // 2**halved
        wide = CONFIG.width * 2 ** max(halved - 1, 0)
        total += side**2 * 9 * before * wide
        before = wide
    return total


def _ceiling() -> float:
    """Return the floating-point operations a second of matrix products of the layers' sizes."""
    sizes = ((1024, 288, 32), (256, 576, 64), (64, 1152, 128))
    given = [(jnp.ones((rows, deep)), jnp.ones((deep, wide))) for rows, deep, wide in sizes]
    product = _PRODUCT.setdefault("once", jax.jit(lambda pairs: [a @ b for a, b in pairs]))
    jax.block_until_ready(product(given))
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS / 2:
        jax.block_until_ready([product(given) for _ in range(20)])
        count += 20
    each = sum(2.0 * rows * deep * wide for rows, deep, wide in sizes)
    return count * each / (time.perf_counter() - begun)


_PRODUCT: dict[str, Any] = {}


def _state_figures() -> list[Figure]:
    """Return what a stream's state takes, and how it grows with the number of pixels."""
    graph = network(CONFIG).parallel()
    sizes = {side: _state_bytes(graph, side) for side in (64, 128, 256)}
    growth = np.polyfit(
        [2 * np.log(side) for side in sizes], [np.log(size) for size in sizes.values()], 1
    )[0]
    return [
        Figure(f"state of a fully parallel stream, {SIDE} pixels", "KiB", [sizes[SIDE] / 1024]),
        Figure("state by pixels", "exponent", [float(growth)], Target(0.9, 1.1)),
    ]


def _state_bytes(graph: Graph, side: int) -> float:
    shapes = jax.eval_shape(partial(begin, graph, (side, side, 3)))
    return float(sum(leaf.size * leaf.dtype.itemsize for _, leaf in named_leaves(shapes)))


def _decoding_figures(turns: int) -> list[Figure]:
    """Return frames a second of a video file: decoded alone, and decoded and watched."""
    from ontogeny.worlds.videos.real_videos import frames as decoded
    from ontogeny.worlds.videos.real_videos import packaged_video

    path = packaged_video("bikes")
    graph = network(CONFIG)
    params = init_params(graph, jax.random.key(0))
    with Pipeline(graph.staged(2, aligned=True), params, (SIDE, SIDE, 3), ends=(1, 2)) as line:

        def decoding() -> float:
            begun = time.perf_counter()
            count = sum(1 for _ in decoded(path, SIDE))
            return count / (time.perf_counter() - begun)

        def both() -> float:
            line.reset()
            begun = time.perf_counter()
            squares = (frame[:, :SIDE] for frame in decoded(path, SIDE))
            count = sum(1 for _ in line.map(squares))
            return count / (time.perf_counter() - begun)

        rates = by_turns({"decoding alone": decoding, "decoding and watching": both}, turns)
    return [Figure(name, "frames/s", rate) for name, rate in rates.items()]
