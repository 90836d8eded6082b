"""How old what a network knows is, and what it costs: told by the graph alone.

    information latency   I(l) = min over sources of I(j) + d(j, l)     newest frame that counts
    depth latency         M(l) = max over sources of M(j) + d(j, l)     along the deepest path
    receptive field       R(l) = union over sources of R(j) + d(j, l)   ages of frames that count

Filters over time add the layer's own ticks before; a clock adds how long ago the layer ticked, so
that all three depend on the tick of its period.

Source: Carreira et al. 2018 (arXiv 1806.03863) for the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import INPUT


class Cost(NamedTuple):
    """What a frame costs, in the unit of the layers' costs."""

    mean: float
    """The mean over ticks of all layers that compute."""
    peak: float
    """At the dearest tick."""
    slowest: float
    """Of the dearest stage at its dearest tick: what bounds the pace of a pipeline."""


class Latencies(NamedTuple):
    """What can be said of a graph before it runs."""

    information: int
    depth: int
    field: tuple[int, ...]
    """Ages of frames that count, at one tick of the clocks' period or another."""
    warm_up: int
    """Ticks until all that is read comes from frames."""
    stages: int
    critical: int
    """Layers with weights, one after another within a tick, before a new output is there."""
    cost: Cost


def latencies(graph: Graph, costs: Mapping[str, float] | None = None) -> Latencies:
    """Return what the graph says of itself; feedback, which remembers for ever, counts nowhere."""
    return Latencies(
        information_latency(graph),
        depth_latency(graph),
        tuple(sorted(set().union(*_fields(graph, True)))),
        warm_up(graph),
        graph.n_stages,
        critical_layers(graph),
        cost(graph, costs),
    )


def information_latency(graph: Graph) -> int:
    """Return the age of the newest frame that an output can depend on, at the best tick of the
    clocks' period.
    """
    return min(min(field) for field in _fields(graph, False))


def depth_latency(graph: Graph) -> int:
    """Return the age of what came along the deepest path, at the worst tick of the period; filters
    over time apart.
    """
    return max(max(field) for field in _fields(graph, False))


def warm_up(graph: Graph) -> int:
    """Return after how many ticks an output depends on frames alone: the oldest age that counts,
    and one. To compare networks, take the largest of theirs for all.
    """
    return 1 + max(max(field) for field in _fields(graph, True))


def receptive_field(graph: Graph, at: int = 0) -> frozenset[int]:
    """Return the ages of the frames that the output depends on, at the ticks t = `at` modulo the
    clocks' period, when the stream has run for long. Raises `ConfigError` for a network with
    feedback, which remembers all frames.

    >>> from ontogeny.learners.streaming.layer import Layer
    >>> skips = Graph((Layer("a"), Layer("b", ("a",)), Layer("c", ("b", "a", "input"))))
    >>> sorted(receptive_field(skips.parallel()))
    [1, 2]
    """
    if graph.has_feedback:
        raise ConfigError(
            "with feedback an output depends on all frames before it",
            where="receptive_field",
            hint="ask for a network without feedback",
        )
    return _fields(graph, True)[at % graph.period]


def critical_layers(graph: Graph) -> int:
    """Return how many layers with weights compute one after another within a tick, at the most."""
    longest = {INPUT: 0}
    for layer in graph.layers:
        read = [longest[name] for name in layer.reads if not graph.delays[layer.name, name]]
        longest[layer.name] = max(read, default=0) + layer.has_weights
    return max(longest.values())


def cost(graph: Graph, costs: Mapping[str, float] | None = None) -> Cost:
    """Return what a frame costs, by the layers' costs (measured ones; `Graph.work` by default)."""
    known = graph.work if costs is None else costs
    ticks = [
        [0.0] * graph.n_stages for _ in range(graph.period)
    ]  # by the tick of the period, and the stage
    for layer in graph.layers:
        stage = graph.stage_of[layer.name]
        first = graph.phases[layer.name] + graph.begins[layer.name]
        for tick in range(first, first + graph.period, layer.rate):
            ticks[tick % graph.period][stage] += known[layer.name]
    totals = [sum(stages) for stages in ticks]
    return Cost(sum(totals) / len(totals), max(totals), max(max(stages) for stages in ticks))


def _fields(graph: Graph, taps: bool) -> list[frozenset[int]]:
    """Return the ages of frames that the output depends on, at each tick of the period; without
    `taps`, of filters over time only what they see last. Feedback counts nowhere.
    """
    longest = sum(layer.taps * layer.rate + 2 * graph.period for layer in graph.layers)
    start = (longest + graph.n_stages) // graph.period * graph.period + graph.period
    known: dict[tuple[str, int], frozenset[int]] = {}

    def frames(name: str, tick: int) -> frozenset[int]:
        if name == INPUT:
            return frozenset({tick})
        if (name, tick) not in known:
            layer = graph.by_name[name]
            since = (tick - graph.begins[name] - graph.phases[name]) % layer.rate
            seen: set[int] = set()
            for tap in range(layer.taps if taps else 1):
                at = tick - since - tap * layer.rate
                for source in layer.sources:
                    seen |= frames(source, at - graph.delays[name, source])
            if layer.residual is not None:
                at = tick - since
                seen |= frames(layer.residual, at - graph.delays[name, layer.residual])
            known[name, tick] = frozenset(seen)
        return known[name, tick]

    # for long enough that what happened before the stream began is out of reach
    ticks = range(start, start + graph.period)
    return [frozenset(tick - frame for frame in frames(graph.output, tick)) for tick in ticks]
