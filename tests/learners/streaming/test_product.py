"""What was grown, on clips and streams, read back, and as an ONNX model."""

from __future__ import annotations

import numpy as np
import pytest

import ontogeny as og
from drawn import drawn
from ontogeny.core.errors import DataError, StoreError
from ontogeny.core.product import Exportable
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.product import VideoModel
from ontogeny.learners.streaming.tick import init_params
from ontogeny.runtime.video.onnx_stream import OnnxStream
from ontogeny.testing import check_product

FRAMES = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)


@pytest.fixture(scope="module")
def model():
    config = NetworkConfig(
        "dense", "logits", 2, width=8, depth=2, taps=2, rates=(1, 2), feedback=True, stages=0
    )
    graph = network(config)
    params = drawn(lambda key: init_params(graph, key), scale=0.2)
    return VideoModel(graph, params, (8, 8, 3), ("still", "moving"), 1)


def test_it_is_read_back_and_says_of_a_clip_what_it_says_of_a_stream(model, tmp_path):
    check_product(model, lambda product: product(FRAMES), og.load_product)
    model.save(tmp_path / "model")
    read = og.load_product(tmp_path / "model")
    assert (read.graph, read.frame, read.labels, read.prediction_latency) == (
        model.graph,
        (8, 8, 3),
        ("still", "moving"),
        1,
    )
    state, said = read.begin(), []
    for frame in FRAMES:
        state, now = read.tick(state, frame)
        said.append(now)
    np.testing.assert_allclose(np.stack(said), model(FRAMES), atol=1e-5)
    for wrong in (FRAMES[0], FRAMES[..., :1], FRAMES.astype(np.int32)):
        with pytest.raises(DataError, match="frames of"):
            model(wrong)
    with pytest.raises(DataError, match="height, width, 3"):
        model.tick(state, FRAMES)
    with pytest.raises(DataError, match="begin a new stream"):
        model.tick(state, np.zeros((16, 8, 3), np.uint8))


def test_its_tick_runs_without_jax_and_carries_its_state(model, tmp_path):
    pytest.importorskip("jax2onnx")
    pytest.importorskip("onnxruntime")
    assert isinstance(model, Exportable)
    exported = model.to_onnx(tmp_path / "onnx")
    assert exported.difference < 1e-4
    stream = OnnxStream(tmp_path / "onnx", threads=1)
    expected = model(FRAMES)
    assert stream.labels == model.labels
    for _ in range(2):
        said = np.stack([stream.tick(frame) for frame in FRAMES])
        np.testing.assert_allclose(said, expected, atol=1e-4)
        stream.reset()
    assert float(np.std(said[:, 0])) > 1e-3
    assert (stream.seconds(FRAMES) > 0).all()
    with pytest.raises(DataError, match="give uint8"):
        stream.tick(FRAMES[0].astype(np.float32))
    with pytest.raises(StoreError, match="no tick"):
        OnnxStream(tmp_path)
