"""The backbone by onnxruntime and in JAX: one network."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.data import astronaut, coffee

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty import backbone as backbones
from ontogeny.learners.beauty.backbone import Backbone
from ontogeny.worlds.photos import SIDE


@pytest.fixture(scope="module")
def network():
    return Backbone()


def photos():
    crops = [pixels[: 2 * SIDE : 2, : 2 * SIDE : 2] for pixels in (astronaut(), coffee())]
    crops = [np.pad(c, ((0, SIDE - c.shape[0]), (0, SIDE - c.shape[1]), (0, 0))) for c in crops]
    return np.stack([*crops, np.zeros_like(crops[0])])


def test_onnxruntime_and_jax_agree(network, monkeypatch):
    monkeypatch.setitem(backbones.TOGETHER, "jax", 2)
    monkeypatch.setitem(backbones.TOGETHER, "onnxruntime", 2)  # and so the third is alone
    given = photos()
    by_onnx, by_jax = network(given), Backbone("jax")(given)
    assert network.engine == "onnxruntime"
    assert by_onnx.shape == (3, 2560)
    assert by_onnx.dtype == by_jax.dtype == np.float32
    assert np.abs(by_onnx - by_jax).max() < 1e-4
    assert by_onnx[:2].std() > 0.1
    assert network(given[:0]).shape == (0, 2560)


def test_what_is_no_photograph_is_refused(network):
    with pytest.raises(DataError, match=r"float32\[1, 224, 224, 3\]"):
        network(np.zeros((1, SIDE, SIDE, 3), np.float32))
    with pytest.raises(DataError, match=r"uint8\[1, 64, 64, 3\]"):
        network(np.zeros((1, 64, 64, 3), np.uint8))
