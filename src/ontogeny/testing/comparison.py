"""How two pytrees are told apart."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ontogeny.core import trees
from ontogeny.core.errors import StructureError


def take_slot(tree: PyTree, slot: int | slice | np.ndarray) -> PyTree:
    """Return a slot's leaves (or those of some slots), of NumPy: nothing is compiled for them."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[slot], tree)


def kinds(tree: PyTree) -> Any:
    """Return the tree's structure, and each leaf's shape and dtype."""
    leaves = [(path, leaf.shape, jnp.dtype(leaf.dtype)) for path, leaf in trees.named_leaves(tree)]
    return jax.tree.structure(tree), leaves


def differing(a: PyTree, b: PyTree, tolerance: float = 0.0) -> np.ndarray:
    """Return, for each slot, whether any number of the two trees differs by more than the relative
    tolerance.
    """
    pairs = list(zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))
    size = np.shape(pairs[0][0])[0]
    differs = np.zeros(size, bool)
    for x, y in pairs:
        x, y = (np.asarray(v, np.float64).reshape(size, -1) for v in (x, y))
        differs |= (np.abs(x - y) > tolerance * np.abs(y)).any(axis=1)
    return differs


def check_equal(what: str, a: PyTree, b: PyTree, tolerance: float) -> None:
    """Raise `StructureError` naming the first leaf that differs by more than the tolerance."""
    for (path, x), (_, y) in zip(trees.named_leaves(a), trees.named_leaves(b), strict=True):
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if not np.allclose(x, y, rtol=tolerance, atol=tolerance, equal_nan=True):
            worst = float(np.nanmax(np.abs(x - y)))
            raise StructureError(f"{what} (by up to {worst:.3g})", where=path)
