"""One network, however it runs: along a clip or frame after frame; and what the graph says of it is
what its derivatives say.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import DataError, StructureError
from ontogeny.learners.streaming.clip import clip, shifted
from ontogeny.learners.streaming.latency import receptive_field, warm_up
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.tick import (
    WRAP,
    begin,
    init_params,
    map_shapes,
    restore_state,
    save_state,
    tick,
    tick_values,
)

SIZE = (8, 8, 3)
SMALL = NetworkConfig(width=8, depth=2)
# the longest is the one whose receptive field is 14 frames
CROSS = {
    "sequential": dataclasses.replace(SMALL, depth=3),
    "dense, clocks, filters over time": dataclasses.replace(
        SMALL, depth=3, stages=0, rates=(1, 2, 4), taps=2, halves=(0, 2)
    ),
    "dense, aligned": dataclasses.replace(
        SMALL, depth=3, stages=2, aligned=True, rates=(1, 2), taps=2, head="logits"
    ),
    "plain, semi-parallel, feedback": dataclasses.replace(
        SMALL, depth=3, family="plain", stages=3, taps=3, feedback=True
    ),
    "inception, clocks, feedback": dataclasses.replace(
        SMALL, family="inception", stages=0, rates=(1, 2), feedback=True, head="logits"
    ),
    "mobile, aligned, clocks": dataclasses.replace(
        SMALL, family="mobile", stages=0, aligned=True, rates=(1, 2), halves=(1,), head="logits"
    ),
}


def weights(graph):
    """Return weights of which none is 0, biases included."""
    rng = np.random.default_rng(0)

    def draw(leaf):
        into = np.prod(leaf.shape[:-1]) if len(leaf.shape) > 1 else 800
        return jnp.asarray(rng.normal(size=leaf.shape) * np.sqrt(2 / into), leaf.dtype)

    return jax.tree.map(draw, jax.eval_shape(lambda: init_params(graph, jax.random.key(0))))


def clip_of(time):
    return np.random.default_rng(2).uniform(size=(time, *SIZE)).astype(np.float32)


@pytest.mark.parametrize("name", CROSS)
def test_clip_is_stream_and_derivatives_reach_as_far_as_the_graph_says(name):
    graph = network(CROSS[name])
    time = 18
    params = weights(graph)

    @jax.jit
    def runs(frames):
        said, back = jax.vjp(lambda x: clip(graph, params, x), frames)
        late = (
            jnp.zeros_like(said)
            .at[jnp.array([time - 2, time - 1])]
            .set(jax.random.normal(jax.random.key(3), (2, *said.shape[1:])))
        )
        slopes = [
            back(late * (jnp.arange(time) == at).reshape(-1, *[1] * (said.ndim - 1)))[0]
            for at in (time - 2, time - 1)
        ]
        end, streamed = jax.lax.scan(
            lambda state, x: tick(graph, params, state, x), begin(graph, SIZE), frames
        )
        return said, streamed, end.clock, slopes

    said, streamed, clock, slopes = jax.device_get(runs(clip_of(time)))
    assert np.std(said) > 1e-2
    np.testing.assert_allclose(said, streamed, atol=1e-5)
    assert int(clock) == time
    if graph.has_feedback:
        older = time - 1 - warm_up(graph)
        assert np.abs(slopes[1][:older]).max() > 0  # what went round came back
        return
    for at, slope in zip((time - 2, time - 1), slopes, strict=True):
        reached = np.flatnonzero(np.abs(slope).reshape(time, -1).max(axis=1))
        assert {at - frame for frame in reached.tolist()} == receptive_field(graph, at)


def test_aligned_is_sequential_and_late():
    aligned = network(CROSS["dense, aligned"])
    params = weights(aligned)
    frames = clip_of(6)

    @jax.jit
    def runs(frames):
        alone = aligned.sequential()

        def both(states, x):
            late, said = tick(aligned, params, states[0], x)
            now, plain = tick(alone, params, states[1], x)
            return (late, now), (said, plain)

        return jax.lax.scan(both, (begin(aligned, SIZE), begin(alone, SIZE)), frames)[1]

    late, plain = runs(frames)
    expected = jax.jit(lambda plain: shifted(plain, aligned.n_stages - 1))(plain)
    np.testing.assert_allclose(late, expected, atol=1e-6)


def test_a_state_is_kept_over_a_cut_and_a_clock_over_its_end(tmp_path):
    graph = network(CROSS["dense, clocks, filters over time"])
    params = weights(graph)
    frames = np.random.default_rng(2).integers(0, 256, (6, *SIZE), np.uint8)
    step = jax.jit(lambda state, x: tick_values(graph, params, state, x))
    state = begin(graph, SIZE)
    for frame in frames[:5]:
        state, _ = step(state, frame)
    save_state(tmp_path / "state", state)
    read = restore_state(tmp_path / "state", graph, SIZE)
    after, said = step(state, frames[5])
    wrapped, same = step(read._replace(clock=jnp.int32(WRAP // 2 + 5)), frames[5])
    for name, value in said.items():
        np.testing.assert_array_equal(value, same[name])
        assert value.shape == map_shapes(graph, SIZE)[name]
    assert int(after.clock) == 6
    assert int(step(wrapped._replace(clock=jnp.int32(WRAP - 1)), frames[5])[0].clock) == WRAP // 2
    with pytest.raises(StructureError, match="state"):
        restore_state(tmp_path / "state", graph, (16, 16, 3))
    with pytest.raises(DataError, match="height, width, 3"):
        begin(graph, (8, 8, 1))
    with pytest.raises(DataError, match="clip of 3 frames"):
        clip(graph, params, jnp.asarray(frames[:3]))
