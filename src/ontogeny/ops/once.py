"""A value that is computed once, however many read it.

XLA on a CPU fuses what is cheap into everything that reads it, and `optimization_barrier` does not
stop it there: the targets of a batch are then drawn again for every unit of every layer. It does
not look into a loop of unknown length, so a loop that runs once keeps its result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

T = TypeVar("T")


def once(make: Callable[[], T], count: Int[Array, ""]) -> T:
    """Return `make()`, a tree of arrays. `count` is any traced number that is never negative, which
    the compiler can't know. Nothing is differentiated through it.
    """
    nothing = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(make))
    return jax.lax.while_loop(
        lambda carry: carry[0] <= jnp.minimum(count, 0),
        lambda carry: (carry[0] + 1, make()),
        (jnp.zeros((), count.dtype), nothing),
    )[1]
