"""A trained network, ready for frames one after another, by one of the ways of running it."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.latency import depth_latency
from ontogeny.learners.streaming.product import VideoModel
from ontogeny.learners.streaming.stages import stages_of
from ontogeny.runtime.machine import cores
from ontogeny.runtime.video.onnx_stream import OnnxStream
from ontogeny.runtime.video.pacing import LEAST, Pace, Schedule, autotune, measure, paced
from ontogeny.runtime.video.pipeline import Pipeline

Way = Literal["auto", "tick", "threads", "parallel", "onnx"]
ANY = 10**6  # frames: an answer may be as late as it likes


class OnnxLine:
    """A network's exported tick with the words of a `Pipeline`."""

    capacity = 1

    def __init__(self, model: VideoModel):
        self.graph = model.graph
        with tempfile.TemporaryDirectory() as folder:
            model.to_onnx(Path(folder))
            self._stream = OnnxStream(folder)
        self._said = deque[np.ndarray]()

    def put(self, frame: np.ndarray) -> bool:
        """Give the next frame."""
        self._said.append(self._stream.tick(frame))
        return True

    def get(self) -> np.ndarray:
        """Return the next answer."""
        return self._said.popleft()

    def reset(self) -> None:
        """Forget all frames."""
        self._said.clear()
        self._stream.reset()

    def close(self) -> None:
        """There is nothing to stop."""

    def pace(self, frames: Sequence[np.ndarray], seconds: float) -> Pace:
        """Return how fast it is on frames."""
        taken, answered = list[float](), list[float]()
        start = time.perf_counter()
        while len(answered) < LEAST or time.perf_counter() - start < seconds:
            taken.append(time.perf_counter())
            self._stream.tick(frames[len(answered) % len(frames)])
            answered.append(time.perf_counter())
        self.reset()
        return paced(self.graph, taken, answered, cores())


class Line(NamedTuple):
    """A network that is ready. Close `running` after use."""

    way: str
    running: Pipeline | OnnxLine
    pace: Pace
    """Of the network alone, on the frames that it was opened with."""
    late: int
    """By how many frames a schedule delays what the network says."""


def open_line(
    model: VideoModel,
    way: Way,
    frames: Sequence[np.ndarray],
    *,
    may_delay: bool = True,
    seconds: float = 2.0,
) -> Line:
    """Return the model, compiled and measured on these views, bytes.

    `tick` is all stages in one compiled tick; `threads` deals them out, of a sequential network as
    an aligned pipeline, which says the same a few frames later; `parallel` has all blocks of a
    sequential network side by side; `onnx` is onnxruntime's. `auto` takes what measures fastest in
    `seconds`, onnx apart, and delays nothing unless it `may_delay`.

    Raises `ConfigError` for a way that the network doesn't have, `MissingExtra` without what onnx
    needs.
    """
    graph, shape = model.graph, frames[0].shape
    if way == "onnx":
        running = OnnxLine(model)
        return Line(way, running, running.pace(frames, seconds / 4), 0)
    if way == "auto":
        best = autotune(graph, model.params, frames, seconds, may_delay=ANY if may_delay else 0)[0]
    else:
        best = _schedule(graph, way, may_delay)
    running = best.open(model.params, shape)
    pace = best.pace or measure(running, frames, seconds / 4)
    running.reset()
    return Line(
        _called(best, graph), running, pace, depth_latency(best.graph) - depth_latency(graph)
    )


def _schedule(graph: Graph, way: str, may_delay: bool) -> Schedule:
    """Return a way that was asked for by name."""
    is_sequential = graph.n_stages == 1 and not graph.has_feedback
    if way == "tick":
        return Schedule(graph, (graph.n_stages,))
    if way == "threads" and graph.n_stages > 1:
        return Schedule(graph, stages_of(graph, min(max(cores(), 2), graph.n_stages)))
    if not is_sequential:
        why = (
            "its feedback reads what the last tick said"
            if graph.has_feedback
            else f"its {graph.n_stages} stages are part of what it learned"
        )
        raise ConfigError(f"{way} is not for this network: {why}", where="--schedule", hint="tick")
    if not may_delay:
        raise ConfigError(
            f"{way} would answer later, and this is live", where="--schedule", hint="use tick"
        )
    if way == "parallel":
        aligned = graph.parallel(aligned=True)
        return Schedule(aligned, (aligned.n_stages,))
    k = min(max(cores(), 2), len(graph.blocks))
    return Schedule(graph.staged(k, aligned=True), tuple(range(1, k + 1)))


def _called(schedule: Schedule, graph: Graph) -> str:
    if schedule.threads > 1:
        return "threads"
    return "tick" if schedule.graph == graph else "parallel"
