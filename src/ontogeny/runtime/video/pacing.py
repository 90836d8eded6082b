"""How fast a network runs on this machine, and which way of running it is the fastest.

A stage map is part of what a network is: what it learned, it learned with these delays. So what is
chosen among is what says the same: the network in one compiled tick, or its stages dealt out to
threads; and for a sequential network that may answer some frames later, its aligned pipelines.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.latency import depth_latency, information_latency, warm_up
from ontogeny.learners.streaming.stages import shares, stages_of
from ontogeny.learners.streaming.tick import Params, begin, tick
from ontogeny.runtime.machine import cores
from ontogeny.runtime.video.pipeline import Pipeline
from ontogeny.runtime.video.stage_worker import StageWorker

LEAST = 8  # ticks that a pace is told from


class Pace(NamedTuple):
    """How fast frames went through. Seconds, but for what says frames."""

    p50: float
    """The median of the time between one answer and the next."""
    p90: float
    p99: float
    throughput: float
    """Frames a second."""
    response: float
    """From a frame's taking in to the answer of its tick: the median."""
    information_frames: int
    """So many frames later the newest frame counts in an answer,"""
    depth_frames: int
    """and so many later it has gone through all layers."""
    depth_seconds: float
    """From a frame's taking in to the answer in which it has gone through all layers."""
    warm_up: int
    """Ticks whose answers still depend on what was before the stream."""
    threads: int
    ticks: int
    """That it is told from."""

    def told(self) -> str:
        """Return the pace in a line."""
        return (
            f"{self.throughput:.1f} frames/s on {self.threads} threads; tick "
            f"{1e3 * self.p50:.2f} / {1e3 * self.p90:.2f} / {1e3 * self.p99:.2f} ms (p50/p90/p99); "
            f"{self.depth_frames} frames or {1e3 * self.depth_seconds:.1f} ms deep"
        )


class Schedule(NamedTuple):
    """A way of running a network: the graph, and where each thread's stages end."""

    graph: Graph
    ends: tuple[int, ...]
    """One: all stages in one compiled tick."""
    pace: Pace | None = None

    @property
    def threads(self) -> int:
        """How many threads there are beside the caller's."""
        return len(self.ends)

    def open(self, params: Params, frame_shape: tuple[int, ...], dtype: Any = np.uint8) -> Pipeline:
        """Return the pipeline; see `Pipeline`."""
        return Pipeline(self.graph, params, frame_shape, ends=self.ends, dtype=dtype)


def paced(graph: Graph, taken: Sequence[float], answered: Sequence[float], threads: int) -> Pace:
    """Return the pace of a network, given when each frame was taken in and each answer was there
    (seconds of one clock; those of the first few are best left out).
    """
    between = np.diff(np.asarray(answered))
    p50, p90, p99 = (float(np.quantile(between, q)) for q in (0.5, 0.9, 0.99))
    response = float(np.median(np.asarray(answered) - np.asarray(taken)))
    deep = depth_latency(graph)
    return Pace(
        p50,
        p90,
        p99,
        len(between) / float(between.sum()),
        response,
        information_latency(graph),
        deep,
        deep * p50 + response,
        warm_up(graph),
        threads,
        len(answered),
    )


def measure(line: Pipeline, frames: Iterable[Any], seconds: float = 0.5) -> Pace:
    """Return the pace of a pipeline on frames, for so many seconds and at least `LEAST` ticks, with
    as many under way as it has threads, and one. What it knew of a stream is forgotten.
    """
    line.reset()
    given, taken, answered = iter(_again(frames)), list[float](), list[float]()
    ahead = min(line.capacity, len(line.shares) + 1)
    start = time.perf_counter()
    while len(answered) < LEAST or time.perf_counter() - start < seconds:
        while len(taken) - len(answered) < ahead:
            taken.append(time.perf_counter())
            line.put(next(given))
        line.get()
        answered.append(time.perf_counter())
    for _ in range(len(taken) - len(answered)):
        line.get()
    return paced(line.graph, taken[: len(answered)], answered, len(line.shares))


