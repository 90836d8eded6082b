"""A module's arrays apart from what is static about it, so that a state can hold arrays only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import equinox as eqx
import jax
from jaxtyping import Array, Key, PyTree

Module = TypeVar("Module")


class Parted(NamedTuple, Generic[Module]):
    """`init(key)` returns the arrays of a new module, `whole(arrays)` the module that has them."""

    init: Callable[[Key[Array, ""]], PyTree[Array]]
    whole: Callable[[PyTree[Array]], Module]


def part(make: Callable[[Key[Array, ""]], Module]) -> Parted[Module]:
    """Return the two halves of how modules are made; the static half is found once, by tracing."""

    def is_shape(leaf: Any) -> bool:
        return isinstance(leaf, jax.ShapeDtypeStruct)

    skeleton = eqx.filter_eval_shape(lambda: make(jax.random.key(0)))
    static = eqx.filter(skeleton, is_shape, inverse=True)
    return Parted(
        jax.jit(
            lambda key: eqx.filter(make(key), eqx.is_array)
        ),  # one program, not one an operation
        lambda arrays: eqx.combine(arrays, static),
    )
