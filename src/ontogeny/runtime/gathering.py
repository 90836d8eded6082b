"""The rows of a population between hosts: all to the first, which keeps them, and from it to all.

Rows go as bytes, some at a time, through collectives of JAX: no bit changes, and no host but the
first holds more than its own members and a few of the others'. Every host calls these functions at
the same moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax.experimental.multihost_utils import broadcast_one_to_all, process_allgather
from jaxtyping import UInt8

from ontogeny.core.trees import keyed, keyless, size_bytes
from ontogeny.evolution.evolve import Grown
from ontogeny.runtime import hosts

AT_ONCE = 64 * 2**20  # bytes of rows that are under way together


def gathered(grown: Grown[Any, Any]) -> Grown[Any, Any] | None:
    """Return the population and its strategy's state, NumPy's, on the leader; None elsewhere."""
    members: Any = keyless(grown.population)
    local = [_own_rows(leaf) for leaf in jax.tree.leaves(members)]
    row, here, whole = [x[0] for x in local], len(local[0]), list[np.ndarray]()
    if hosts.leads():
        whole = [np.empty((hosts.count() * here, *x.shape), x.dtype) for x in row]
    for begin, end in _stretches(here, hosts.count() * size_bytes(row)):
        sent = process_allgather(_packed([x[begin:end] for x in local]))
        for host, rows in enumerate(sent if whole else ()):
            for leaf, part in zip(whole, _unpacked(rows, row), strict=True):
                leaf[host * here + begin : host * here + end] = part
    if not whole:
        return None
    population = jax.tree.structure(members).unflatten(whole)
    return Grown(keyed(population, grown.population), jax.device_get(grown.strategy_state))


def spread(
    given: Grown[Any, Any] | None, shapes: Grown[Any, Any], sharding: Grown[Any, Any]
) -> Grown[Any, Any]:
    """Return what the leader gives (arrays of these shapes; the others give None) as arrays over
    all hosts, as the sharding says: the members by rows, the strategy's state whole on each.
    """
    wanted: Any = keyless(shapes)
    told: Any = None if given is None else jax.device_get(keyless(given))
    members, state = (jax.tree.leaves(part) for part in wanted)
    lead, kept = (None if told is None else jax.tree.leaves(part) for part in told or (None, None))
    row = [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in members]
    here = members[0].shape[0] // hosts.count()
    local = [np.empty((here, *x.shape), x.dtype) for x in row]
    for host in range(hosts.count()):
        for begin, end in _stretches(here, size_bytes(row)):
            at = slice(host * here + begin, host * here + end)
            sent = _sent(None if lead is None else [x[at] for x in lead], row, end - begin)
            if host == hosts.own():
                for leaf, part in zip(local, sent, strict=True):
                    leaf[begin:end] = part
    same = _sent(None if kept is None else [np.asarray(x)[None] for x in kept], state, 1)
    put = jax.make_array_from_process_local_data
    arrays = [put(sharding.population, x, y.shape) for x, y in zip(local, members, strict=True)]
    arrays += [
        put(sharding.strategy_state, x[0], y.shape) for x, y in zip(same, state, strict=True)
    ]
    return keyed(jax.tree.structure(wanted).unflatten(arrays), shapes)


def everywhere(tree: Any, whole: Any) -> Any:
    """Return the arrays, which every host has, as arrays that are whole on all devices of all."""
    if hosts.count() == 1:
        return jax.device_put(tree, whole)

    def put(leaf: Any) -> jax.Array:
        return jax.make_array_from_process_local_data(whole, leaf, leaf.shape)

    return keyed(jax.tree.map(put, jax.device_get(keyless(tree))), tree)


def _sent(rows: Sequence[Any] | None, like: Sequence[Any], n_rows: int) -> list[np.ndarray]:
    """Return the leader's rows on every host."""
    empty = np.zeros((n_rows, size_bytes(like)), np.uint8)
    return _unpacked(broadcast_one_to_all(empty if rows is None else _packed(rows)), like)


def _packed(rows: Sequence[np.ndarray]) -> UInt8[np.ndarray, "rows bytes"]:
    """Return the rows of several arrays as bytes, those of one row side by side."""
    parts = [np.frombuffer(x.tobytes(), np.uint8).reshape(len(x), -1) for x in rows if x.size]
    return np.concatenate(parts, axis=1)


def _unpacked(rows: Any, like: Sequence[Any]) -> list[np.ndarray]:
    """Return the arrays, [rows, ...], whose rows have these shapes and dtypes."""
    found: list[np.ndarray] = []
    at = 0
    for one in like:
        wide = size_bytes([one])
        part = np.ascontiguousarray(rows[:, at : at + wide])
        found.append(np.frombuffer(part.tobytes(), one.dtype).reshape(len(rows), *one.shape))
        at += wide
    return found


def _stretches(rows: int, row_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield (first row, one past the last) of parts that may be under way together."""
    step = max(1, AT_ONCE // max(1, row_bytes))
    return ((begin, min(begin + step, rows)) for begin in range(0, rows, step))


def _own_rows(leaf: jax.Array) -> np.ndarray:
    """Return the rows that are on this host's devices."""
    shards = sorted(leaf.addressable_shards, key=lambda shard: shard.index[0].start or 0)
    return np.concatenate([np.asarray(shard.data) for shard in shards])
