"""A causal network as layers, and the stages that work side by side at every tick.

    h_l(t) = f_l( h_j(t - d(j, l)) for j in sources(l) )       d(j, l) = 0 in one stage, else 1

Layers of one stage run one after the other within a tick; a layer of another stage is read from a
register that holds its last tick. So stages need nothing of one another within a tick and can run
at once. One stage is the network as usual; a stage for every layer is fully parallel. `aligned`
delays every read by all the stages that it crosses, d = s(l) - s(j): then the network says exactly
what it says with one stage, K - 1 ticks late.

Source: Carreira et al. 2018, "Massively Parallel Video Networks" (arXiv 1806.03863).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ontogeny.core.config import as_declared, at_least, from_json, positive
from ontogeny.core.errors import ConfigError, unknown
from ontogeny.learners.streaming.checking import check_graph
from ontogeny.learners.streaming.layer import INPUT, Layer, slowed
from ontogeny.learners.streaming.partition import linear_partition

WHERE = "Graph"


@dataclass(frozen=True)
class Graph:
    """A network and its stage map. Frames are numbers from 0 to 1, or bytes that are divided by
    255; what layers read as "input" is (frame - mean) / deviation.

    >>> from ontogeny.learners.streaming.layer import Layer
    >>> chain = Graph((Layer("a"), Layer("b", ("a",)), Layer("c", ("b",), kind="logits")))
    >>> chain.parallel().stages, chain.parallel().delays["b", "a"]
    ((0, 1, 2), 1)
    >>> chain.staged(2).n_stages
    2
    """

    layers: tuple[Layer, ...]
    """In an order in which each comes after its sources."""
    output: str = ""
    """The layer that answers; the last one by default."""
    stages: tuple[int, ...] = ()
    """Of each layer; all 0 by default: sequential."""
    aligned: bool = False
    """Delay every read by all stages that it crosses."""
    channels: int = 3
    """Of a frame."""
    mean: float = 0.0
    deviation: float = 1.0

    def __post_init__(self) -> None:
        if not self.layers:
            raise ConfigError("it has no layers", where=WHERE, hint="give one or more")
        if not self.output:
            object.__setattr__(self, "output", self.layers[-1].name)
        if not self.stages:
            object.__setattr__(self, "stages", (0,) * len(self.layers))
        as_declared(self)
        at_least(self, 1, "channels")
        positive(self, "deviation")
        check_graph(self)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once: it is asked for at every call of a function that is compiled for it."""
        return hash((self.layers, self.output, self.stages, self.aligned, self.channels))

    @cached_property
    def by_name(self) -> dict[str, Layer]:
        """Every layer by its name."""
        return {layer.name: layer for layer in self.layers}

    @cached_property
    def stage_of(self) -> dict[str, int]:
        """The stage of every layer, and of the frame: 0."""
        named = zip(self.layers, self.stages, strict=True)
        return {INPUT: 0} | {layer.name: stage for layer, stage in named}

    @property
    def n_stages(self) -> int:
        """How many stages there are."""
        return max(self.stages) + 1

    @property
    def has_feedback(self) -> bool:
        """Whether a layer reads what comes after it: then a clip is a scan."""
        return any(layer.feedback for layer in self.layers)

    @cached_property
    def delays(self) -> dict[tuple[str, str], int]:
        """How many ticks ago (reader, read) was said: of every read, by both names. A layer that is
        read both ways is a layer's source; its feedback is always one tick old.
        """
        stage, found = self.stage_of, {}
        for layer in self.layers:
            for name in layer.reads:
                apart = stage[layer.name] - stage[name]
                found[layer.name, name] = apart if self.aligned else min(apart, 1)
        return found

    @cached_property
    def depth_of(self) -> dict[str, int]:
        """How many of its last ticks the state keeps of each layer and of the frame."""
        kept = {INPUT: 0} | {layer.name: int(layer.rate > 1) for layer in self.layers}
        for (_, name), delay in self.delays.items():
            kept[name] = max(kept[name], delay)
        for layer in self.layers:
            for name in layer.feedback:
                kept[name] = max(kept[name], 1)
        return kept

    @cached_property
    def begins(self) -> dict[str, int]:
        """At which tick each layer's time begins: its stage where reads are aligned, or 0."""
        return {name: stage if self.aligned else 0 for name, stage in self.stage_of.items()}

    @cached_property
    def blocks(self) -> tuple[tuple[Layer, ...], ...]:
        """Layers that share a stage whatever the stage map, in their order."""
        grouped = itertools.groupby(self.layers, lambda layer: layer.block or layer.name)
        return tuple(tuple(layers) for _, layers in grouped)

    @cached_property
    def n_in(self) -> dict[str, int]:
        """The channels that each layer reads."""
        out, found = self.n_out, {}
        for layer in self.layers:
            found[layer.name] = sum(out[name] for name in (*layer.sources, *layer.feedback))
        return found

    @cached_property
    def n_out(self) -> dict[str, int]:
        """The channels of each layer and of the frame."""
        out = {INPUT: self.channels}
        for layer in self.layers:
            fixed = layer.kind in ("conv", "logits")
            read = (*layer.sources, *layer.feedback)
            out[layer.name] = layer.width if fixed else sum(out.get(name, 0) for name in read)
        return out

    @cached_property
    def work(self) -> dict[str, float]:
        """Multiplications and additions of each layer when it computes, per pixel of the frame: a
        guess of what it costs, where nothing was measured.
        """
        area, found = {INPUT: 1.0}, {}
        for layer in self.layers:
            seen = area[layer.sources[0]]
            vector = layer.kind in ("mean", "logits")
            area[layer.name] = 0.0 if vector else seen / layer.stride**2
            filters = layer.width * layer.taps if layer.kind == "conv" else layer.taps
            each = seen if vector else area[layer.name] * layer.kernel**2 * filters
            found[layer.name] = each * self.n_in[layer.name]
        return found

    @cached_property
    def phases(self) -> dict[str, int]:
        """At which tick of its rate each layer computes: as given, else so that the dearest tick is
        the cheapest that can be, block after block. Layers of a block that share a rate share it.
        """
        period = max(layer.rate for layer in self.layers)
        load, found = [0.0] * period, {}
        for block in self.blocks:
            for rate, layers in itertools.groupby(block, lambda layer: layer.rate):
                members = tuple(layers)
                cost = sum(self.work[layer.name] for layer in members)
                staggered = min(range(rate), key=lambda p: (max(load[p::rate]), p))
                for layer in members:
                    found[layer.name] = staggered if layer.phase is None else layer.phase
                for tick in range(found[members[0].name], period, rate):
                    load[tick] += cost
        return found

    @property
    def period(self) -> int:
        """After how many ticks the clocks stand as before."""
        return max(layer.rate for layer in self.layers)

    def sequential(self) -> Graph:
        """Return the network with one stage."""
        return dataclasses.replace(self, stages=(), aligned=False)

    def parallel(self, aligned: bool = False) -> Graph:
        """Return the network with a stage for every block, those that need nothing of each other
        side by side in one.
        """
        stages: dict[str, int] = {INPUT: -1}
        for block in self.blocks:
            own = {layer.name for layer in block}
            read = {name for layer in block for name in layer.reads if name not in own}
            stages |= dict.fromkeys(own, 1 + max(stages[name] for name in read))
        return self._restaged(stages, aligned)

    def staged(
        self, n: int, costs: Mapping[str, float] | None = None, aligned: bool = False
    ) -> Graph:
        """Return the network with n stages, consecutive blocks each, so that the dearest stage is
        the cheapest that can be, by the layers' costs (measured ones; `work` by default). Raises
        `ConfigError` for fewer blocks than stages.
        """
        known = self.work if costs is None else costs
        each = [sum(known[layer.name] for layer in block) for block in self.blocks]
        ends = linear_partition(each, n)
        stages = {
            layer.name: sum(place >= end for end in ends[:-1])
            for place, block in enumerate(self.blocks)
            for layer in block
        }
        return self._restaged(stages, aligned)

    def clocked(self, rates: Mapping[str, int]) -> Graph:
        """Return the network with other clock rates of the layers or blocks that are named, phases
        staggered. Raises `ConfigError` for a name that is neither.
        """
        known = {name for layer in self.layers for name in (layer.name, layer.block) if name}
        for name in rates:
            if name not in known:
                raise unknown("layer or block", name, known, "rates")
        layers = tuple(
            slowed(layer, rates.get(layer.name, rates.get(layer.block, layer.rate)))
            for layer in self.layers
        )
        return dataclasses.replace(self, layers=layers)

    def _restaged(self, stages: Mapping[str, int], aligned: bool) -> Graph:
        each = tuple(stages[layer.name] for layer in self.layers)
        return dataclasses.replace(self, stages=each, aligned=aligned)


def graph_from_json(fields: Mapping[str, Any]) -> Graph:
    """Return the graph whose fields `dataclasses.asdict` gave, as JSON has them. Raises
    `ConfigError` for what is no graph.
    """

    def layers(rows: Sequence[Mapping[str, Any]]) -> tuple[Layer, ...]:
        return tuple(from_json(Layer, row) for row in rows)

    return from_json(Graph, fields, {"layers": layers})
