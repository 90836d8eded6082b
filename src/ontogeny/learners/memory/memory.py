"""An associative memory: patterns are written, and read back from a broken query.

Every memory here is one value of three functions, whether it is a formula or was meta-learned:

    write(params, patterns) -> stored         params: what is meta-learned, () where nothing is
    read(params, stored, query, known) -> every iterate, the answer last

`stored` is all that the patterns left behind, and its numbers are counted: `n_numbers`. What is
meta-learned does not depend on the patterns, and is not counted (Bartunov et al. 2020, arXiv
1910.02720). `known` says which numbers of the query are right, and are held; none, where the reader
is not told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key, PyTree

Params = PyTree[Array]
Stored = PyTree[Array]


class AssociativeMemory(NamedTuple):
    """How a set of patterns [n, *shape], each number in [0, 1], is written, and one is read."""

    name: str
    init: Callable[[Key[Array, ""]], Params]
    write: Callable[[Params, Float[Array, "pattern ..."]], Stored]
    read: Callable[
        [Params, Stored, Float[Array, "..."], Bool[Array, "..."]], Float[Array, "read ..."]
    ]


def numbers_in(stored: Any) -> int:
    """Return how many numbers are stored: those of a tree of arrays, or of their shapes."""
    return sum(int(np.prod(jnp.shape(leaf))) for leaf in jax.tree.leaves(stored))


def n_numbers(memory: AssociativeMemory, n: int, shape: tuple[int, ...]) -> int:
    """Return how many numbers the memory stores of n patterns of a shape, without computing."""

    def written(key: Array, patterns: Array) -> Any:
        return memory.write(memory.init(key), patterns)

    key = jax.eval_shape(lambda: jax.random.key(0))
    return numbers_in(jax.eval_shape(written, key, jax.ShapeDtypeStruct((n, *shape), jnp.float32)))
