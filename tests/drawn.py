"""Modules whose numbers are drawn by NumPy, so that no test compiles their initialisers."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np


def drawn(make, seed=0, scale=0.5):
    """Return what `make(key)` makes, every number Gaussian instead."""
    rng = np.random.default_rng(seed)

    def draw(leaf):
        if not isinstance(leaf, jax.ShapeDtypeStruct):
            return leaf
        return jnp.asarray(scale * rng.normal(size=leaf.shape), leaf.dtype)

    return jax.tree.map(draw, eqx.filter_eval_shape(lambda: make(jax.random.key(0))))


def drawn_bits(n, size, seed=0):
    """Return patterns of fair bits."""
    return jnp.asarray(np.random.default_rng(seed).integers(0, 2, (n, size)), jnp.float32)
