"""Part of a network's stages as a function of its own: what a worker of a pipeline computes.

    (own state, what other workers' layers said a tick ago) -> own state, what others read of it

Workers need nothing of each other within a tick, so that all of them run at once. Together they
say what `tick` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxtyping import Array, Float, Num

from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import INPUT
from ontogeny.learners.streaming.partition import linear_partition
from ontogeny.learners.streaming.tick import (
    Params,
    StreamState,
    advanced,
    begin,
    clock_after,
    normalised,
)


class Share(NamedTuple):
    """What one worker has to do."""

    layers: tuple[str, ...]
    """Its layers, and the frame where it takes that in."""
    reads: tuple[tuple[str, int], ...]
    """Whose last ticks it keeps, and how many of them: its own, and other workers' layers."""
    sends: tuple[str, ...]
    """Which of its layers others read."""

    @property
    def foreign(self) -> tuple[str, ...]:
        """The layers of other workers that it reads."""
        return tuple(name for name, _ in self.reads if name not in self.layers)


def shares(graph: Graph, ends: Sequence[int]) -> tuple[Share, ...]:
    """Return each worker's share, where worker w has the stages from the end of the one before up
    to `ends[w]`. Raises `ConfigError` unless that is all stages, some for each.
    """
    begins = (0, *ends[:-1])
    if (
        not ends
        or ends[-1] != graph.n_stages
        or any(a >= b for a, b in zip(begins, ends, strict=True))
    ):
        raise ConfigError(
            f"workers' stages end at {tuple(ends)}, and there are {graph.n_stages} stages",
            where="pipeline",
            hint="give each worker a stage or more: stages_of(graph, workers)",
        )
    stage, told = graph.stage_of, []
    for first, end in zip(begins, ends, strict=True):
        layers = tuple(name for name in stage if first <= stage[name] < end)
        reads: dict[str, int] = {}
        for name in layers:
            if name == INPUT:
                continue
            layer = graph.by_name[name]
            if layer.rate > 1:
                reads[name] = max(reads.get(name, 0), 1)
            delays = [(source, graph.delays[name, source]) for source in layer.reads]
            for source, delay in (*delays, *((back, 1) for back in layer.feedback)):
                if delay:
                    reads[source] = max(reads.get(source, 0), delay)
        told.append((layers, reads))
    read_by = [{name for name in reads if name not in layers} for layers, reads in told]
    asked = set[str]().union(*read_by)
    return tuple(
        Share(layers, tuple(reads.items()), tuple(name for name in layers if name in asked))
        for layers, reads in told
    )


def stages_of(graph: Graph, workers: int, costs: Sequence[float] | None = None) -> tuple[int, ...]:
    """Return where each worker's stages end, so that the busiest has as little to do as can be, by
    the stages' costs (measured ones; the layers' `work` by default). Raises `ConfigError` for more
    workers than stages.
    """
    each = [0.0] * graph.n_stages
    for name, work in graph.work.items():
        each[graph.stage_of[name]] += work
    return linear_partition(each if costs is None else costs, workers)


def begin_share(graph: Graph, share: Share, frame_shape: tuple[int, ...]) -> StreamState:
    """Return a worker's state before the first frame. Of other workers' layers it keeps all ticks
    but the last, which is handed over at every tick; before the first one, zeros are.
    """
    whole = begin(graph, frame_shape)
    past = {
        name: whole.past[name][: depth - (name not in share.layers)] for name, depth in share.reads
    }
    window = {name: kept for name, kept in whole.window.items() if name in share.layers}
    return StreamState(whole.clock, past, window)


def tick_share(
    graph: Graph,
    share: Share,
    params: Params,
    state: StreamState,
    arrived: Mapping[str, Array],
    frame: Num[Array, "height width chan"] | None = None,
) -> tuple[StreamState, dict[str, Array], Float[Array, "..."] | None]:
    """Return a worker's state after a tick, what others read of it, and the output where its layer
    is here. `arrived` is what other workers' layers said a tick ago; the frame is for the worker
    that takes it in.
    """
    past = {
        name: (arrived[name], *kept) if name in arrived else kept
        for name, kept in state.past.items()
    }
    given = {} if frame is None else {INPUT: normalised(graph, frame)}
    names = [name for name in share.layers if name != INPUT]
    values, window = advanced(graph, names, params, state, past, given)
    # of what arrives, the newest is the next tick's second newest
    after = {
        name: past[name][: len(kept)] if name in arrived else (values[name], *kept)[: len(kept)]
        for name, kept in state.past.items()
    }
    sent = {name: values[name] for name in share.sends}
    said = values[graph.output] if graph.output in share.layers else None
    return StreamState(clock_after(state.clock), after, window), sent, said
