"""JAX's own rules of promotion, for what is written here.

A user may have JAX refuse to mix dtypes or ranks (`jax_numpy_dtype_promotion`,
`jax_numpy_rank_promotion`). That strictness is for the user's functions: strategies, spaces and
recipes are traced under the rules that they were written for.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import jax


@contextmanager
def own_rules() -> Generator[None]:
    """Trace what is inside, or the function that is decorated, under the rules that JAX has when
    nobody has changed them.
    """
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield
