"""A network on a whole clip at once, as it learns: each layer along all of time, one after another.

    h_l = f_l over time of [ h_j shifted by d(j, l) ]

There is no loop over time but for feedback: what a layer reads is shifted by its delay, with zeros
before the clip; a slow layer computes along h[phase::rate], and each answer is repeated until the
next. It says what `tick` says, frame after frame from a fresh state.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from ontogeny.core.errors import DataError
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import INPUT, Layer, applied, gathered
from ontogeny.learners.streaming.tick import Params, begin, map_shapes, normalised, tick_values


def clip(
    graph: Graph, params: Params, frames: Num[Array, "time *many height width chan"]
) -> Float[Array, "time ..."]:
    """Return what the network says at every frame of a clip, or of many side by side."""
    return activations(graph, params, frames)[graph.output]


def activations(
    graph: Graph, params: Params, frames: Num[Array, "time *many height width chan"]
) -> dict[str, Float[Array, "time ..."]]:
    """Return what every layer says at every frame of a clip, by name; of many clips side by side,
    the second axis on. Raises `DataError` for a clip that ends before the slowest clock has ticked.
    """
    map_shapes(graph, frames.shape[1:][-3:])
    if len(frames) < graph.period:
        raise DataError(
            f"a clip of {len(frames)} frames",
            where="streaming",
            hint=f"a clock ticks every {graph.period} frames: give a clip of as many or more",
        )
    if graph.has_feedback:
        if frames.ndim > 4:
            return jax.vmap(lambda one: activations(graph, params, one), 1, 1)(frames)
        state = begin(graph, frames.shape[1:])
        return jax.lax.scan(lambda s, x: tick_values(graph, params, s, x), state, frames)[1]
    if graph.aligned:
        said = activations(graph.sequential(), params, frames)
        return {name: shifted(x, graph.stage_of[name]) for name, x in said.items()}
    values = {INPUT: normalised(graph, frames)}
    for layer in graph.layers:
        values[layer.name] = _along(graph, layer, params, values)
    return values


def shifted(x: Float[Array, "time ..."], ticks: int) -> Float[Array, "time ..."]:
    """Return a clip so many ticks later, zeros before it."""
    if ticks == 0:
        return x
    nothing = jnp.zeros((min(ticks, len(x)), *x.shape[1:]), x.dtype)
    return jnp.concatenate([nothing, x[: max(len(x) - ticks, 0)]])


def _along(
    graph: Graph, layer: Layer, params: Params, values: dict[str, Array]
) -> Float[Array, "time ..."]:
    """Return what one layer says along a clip."""
    name, phase, rate = layer.name, graph.phases[layer.name], layer.rate
    time = len(values[INPUT])

    def read(source: str) -> Array:
        return shifted(values[source], graph.delays[name, source])[phase::rate]

    maps = [read(source) for source in layer.sources]
    now = gathered(layer, maps)
    seen = tuple(shifted(now, tap) for tap in range(layer.taps))
    residual = None if layer.residual is None else read(layer.residual)
    said = applied(layer, params.get(name), seen, residual)
    if rate == 1:
        return said
    held = jnp.repeat(said, rate, axis=0)
    return jnp.concatenate([jnp.zeros((phase, *held.shape[1:])), held])[:time]
