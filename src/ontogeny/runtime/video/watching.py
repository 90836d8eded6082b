"""A network that watches a video: frames in, and what it says of each out, in their order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ontogeny.learners.streaming.latency import warm_up
from ontogeny.runtime.video.line import Line
from ontogeny.runtime.video.source import Frame


class Answer(NamedTuple):
    """What the network says of a frame."""

    frame: Frame
    said: np.ndarray | None
    """None where the video ended before the network could say it."""
    latency: float | None
    """Seconds from the frame's taking in to the answer."""
    is_warm: bool
    """Whether it depends on frames alone: after a cut, not at once."""


def watch(
    frames: Iterable[Frame], line: Line, prediction_latency: int = 0, is_live: bool = False
) -> Iterator[Answer]:
    """Yield what the network says of each frame. What it says at a tick is of `prediction_latency`
    frames before, and where a schedule delays it, of as many before that.

    Live, an answer is waited for before the next frame is taken; else as many are under way as may
    be.
    """
    run, graph = line.running, line.running.graph
    late, warm = line.late + prediction_latency, warm_up(graph) - 1
    ahead = 0 if is_live else run.capacity - 1
    asked: deque[Frame] = deque()  # frames that are not answered
    under_way = ticks = 0

    def answer() -> Iterator[Answer]:
        nonlocal under_way, ticks
        said = np.asarray(run.get())
        under_way, ticks = under_way - 1, ticks + 1
        if ticks > late:
            frame = asked.popleft()
            yield Answer(frame, said, time.perf_counter() - frame.taken, ticks > warm)

    def rest() -> Iterator[Answer]:
        """Answer what can be: the schedule's delay is made up by showing the last frame again."""
        nonlocal under_way
        for _ in range(line.late if asked else 0):
            if under_way > ahead:
                yield from answer()
            run.put(asked[-1].view)
            under_way += 1
        while under_way:
            yield from answer()
        while asked:
            yield Answer(asked.popleft(), None, None, False)

    for frame in frames:
        if frame.is_cut and asked:
            yield from rest()
        if frame.is_cut:
            run.reset()
            ticks = 0
        run.put(frame.view)
        asked.append(frame)
        under_way += 1
        while under_way > ahead:
            yield from answer()
    yield from rest()
