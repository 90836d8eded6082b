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


def drawn_state(learner, scale=0.3):
    """Return a state of the learner's with Gaussian numbers in its first field, the network, and
    with nought in the others: of what has learned nothing, without compiling how it begins.
    """
    network, *rest = state = jax.eval_shape(learner.init, jax.random.key(0), {})
    nought = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), rest)
    return type(state)(drawn(lambda key: network, scale=scale), *nought)


def with_drawn_start(learner):
    """Return the learner, which begins with a drawn state: initialisers take a third of the
    compiler's time for a contract that is about the steps.
    """
    start = drawn_state(learner)
    return learner._replace(init=lambda key, hypers: start)


def drawn_bits(n, size, seed=0):
    """Return patterns of fair bits."""
    return jnp.asarray(np.random.default_rng(seed).integers(0, 2, (n, size)), jnp.float32)
