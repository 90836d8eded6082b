"""What makes a graph one: reads that are there, stages that never fall, clocks that never rise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.learners.streaming.layer import INPUT

if TYPE_CHECKING:
    from ontogeny.learners.streaming.graph import Graph


def check_graph(graph: Graph) -> None:
    """Raise `ConfigError` that names the layer for whatever is wrong."""
    _check_reads(graph)
    _check_stages(graph)
    _check_blocks(graph)
    _check_clocks(graph)


def _check_reads(graph: Graph) -> None:
    """Raise `ConfigError` unless every layer reads what is there, and before it."""
    named = [layer.name for layer in graph.layers]
    vectors = {layer.name for layer in graph.layers if layer.kind in ("mean", "logits")}
    if graph.output not in named:
        raise unknown("layer", graph.output, named, "Graph.output")
    before: list[str] = [INPUT]
    for layer in graph.layers:
        if layer.name in before:
            raise layer.refused("its name is taken", "give each layer a name of its own")
        for name in layer.reads:
            if name in named and name not in before:
                raise layer.refused(
                    f"it reads {name!r}, which comes no earlier: a cycle, or out of order",
                    f'put {name!r} before it, or read its last tick: feedback=("{name}",)',
                )
            if name not in before:
                raise unknown("layer", name, before, f"layer {layer.name!r}")
        for name in layer.feedback:
            if name not in named:
                raise unknown("layer", name, named, f"layer {layer.name!r}, feedback")
        if layer.feedback and layer.kind != "conv":
            raise layer.refused(f"feedback into kind {layer.kind!r}", 'feed back into a "conv"')
        for name in (*layer.sources, *layer.feedback):
            if name in vectors:
                raise layer.refused(
                    f"it reads {name!r}, which has no places", "read a layer of maps"
                )
        before.append(layer.name)


def _check_stages(graph: Graph) -> None:
    """Raise `ConfigError` unless stages are numbered from 0 without a gap, and none falls along
    a read.
    """
    if len(graph.stages) != len(graph.layers):
        raise ConfigError(
            f"{len(graph.stages)} stages for {len(graph.layers)} layers",
            where="Graph.stages",
            hint="give each layer its stage, or none",
        )
    if set(graph.stages) != set(range(max(graph.stages) + 1)):
        raise ConfigError(
            f"the stages are {sorted(set(graph.stages))}",
            where="Graph.stages",
            hint="number them 0, 1, 2, ... without a gap",
        )
    for layer in graph.layers:
        stage = graph.stage_of[layer.name]
        for name in layer.reads:
            if graph.stage_of[name] > stage:
                raise layer.refused(
                    f"it is in stage {stage} and reads {name!r} of stage {graph.stage_of[name]}",
                    "stages never fall along a read: put it in that stage or later",
                )
        for name in layer.feedback:
            if graph.aligned and graph.stage_of[name] != stage:
                raise layer.refused(
                    f"it reads {name!r} of another stage back in an aligned network",
                    "what is not computed yet can't be read: aligned=False, or one stage for both",
                )


def _check_blocks(graph: Graph) -> None:
    """Raise `ConfigError` unless a block's layers follow one another, in one stage."""
    ids = [block[0].block for block in graph.blocks if block[0].block]
    for block in graph.blocks:
        if block[0].block and ids.count(block[0].block) > 1:
            raise block[0].refused(
                f"others of block {block[0].block!r} are apart from it",
                "let a block's layers follow one another",
            )
        if len({graph.stage_of[layer.name] for layer in block}) > 1:
            raise block[0].refused(
                f"its block {block[0].block!r} is in several stages", "keep a block in one stage"
            )


def _check_clocks(graph: Graph) -> None:
    """Raise `ConfigError` where a layer ticks more often than what it reads, but for the output."""
    for layer in graph.layers:
        for name in layer.reads:
            if name == INPUT or layer.name == graph.output:
                continue
            if graph.by_name[name].rate > layer.rate:
                raise layer.refused(
                    f"its rate is {layer.rate}, and it reads {name!r} of rate "
                    f"{graph.by_name[name].rate}",
                    "rates never fall with depth, but at the output",
                )