def tick_pace(graph: Graph, params: Params, frames: Sequence[Any], seconds: float = 0.5) -> Pace:
    """Return the pace of a network in one compiled tick, driven by the caller's own thread."""
    frame = jnp.asarray(frames[0])
    step: Any = jax.jit(lambda params, state, x: tick(graph, params, state, x))
    state = begin(graph, frame.shape)
    jax.block_until_ready(step(params, state, frame))
    given, taken, answered = iter(_again(frames)), list[float](), list[float]()
    start = time.perf_counter()
    while len(answered) < LEAST or time.perf_counter() - start < seconds:
        taken.append(time.perf_counter())
        state, said = step(params, state, jnp.asarray(next(given)))
        jax.block_until_ready((state, said))
        answered.append(time.perf_counter())
    return paced(graph, taken, answered, 1)


def stage_seconds(
    graph: Graph,
    params: Params,
    frame_shape: tuple[int, ...],
    seconds: float = 0.5,
    dtype: Any = np.uint8,
) -> tuple[float, ...]:
    """Return what each stage takes when it runs alone, compiled on its own: medians of rounds in
    which each has its turn, so that a machine that slows down does so for all. Slow clocks count as
    much as they tick.
    """
    parts = shares(graph, range(1, graph.n_stages + 1))
    workers = [StageWorker(graph, share, params, frame_shape, dtype) for share in parts]
    begun = [worker.begin() for worker in workers]
    taken: list[list[float]] = [[] for _ in workers]
    start = time.perf_counter()
    while len(taken[-1]) < LEAST or time.perf_counter() - start < seconds:
        for worker, (state, arrived), into in zip(workers, begun, taken, strict=True):
            before = time.perf_counter()
            for _ in range(graph.period):
                state = worker.tick(state, arrived, worker.blank)[0]
            into.append((time.perf_counter() - before) / graph.period)
    return tuple(float(np.median(each)) for each in taken)


def autotune(
    graph: Graph,
    params: Params,
    frames: Sequence[Any],
    seconds: float = 2.0,
    may_delay: int = 0,
    threads: int | None = None,
) -> tuple[Schedule, list[Schedule]]:
    """Return the fastest way of running the network here, and all that were tried, each with its
    pace, in `seconds` beside what compiling takes.

    They say the same of every frame. A sequential network that may answer `may_delay` frames later
    is also tried as aligned pipelines, whose answers are the same and late: up to so many stages,
    or all blocks side by side in one compiled tick. `threads` is the most that may be used, the
    cores by default.
    """
    shape, dtype = np.shape(frames[0]), np.asarray(frames[0]).dtype
    most = cores() if threads is None else threads
    found = [Schedule(graph, (graph.n_stages,))]
    if graph.n_stages > 1 and most > 1:
        costs = stage_seconds(graph, params, shape, 0.2 * seconds, dtype)
        found += [
            Schedule(graph, stages_of(graph, k, costs))
            for k in range(2, min(most, graph.n_stages) + 1)
        ]
    if graph.n_stages == 1 and may_delay and not graph.has_feedback:
        each = graph.parallel()
        costs = stage_seconds(each, params, shape, 0.2 * seconds, dtype)
        spread = _by_layer(each, costs)
        for k in range(2, min(most, may_delay + 1, len(graph.blocks)) + 1):
            found.append(Schedule(graph.staged(k, spread, aligned=True), tuple(range(1, k + 1))))
        if each.n_stages - 1 <= may_delay:
            found.append(Schedule(graph.parallel(aligned=True), (each.n_stages,)))
    tried: list[Schedule] = []
    for schedule in found:
        with schedule.open(params, shape, dtype) as line:
            pace = measure(line, frames, 0.8 * seconds / len(found))
        tried.append(schedule._replace(pace=pace))
    return max(tried, key=lambda s: s.pace.throughput if s.pace else 0.0), tried


def _by_layer(graph: Graph, costs: Sequence[float]) -> dict[str, float]:
    """Return the stages' costs, each dealt out to its layers as their work is."""
    total = [0.0] * graph.n_stages
    for name, work in graph.work.items():
        total[graph.stage_of[name]] += work
    stage = graph.stage_of
    return {
        name: costs[stage[name]] * work / max(total[stage[name]], 1e-30)
        for name, work in graph.work.items()
    }


def _again(frames: Iterable[Any]) -> Iterable[Any]:
    """Yield frames for ever."""
    kept = list(frames)
    while True:
        yield from kept
