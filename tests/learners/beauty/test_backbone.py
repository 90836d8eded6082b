"""The backbone by onnxruntime and in JAX: one network."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage.data import astronaut, coffee

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty import backbone as backbones
from ontogeny.learners.beauty.backbone import Backbone
from ontogeny.learners.beauty.tuned import Maps
from ontogeny.nn.efficientnet import tail_of
from ontogeny.worlds.photos.squares import SIDE


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


def test_last_blocks_of_its_own_are_run_by_both_and_named(network, monkeypatch):
    monkeypatch.setitem(backbones.TOGETHER, "jax", 2)
    packaged = tail_of(network.network, 1)
    tail = jax.tree.map(lambda leaf: np.asarray(leaf) * 1.05, packaged)
    own, given = Backbone(tail=tail), photos()[:2]
    by_onnx = own(given)
    assert np.abs(by_onnx - Backbone("jax", tail=tail)(given)).max() < 1e-4
    assert np.abs(by_onnx - network(given)).max() > 0.1
    assert own.version.startswith(f"{network.version}, last 1 tuned to ")
    assert own.version == Backbone("jax", tail=jax.tree.map(jnp.asarray, tail)).version
    maps = Maps(Backbone(without=1)(given).reshape(2, 7, 7, 192), packaged)
    assert np.abs(maps.features(tail) - by_onnx).max() < 1e-4
    rounded = maps._replace(values=maps.values.astype(np.float16))
    assert np.abs(rounded.features(tail) - by_onnx).max() < 0.02


def test_what_is_no_photograph_is_refused(network):
    with pytest.raises(DataError, match=r"float32\[1, 224, 224, 3\]"):
        network(np.zeros((1, SIDE, SIDE, 3), np.float32))
    with pytest.raises(DataError, match=r"uint8\[1, 64, 64, 3\]"):
        network(np.zeros((1, 64, 64, 3), np.uint8))
