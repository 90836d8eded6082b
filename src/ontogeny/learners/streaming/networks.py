"""Families of image networks as graphs: a chain, dense skips, branches, inverted residuals.

A family is layers in blocks; `network` gives them a head, clocks, filters over time, feedback and
a stage map. What of an image network goes over to a pipeline is its skips: a dense network reads
fresh frames through shallow layers and old ones through deep layers, a chain one frame only.

Sources: Huang et al. 2017, DenseNet (arXiv 1608.06993); Szegedy et al. 2015, Inception (arXiv
1409.4842); Sandler et al. 2018, MobileNetV2 (arXiv 1801.04381).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ontogeny.core.config import as_declared, at_least
from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import Layer


@dataclass(frozen=True)
class NetworkConfig:
    """A network by its family, size and schedule."""

    family: Literal["plain", "dense", "inception", "mobile"] = "dense"
    head: Literal["maps", "logits"] = "maps"
    """A map of places, or one vector a frame."""
    n_out: int = 1
    """Maps or classes."""
    channels: int = 3
    """Of a frame."""
    width: int = 16
    """Channels of the first layer, and of each layer of all families but the dense one."""
    depth: int = 8
    """Blocks after the first layer: layers, modules of branches, inverted residuals."""
    growth: int = 8
    """Channels that a dense layer adds."""
    expansion: int = 4
    """By which an inverted residual widens."""
    halves: tuple[int, ...] = (0,)
    """Where rows and columns are halved: 0 is the first layer, 1 the first block, ..."""
    doubling: bool = False
    """Double the width where they are halved but for the first time; not of the dense family."""
    taps: int = 1
    """Length of each block's filters over time."""
    rates: tuple[int, ...] = ()
    """Clock rates along the depth, each for an equal share of the blocks: (1, 2, 4)."""
    feedback: bool = False
    """Let the first layer read the last tick's maps, or where the head says classes, the last
    block's."""
    stages: int = 1
    """1 is sequential, 0 fully parallel, more are semi-parallel."""
    aligned: bool = False
    """Delay skips as much as what is deep: the sequential network, later."""

    def __post_init__(self) -> None:
        as_declared(self)
        at_least(self, 1, "n_out", "channels", "width", "depth", "growth", "expansion", "taps")
        at_least(self, 0, "stages")
        for place in self.halves:
            if not 0 <= place <= self.depth:
                raise ConfigError(
                    f"rows are halved at block {place} of {self.depth}",
                    where="NetworkConfig.halves",
                    hint=f"use 0 to {self.depth}",
                )


def network(config: NetworkConfig) -> Graph:
    """Return the network as a graph with its stage map. Raises `ConfigError` for clocks, stages or
    feedback that it can't have.

    >>> network(NetworkConfig(depth=3, stages=0)).stages
    (0, 1, 2, 3, 3)
    """
    c = config
    stem = Layer("stem", width=c.width, stride=2 if 0 in c.halves else 1)
    layers, ends = [stem], list[tuple[str, ...]]([("stem",)])
    for place in range(1, c.depth + 1):
        made, end = FAMILIES[c.family](c, place, ends)
        layers += [dataclasses.replace(x, block=f"block{place}") for x in made]
        ends.append(end)
    read = ends[-1]
    if c.family == "dense":
        read = tuple(name for end in (ends if c.head == "maps" else ends[::-1]) for name in end)
    kind, kernel = ("conv", 1) if c.head == "maps" else ("logits", 1)
    head = Layer("head", read, c.n_out, kernel, 1, kind, "none", block=f"block{c.depth}")
    if c.feedback:
        back = ("head",) if c.head == "maps" else ends[-1]
        layers[0] = dataclasses.replace(stem, feedback=back)
    graph = Graph((*layers, head), channels=c.channels)
    if c.rates:
        share = len(c.rates)
        graph = graph.clocked(
            {f"block{p}": c.rates[(p - 1) * share // c.depth] for p in range(1, c.depth + 1)}
        )
        free = dataclasses.replace(graph.layers[-1], rate=1, phase=None)  # answers every frame
        graph = dataclasses.replace(graph, layers=(*graph.layers[:-1], free))
    if c.stages == 1:
        return graph
    return graph.staged(c.stages, None, c.aligned) if c.stages else graph.parallel(c.aligned)


Block = tuple[list[Layer], tuple[str, ...]]
"""Layers, and those of them that are read after it."""


def _width(c: NetworkConfig, place: int) -> int:
    halved = sum(at <= place for at in c.halves)
    return c.width * 2 ** (max(halved - 1, 0) if c.doubling else 0)


def _stride(c: NetworkConfig, place: int) -> int:
    return 2 if place in c.halves else 1


def _plain(c: NetworkConfig, place: int, ends: list[tuple[str, ...]]) -> Block:
    name = f"conv{place}"
    made = Layer(name, ends[-1], _width(c, place), 3, _stride(c, place), taps=c.taps)
    return [made], (name,)


def _dense(c: NetworkConfig, place: int, ends: list[tuple[str, ...]]) -> Block:
    name, read = f"conv{place}", tuple(name for end in reversed(ends) for name in end)
    return [Layer(name, read, c.growth, 3, _stride(c, place), taps=c.taps)], (name,)


def _inception(c: NetworkConfig, place: int, ends: list[tuple[str, ...]]) -> Block:
    """Four branches of a quarter of the width each: a look at one place, at 3 x 3 places, at 5 x 5
    by two looks at 3 x 3, and at the largest of 3 x 3.
    """
    n, read, made = max(_width(c, place) // 4 // 8 * 8, 8), ends[-1], list[Layer]()
    at = f"mixed{place}_"

    def add(name: str, sources: tuple[str, ...], kernel: int, taps: int = 1) -> tuple[str, ...]:
        made.append(Layer(at + name, sources, n, kernel, taps=taps))
        return (at + name,)

    if _stride(c, place) == 2:
        halved = [
            Layer(f"{at}half{i}", (name,), kernel=3, stride=2, kind="max")
            for i, name in enumerate(read)
        ]
        made += halved
        read = tuple(layer.name for layer in halved)
    one = add("one", read, 1)
    three = add("three", add("three_in", read, 1), 3, c.taps)
    five = add("five", add("five_mid", add("five_in", read, 1), 3), 3, c.taps)
    largest = [Layer(f"{at}max{i}", (name,), kind="max") for i, name in enumerate(read)]
    made += largest
    pooled = add("pooled", tuple(layer.name for layer in largest), 1)
    return made, (*one, *three, *five, *pooled)


def _mobile(c: NetworkConfig, place: int, ends: list[tuple[str, ...]]) -> Block:
    at, width, stride = f"mobile{place}_", _width(c, place), _stride(c, place)
    wide, before = c.expansion * _width(c, place - 1), ends[-1][0]
    same = before if stride == 1 and width == _width(c, place - 1) else None
    made = [
        Layer(f"{at}widen", (before,), wide, 1, activation="relu6"),
        Layer(f"{at}apart", (f"{at}widen",), wide, 3, stride, "apart", "relu6", taps=c.taps),
        Layer(f"{at}narrow", (f"{at}apart",), width, 1, activation="none", residual=same),
    ]
    return made, (f"{at}narrow",)


FAMILIES: dict[str, Callable[[NetworkConfig, int, list[tuple[str, ...]]], Block]] = {
    "plain": _plain,
    "dense": _dense,
    "inception": _inception,
    "mobile": _mobile,
}
