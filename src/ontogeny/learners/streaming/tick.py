"""A network on a stream: a state and a frame in, the state after it and an output out.

The state holds what layers said at their last ticks, where another stage reads it or a slow layer
holds it; what filters over time saw; and a clock. It begins with zeros, as a clip's past does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, Num

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.errors import DataError
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import INPUT, Layer, applied, gathered, new_filter
from ontogeny.nn.filter import Filter

KIND = "stream state"
WRAP = 2**30
"""Where the clock goes back to half of it, which leaves every layer's ticks where they were."""

Params = dict[str, Filter]
Past = Mapping[str, tuple[Array, ...]]


class StreamState(NamedTuple):
    """Of one stream, between two frames."""

    clock: Int[Array, ""]
    """Frames seen."""
    past: dict[str, tuple[Array, ...]]
    """What a layer said at its last ticks, the newest first."""
    window: dict[str, tuple[Array, ...]]
    """What a layer with a filter over time saw at its last ticks, the newest first."""


def init_params(graph: Graph, key: Key[Array, ""]) -> Params:
    """Return fresh weights of every layer that has some, by name."""
    branches = sum(layer.residual is not None for layer in graph.layers)
    made: Params = {}
    for number, layer in enumerate(graph.layers):
        if layer.has_weights:
            scale = 1.0 if layer.residual is None else branches**-0.5
            own = jax.random.fold_in(key, number)
            made[layer.name] = new_filter(layer, graph.n_in[layer.name], scale, own)
    return made


def map_shapes(graph: Graph, frame_shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return the shape of what each layer says, and of the frame, [rows, columns, width] or
    [width]. Raises `DataError` for a frame of another number of channels or without pixels.
    """
    if len(frame_shape) != 3 or frame_shape[2] != graph.channels or min(frame_shape) < 1:
        raise DataError(
            f"a frame is {list(frame_shape)}",
            where="streaming",
            hint=f"give frames [height, width, {graph.channels}]",
        )
    found: dict[str, tuple[int, ...]] = {INPUT: tuple(frame_shape)}
    for layer in graph.layers:
        rows, columns = found[layer.sources[0]][:2]
        stride, width = layer.stride, graph.n_out[layer.name]
        places = (
            () if layer.kind in ("mean", "logits") else (-(-rows // stride), -(-columns // stride))
        )
        found[layer.name] = (*places, width)
    return found


def begin(graph: Graph, frame_shape: tuple[int, ...]) -> StreamState:
    """Return the state before the first frame [height, width, chan]: zeros. It is also what a
    stream is reset to, after a cut. Raises as `map_shapes` does.
    """
    shapes = map_shapes(graph, frame_shape)
    past = {
        name: tuple(jnp.zeros(shapes[name]) for _ in range(depth))
        for name, depth in graph.depth_of.items()
        if depth
    }
    window = {
        layer.name: tuple(
            jnp.zeros((*shapes[layer.sources[0]][:2], graph.n_in[layer.name]))
            for _ in range(layer.taps - 1)
        )
        for layer in graph.layers
        if layer.taps > 1
    }
    return StreamState(jnp.int32(0), past, window)


def tick(
    graph: Graph, params: Params, state: StreamState, frame: Num[Array, "height width chan"]
) -> tuple[StreamState, Float[Array, "..."]]:
    """Return the state after a frame, and what the network says then."""
    state, values = tick_values(graph, params, state, frame)
    return state, values[graph.output]


def tick_values(
    graph: Graph, params: Params, state: StreamState, frame: Num[Array, "height width chan"]
) -> tuple[StreamState, dict[str, Float[Array, "..."]]]:
    """Return the state after a frame, and what each layer says then, by name. Raises `DataError`
    for a frame of another size than those before.
    """
    shapes = map_shapes(graph, frame.shape)
    for name, kept in state.past.items():
        if kept[0].shape != shapes[name]:
            raise DataError(
                f"a frame is {list(frame.shape)}, and those before it were of another size",
                where="streaming",
                hint="scale it to theirs, or begin a new stream",
            )
    names = [layer.name for layer in graph.layers]
    given = {INPUT: normalised(graph, frame)}
    values, window = advanced(graph, names, params, state, state.past, given)
    past = {name: (values[name], *kept)[: len(kept)] for name, kept in state.past.items()}
    return StreamState(clock_after(state.clock), past, window), values


def advanced(
    graph: Graph,
    names: Iterable[str],
    params: Params,
    state: StreamState,
    past: Past,
    given: Mapping[str, Array],
) -> tuple[dict[str, Array], dict[str, tuple[Array, ...]]]:
    """Return what the layers of these names say at this tick, beside what is given of it, and what
    their filters over time keep. `past` is what layers said before, the newest first.
    """
    values, window = dict(given), dict(state.window)
    for name in names:
        layer = graph.by_name[name]
        values[name], kept = _ticked(graph, layer, params.get(name), state, past, values)
        if layer.taps > 1:
            window[name] = kept
    return values, window


def _ticked(
    graph: Graph,
    layer: Layer,
    weights: Filter | None,
    state: StreamState,
    past: Past,
    values: Mapping[str, Array],
) -> tuple[Array, tuple[Array, ...]]:
    """Return what one layer says, and what its filter over time keeps."""
    name, begins, before = layer.name, graph.begins[layer.name], state.window.get(layer.name, ())

    def read(source: str) -> Array:
        delay = graph.delays[name, source]
        return past[source][delay - 1] if delay else values[source]

    def computed() -> tuple[Array, tuple[Array, ...]]:
        maps = [*map(read, layer.sources), *(past[source][0] for source in layer.feedback)]
        seen = (gathered(layer, maps), *before)
        residual = None if layer.residual is None else read(layer.residual)
        return applied(layer, weights, seen, residual), seen[:-1]

    if layer.rate == 1:
        said = computed()
        if not begins:
            return said
        begun = state.clock >= begins
        return jax.tree.map(lambda x: jnp.where(begun, x, 0.0), said)
    since = state.clock - begins
    fires = (since >= 0) & (since % layer.rate == graph.phases[name])
    return jax.lax.cond(fires, computed, lambda: (past[name][0], before))


def normalised(
    graph: Graph, frame: Num[Array, "*time height width chan"]
) -> Float[Array, "*time height width chan"]:
    """Return what layers read as the frame."""
    numbers = frame / 255.0 if jnp.issubdtype(frame.dtype, jnp.integer) else frame
    return (numbers.astype(jnp.float32) - graph.mean) / graph.deviation


def clock_after(clock: Int[Array, ""]) -> Int[Array, ""]:
    """Return the clock a frame later; it never runs over."""
    return jnp.where(clock + 1 == WRAP, WRAP // 2, clock + 1)


def save_state(folder: Path, state: StreamState) -> None:
    """Write the state as an archive (safetensors and JSON). Raises `StoreError` when it can't."""
    write_archive(Path(folder), state, {"kind": KIND})


def restore_state(folder: Path, graph: Graph, frame_shape: tuple[int, ...]) -> StreamState:
    """Return the state that `save_state` wrote. Raises `StoreError` where it is damaged or another
    thing, `StructureError` where it is of another graph or frame size.
    """
    read_about(Path(folder), KIND)
    like = jax.eval_shape(lambda: begin(graph, frame_shape))
    return jax.tree.map(jnp.asarray, read_archive(Path(folder), like))
