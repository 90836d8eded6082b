"""Questions and edits on pytrees."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core import trees
from ontogeny.core.errors import StructureError


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


SHAPES = {"w": [jax.ShapeDtypeStruct((3,), jnp.float32)], "n": jax.ShapeDtypeStruct((), jnp.int32)}


def check(found):
    trees.check_same(SHAPES, found, where="the file", hint="read another")


@pytest.mark.parametrize("make", [np.zeros, jnp.zeros, jax.ShapeDtypeStruct])
def test_arrays_and_shapes_of_one_kind_are_the_same(make):
    check({"w": [make((3,), jnp.float32)], "n": make((), jnp.int32)})


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"w": [np.zeros(3, np.float32)]}, r"the file: it lacks \['n'\], and has nothing unasked"),
        ({**SHAPES, "m": np.zeros(1)}, r"the file: it lacks nothing, and has \['m'\] unasked"),
        ({**SHAPES, "w": (SHAPES["w"][0],)}, r"the file: .*\(\*,\).* and should be .*\[\*\]"),
        (
            {**SHAPES, "w": [np.zeros((3, 1), np.float32)]},
            r"the file, leaf w.0: it is float32\[3, 1\] and should be float32\[3\]",
        ),
        (
            {**SHAPES, "n": np.zeros((), np.uint32)},
            r"the file, leaf n: it is uint32\[\] and should be int32\[\]",
        ),
    ],
)
def test_what_differs_is_named(found, said):
    with pytest.raises(StructureError, match=said) as caught:
        check(found)
    assert caught.value.hint == "read another"


def test_leaves_whose_paths_are_written_alike_are_looked_at_each():
    tree = {"a.b": np.zeros(1), "a": {"b": np.zeros(2)}}
    other = {"a.b": np.zeros(1), "a": {"b": np.zeros(3)}}
    trees.check_same(tree, tree, where="here", hint="")
    with pytest.raises(StructureError, match=r"leaf a\.b"):
        trees.check_same(tree, other, where="here", hint="")
