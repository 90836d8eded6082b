"""Videos that a test writes itself, and networks that see what is in them, untaught."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import Layer
from ontogeny.learners.streaming.product import VideoModel
from ontogeny.nn.filter import Filter

SIZE = (48, 32)


def spots(n: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return pictures [n, height, width, 3], dark but for a white square of 4 x 4 that goes right,
    two pixels a frame, from column 10 of row 12 on.
    """
    pictures = np.full((n, size[1], size[0], 3), 16, np.uint8)
    for i in range(n):
        left = 10 + 2 * i % (size[0] - 20)
        pictures[i, 12:16, left : left + 4] = 240
    return pictures


def write_video(
    path: Path,
    pictures: Sequence[np.ndarray] | np.ndarray,
    *,
    rate: int = 10,
    codec: str = "libx264",
    form: str = "yuv420p",
    stamps: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write pictures and return where; `stamps` are their times, in 1 / rate of a second."""
    import av

    high, wide = pictures[0].shape[:2]
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = wide, high, form
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number if stamps is None else stamps[number]
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def pictures_of(path: Path) -> np.ndarray:
    """Return the pictures of a video, as any player sees them."""
    import av

    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def spot_finder(
    frame: tuple[int, int, int] = (32, 48, 3), stages: int = 1, prediction_latency: int = 0
) -> VideoModel:
    """Return a network whose one map is high where a frame is bright, in two layers."""
    graph = Graph(
        (Layer("light", width=1, kernel=1), Layer("map", ("light",), 1, 1, activation="none"))
    )
    graph = graph.staged(stages) if stages > 1 else graph
    n = frame[2]
    params = {
        "light": Filter(np.full((1, 1, n, 1), 1 / n, np.float32), np.zeros(1, np.float32)),
        "map": Filter(np.full((1, 1, 1, 1), 20.0, np.float32), np.full(1, -10.0, np.float32)),
    }
    return VideoModel(graph, params, frame, ("spot",), prediction_latency)


def light_teller(frame: tuple[int, int, int] = (8, 8, 1)) -> VideoModel:
    """Return a network that says whether a frame is dark or light."""
    graph = Graph((Layer("say", width=2, kernel=1, kind="logits", activation="none"),), channels=1)
    weight = np.array([-9.0, 9.0], np.float32).reshape(1, 1, 1, 2)
    params = {"say": Filter(weight, np.array([4.5, -4.5], np.float32))}
    return VideoModel(graph, params, frame, ("dark", "light"))
