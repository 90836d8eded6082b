"""A network's stages on threads say what its tick says, and what goes wrong in one is said."""

from __future__ import annotations

import threading
from dataclasses import replace

import jax
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, OntogenyError
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.stages import shares, stages_of
from ontogeny.learners.streaming.tick import begin, init_params, tick
from ontogeny.runtime.video.pacing import autotune, measure, paced, stage_seconds, tick_pace
from ontogeny.runtime.video.pipeline import Pipeline

SIZE = (8, 8, 3)
FRAMES = np.random.default_rng(0).integers(0, 256, (9, *SIZE), np.uint8)
SMALL = NetworkConfig(width=8, depth=2)


def alive():
    return [thread for thread in threading.enumerate() if thread.name.startswith("stage-")]


@pytest.mark.parametrize(
    ("config", "ends"),
    [
        (replace(SMALL, depth=3, stages=0, rates=(1, 2, 4), taps=2, head="logits"), (1, 2, 4)),
        (replace(SMALL, family="plain", stages=2, feedback=True), (1, 2)),
        (replace(SMALL, family="mobile", stages=3, aligned=True, rates=(1, 2)), (1, 3)),
    ],
)
def test_threads_say_what_the_tick_says(config, ends):
    graph = network(config)
    noise = jax.random.key(1)
    params = jax.tree.map(
        lambda x: x + 0.05 * jax.random.normal(noise, x.shape),  # biases begin at 0
        init_params(graph, jax.random.key(0)),
    )
    expected = jax.jit(
        lambda x: jax.lax.scan(lambda s, f: tick(graph, params, s, f), begin(graph, SIZE), x)[1]
    )(FRAMES)
    devices = jax.devices() if config.aligned else None  # also with workers on devices of their own
    with Pipeline(graph, params, SIZE, ends=ends, devices=devices) as line:
        given = FRAMES[0].copy()
        line.put(given)
        given[:] = 0  # as decoders do
        said = [line.get()]
        line.reset()
        for _ in line.map(FRAMES):
            break  # what is under way is taken out, and is no answer to what comes next
        line.reset()
        left = line.map(FRAMES)
        next(left)
        line.reset()
        left.close()
        said += list(line.map(FRAMES))
        assert len(alive()) == len(ends)
        assert all(len(seconds) > len(FRAMES) for seconds in line.seconds)
    assert not alive()
    np.testing.assert_allclose(said[0], expected[0], atol=1e-5)
    np.testing.assert_allclose(np.stack(said[1:]), expected, atol=1e-5)
    assert 1e-3 < float(np.std(said[1:])) < 10


def test_a_failing_stage_is_named_and_a_full_line_says_so():
    graph = network(replace(SMALL, stages=0, head="logits"))
    params = init_params(graph, jax.random.key(0))
    with pytest.raises(DataError, match=r"float32\[8, 8, 3\]"):
        Pipeline(graph, params, SIZE).put(FRAMES[0].astype(np.float32))
    with Pipeline(graph, params, SIZE, ends=(1, 3), capacity=2) as line:
        assert [line.put(FRAMES[0], timeout=0.0) for _ in range(3)] == [True, True, False]
        assert line.get().shape == (1,)
        assert line.put(FRAMES[1], timeout=0.0)
        line.reset()  # with frames under way
        with pytest.raises(TimeoutError):
            line.get(timeout=0.01)

        def broken(*given):
            raise ValueError("out of luck")

        line._workers[1].tick = broken
        line.put(FRAMES[0])
        with pytest.raises(OntogenyError, match=r"worker 1 \(conv1, conv2, head\).*out of luck"):
            line.get()
        with pytest.raises(OntogenyError, match="out of luck"):
            line.put(FRAMES[0])
        assert not alive()
        line.close()
        line.reset()
        line.close()
        with pytest.raises(ConfigError, match="closed"):
            line.get()
    with pytest.raises(ConfigError, match="workers' stages end at"):
        shares(graph, (1, 2))
    with pytest.raises(ConfigError, match="4 stages of 3"):
        stages_of(graph, 4)
    with pytest.raises(ConfigError, match="capacity is 0"):
        Pipeline(graph, params, SIZE, capacity=0)


def test_the_fastest_of_what_says_the_same_is_chosen():
    graph = network(SMALL)
    params = init_params(graph, jax.random.key(0))
    best, tried = autotune(graph, params, FRAMES[:2], seconds=0.01, may_delay=2, threads=2)
    assert [(s.graph.n_stages, s.threads, s.graph.aligned) for s in tried] == [
        (1, 1, False),
        (2, 2, True),
        (3, 1, True),
    ]
    assert best.pace.throughput == max(s.pace.throughput for s in tried)
    assert tried[2].pace.depth_frames == 2
    assert 0 < best.pace.p50 <= best.pace.p90 <= best.pace.p99
    with best.open(params, SIZE) as line:
        assert "frames/s" in measure(line, FRAMES[:1], 0.0).told()
    assert tick_pace(graph, params, FRAMES, 0.0).threads == 1
    costs = stage_seconds(graph.parallel(), params, SIZE, 0.0)
    assert len(costs) == 3
    assert min(costs) > 0
    told = paced(graph.parallel(), [0.0, 1.0, 2.0], [0.5, 1.5, 2.5], 1)
    assert (told.p50, told.throughput, told.response, told.depth_seconds) == (1.0, 1.0, 0.5, 2.5)
