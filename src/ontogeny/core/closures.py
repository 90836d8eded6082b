"""A function's data apart from the function.

A function under `jax.jit` that closes over arrays has them written into its program as constants:
compiled with it, and copied with it. A learner's data set is such an array, so whoever compiles a
learner opens it first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax.core import eval_jaxpr


def opened(function: Callable[..., Any], *arguments: Any) -> tuple[Callable[..., Any], list[Any]]:
    """Return the function with one argument more, before the others: the arrays that it closed
    over; and those arrays.

    It is traced once, for `arguments` (arrays or their shapes), and serves arguments of these
    shapes alone.
    """
    traced, returned = jax.make_jaxpr(function, return_shape=True)(*arguments)
    into, out = jax.tree.structure(arguments), jax.tree.structure(returned)

    def with_data(data: list[Any], *arguments: Any) -> Any:
        return out.unflatten(eval_jaxpr(traced.jaxpr, data, *into.flatten_up_to(arguments)))

    return with_data, list(traced.consts)
