"""Questions and edits on pytrees of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree

from ontogeny.core.errors import StructureError


def named_leaves(tree: PyTree) -> list[tuple[str, Any]]:
    """Return (path, leaf) pairs, the path written as a person would: `params.layers.0.weight`."""
    flat, _ = jax.tree_util.tree_flatten_with_path(tree)
    return [
        (jax.tree_util.keystr(path, simple=True, separator=".") or "value", leaf)
        for path, leaf in flat
    ]


def dotted(fields: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings as one mapping, its keys dotted: `strategy.fraction`."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        inner = dotted(value, f"{prefix}{name}.") if isinstance(value, Mapping) else None
        found |= {f"{prefix}{name}": value} if inner is None else inner
    return found


def check_same(wanted: PyTree, found: PyTree, *, where: str, hint: str) -> None:
    """Raise `StructureError` unless what was found has the structure that is wanted, and each of
    its leaves (arrays, or their shapes) the shape and the dtype.
    """
    old, new = named_leaves(wanted), named_leaves(found)
    lost, more = ({path for path, _ in tree} for tree in (old, new))
    if lost != more:
        raise StructureError(
            f"it lacks {sorted(lost - more)[:5] or 'nothing'}, "
            f"and has {sorted(more - lost)[:5] or 'nothing'} unasked",
            where=where,
            hint=hint,
        )
    should, is_ = jax.tree.structure(wanted), jax.tree.structure(found)
    if is_ != should:
        raise StructureError(
            f"it is {is_!s:.200} and should be {should!s:.200}", where=where, hint=hint
        )
    for (path, a), (_, b) in zip(old, new, strict=True):
        if (tuple(a.shape), a.dtype) != (tuple(b.shape), b.dtype):
            raise StructureError(
                f"it is {b.dtype}{list(b.shape)} and should be {a.dtype}{list(a.shape)}",
                where=f"{where}, leaf {path}",
                hint=hint,
            )


def is_finite(tree: PyTree) -> Bool[Array, ""]:
    """Return whether every floating-point number in the tree is finite."""
    floats = [x for x in jax.tree.leaves(tree) if jnp.issubdtype(jnp.result_type(x), jnp.inexact)]
    return (
        jnp.all(jnp.stack([jnp.all(jnp.isfinite(x)) for x in floats]))
        if floats
        else jnp.array(True)
    )


def take(tree: PyTree, index: Int[Array, "..."]) -> PyTree:
    """Return the tree with every leaf indexed along its leading axis."""
    return jax.tree.map(lambda x: x[index], tree)


def where(mask: Bool[Array, "*pop"], yes: PyTree, no: PyTree) -> PyTree:
    """Return the leaves of `yes` where the mask over their leading axes is true, else of `no`."""

    def choose(a: Array, b: Array) -> Array:
        return jnp.where(mask.reshape(mask.shape + (1,) * (a.ndim - 1)), a, b)

    return jax.tree.map(choose, yes, no)


def is_key(leaf: Any) -> bool:
    """Return whether the leaf (an array, or its shape) is one of JAX's typed random keys."""
    return jnp.issubdtype(getattr(leaf, "dtype", None) or object, jax.dtypes.prng_key)


def keyless(tree: PyTree) -> PyTree:
    """Return the tree (of arrays, or of their shapes) with the numbers of its typed keys in their
    place: what can be written.
    """

    def numbers(leaf: Any) -> Any:
        if not is_key(leaf):
            return leaf
        shape = isinstance(leaf, jax.ShapeDtypeStruct)
        return jax.eval_shape(jax.random.key_data, leaf) if shape else jax.random.key_data(leaf)

    return jax.tree.map(numbers, tree)


def keyed(tree: PyTree, like: PyTree) -> PyTree:
    """Return the tree with typed keys made of their numbers where `like` has them."""

    def key(numbers: Any, like: Any) -> Any:
        if not is_key(like):
            return numbers
        kinds: list[Any] = []  # a mere shape does not tell its own
        jax.eval_shape(lambda key: kinds.append(jax.random.key_impl(key)), like)
        return jax.random.wrap_key_data(jnp.asarray(numbers), impl=kinds[0])

    return jax.tree.map(key, tree, like)


def fitted(leaves: Mapping[str, Any], like: PyTree, where: str) -> PyTree:
    """Return what was read as the leaves by their paths as the tree that `like` is, its typed keys
    made anew. Raises `StructureError` when they are another's; `where` is where they were read.
    """
    wanted = dict(named_leaves(keyless(like)))
    hint = "read it with the recipe and the version that wrote it"
    check_same(wanted, leaves, where=where, hint=hint)
    return keyed(jax.tree.structure(like).unflatten([leaves[path] for path in wanted]), like)


def size_bytes(tree: PyTree) -> int:
    """Return the bytes that the leaves (arrays or `jax.ShapeDtypeStruct`) hold."""
    return sum(int(x.size) * int(x.dtype.itemsize) for x in jax.tree.leaves(tree))
