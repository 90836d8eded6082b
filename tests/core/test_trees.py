"""Questions and edits on pytrees."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core import trees


class Pair(NamedTuple):
    left: object
    right: object


def test_paths_are_written_as_a_person_would():
    tree = Pair({"layers": [1, 2]}, 3)
    assert trees.named_leaves(tree) == [
        ("left.layers.0", 1),
        ("left.layers.1", 2),
        ("right", 3),
    ]
    assert trees.named_leaves(5) == [("value", 5)]
    assert trees.named_leaves({}) == []


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, True),
        ({"a": jnp.ones(3), "n": jnp.arange(3)}, True),
        ({"n": jnp.arange(3)}, True),
        ({"a": jnp.ones(3), "b": [jnp.array([0.0, jnp.nan])]}, False),
        ({"a": jnp.ones(3), "b": jnp.array(-jnp.inf)}, False),
        ({"a": jnp.array(jnp.inf, jnp.bfloat16)}, False),
    ],
)
def test_is_finite_looks_at_every_floating_point_number(tree, expected):
    assert bool(trees.is_finite(tree)) is expected


def test_take_and_where_work_on_the_leading_axis():
    tree = {"a": jnp.arange(6.0).reshape(3, 2), "n": jnp.arange(3)}
    taken = trees.take(tree, jnp.array([2, 0, 0]))
    assert np.array_equal(taken["a"], [[4, 5], [0, 1], [0, 1]])
    mixed = trees.where(jnp.array([True, False, True]), taken, tree)
    assert np.array_equal(mixed["a"], [[4, 5], [2, 3], [0, 1]])
    assert np.array_equal(mixed["n"], [2, 1, 0])


def test_size_in_bytes_of_arrays_and_of_shapes():
    tree = {"a": jnp.ones((3, 2)), "n": jax.ShapeDtypeStruct((5,), jnp.int8)}
    assert trees.size_bytes(tree) == 3 * 2 * 4 + 5
    assert trees.size_bytes({}) == 0
