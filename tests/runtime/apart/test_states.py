"""A host learner's state comes back from its file as it was, and pickles only when allowed."""

from __future__ import annotations

from collections import OrderedDict

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import torch

import hosts
from ontogeny.core.archive import read_archive, write_archive
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.host import HostLearner
from ontogeny.core.learner import Learner, check_shapes
from ontogeny.core.population import Population
from ontogeny.evolution.evolve import Grown
from ontogeny.runtime.apart.living import plain
from ontogeny.runtime.apart.states import (
    check_arrays,
    check_host_state,
    read_host_state,
    read_state,
    write_host_state,
    write_state,
)
from ontogeny.runtime.stacked import check_stored

PLAIN = HostLearner(hosts.init, hosts.step, hosts.score)


def test_arrays_tensors_and_plain_values_come_back_in_their_nests(tmp_path):
    state = {
        "layers": [(np.ones((2, 3)), torch.full((2,), 4.0)), (np.float32(2), None)],
        "name": "é",
        3: {"count": 10**12, "on": True, "rate": float("inf")},
    }
    _, finite = write_host_state(tmp_path / "x", state, PLAIN)
    read = read_host_state(tmp_path / "x", PLAIN)
    assert finite
    assert read["name"] == "é"
    assert read[3] == state[3]
    (ones, fours), (two, nothing) = read["layers"]
    np.testing.assert_array_equal(ones, np.ones((2, 3)))
    assert isinstance(fours, torch.Tensor)
    assert fours.tolist() == [4.0, 4.0]
    assert (two, nothing) == (2, None)


def test_a_state_that_is_not_finite_is_told(tmp_path):
    assert not write_host_state(tmp_path / "x", {"x": np.array([1.0, np.nan])}, PLAIN)[1]
    assert write_host_state(tmp_path / "x", {"x": np.array([1, 2])}, PLAIN)[1]


@pytest.mark.parametrize(
    "thing",
    [{1, 2}, object(), np.array([None]), {(1, 2): 3}, hosts.Point(0, {})],
    ids=lambda thing: type(thing).__name__,  # the same in every process
)
def test_other_things_need_a_pickle_that_is_allowed(tmp_path, thing):
    with pytest.raises(StructureError, match=r"pickle=True"):
        write_host_state(tmp_path / "x", [thing], PLAIN)


def test_a_pickle_is_read_by_who_allows_it_alone(tmp_path):
    allowed = PLAIN._replace(pickle=True)
    write_host_state(tmp_path / "x", {1, 2}, allowed)
    assert read_host_state(tmp_path / "x", allowed) == {1, 2}
    with pytest.raises(StoreError, match="can run any code"):
        read_host_state(tmp_path / "x", PLAIN)


def test_a_pytree_must_fit(tmp_path):
    write_state(tmp_path / "x", {"a": np.ones(3, np.float32)})
    assert read_state(tmp_path / "x", {"a": np.zeros(3, np.float32)})["a"].tolist() == [1, 1, 1]
    with pytest.raises(StructureError, match=r"leaf a.*float32\[3\].*float32\[4\]"):
        read_state(tmp_path / "x", {"a": np.zeros(4, np.float32)})
    with pytest.raises(StructureError, match=r"lacks \['b'\]"):
        read_state(tmp_path / "x", {"b": np.zeros(3, np.float32)})


def test_hypers_become_plain():
    hypers = {"rate": np.float32(0.5), "n": [np.array(3)], "many": np.ones(2, np.float32)}
    made = plain(hypers)
    assert (made["rate"], made["n"]) == (0.5, [3])
    assert type(made["rate"]) is float
    assert type(made["n"][0]) is int
    assert made["many"].shape == (2,)


def came_back(tmp_path, state, learner=PLAIN):
    """Return the state as it comes from its file; the check of first states allows it."""
    check_host_state(tmp_path / "x", state, learner)
    return read_host_state(tmp_path / "x", learner)


def test_what_is_one_object_in_two_places_stays_one(tmp_path):
    weight, rows = np.ones(3), [1, 2]
    cycle = {"tied": (weight, weight), "rows": [rows, rows], 1: np.zeros(1), "1": np.ones(1)}
    cycle["me"] = cycle
    read = came_back(tmp_path, cycle)
    assert read["tied"][0] is read["tied"][1]
    assert read["rows"][0] is read["rows"][1]
    assert read["me"] is read
    assert (read[1][0], read["1"][0]) == (0.0, 1.0)  # two keys that are written alike


def test_types_and_flags_come_back(tmp_path):
    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.full((2,), 3.0)
    fixed = np.arange(3)
    fixed.flags.writeable = False
    state = OrderedDict(
        weight=weight,
        tied=weight,
        bias=torch.zeros(1, requires_grad=True),
        buffer=torch.zeros(1),
        fixed=fixed,
        columns=np.asfortranarray(np.ones((2, 3))),
        scalar=np.float32(2),
    )
    read = came_back(tmp_path, state)
    assert type(read) is OrderedDict
    assert list(read) == list(state)
    assert type(read["weight"]) is torch.nn.Parameter
    assert read["tied"] is read["weight"]
    assert read["weight"].grad.tolist() == [3.0, 3.0]
    assert [read[name].requires_grad for name in ("weight", "bias", "buffer")] == [
        True,
        True,
        False,
    ]
    assert not read["fixed"].flags.writeable
    assert read["columns"].flags.f_contiguous
    assert type(read["scalar"]) is np.float32
    whole = torch.nn.Linear(2, 2).state_dict()  # whose metadata is beside its items
    assert came_back(tmp_path, whole)._metadata == whole._metadata


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: (lambda a: [a, a[:2]])(np.zeros(4)), "shares memory"),
        (lambda: (lambda t: [t, t.detach()])(torch.zeros(4)), "shares memory"),
        (lambda: [torch.zeros(2, requires_grad=True) * 2], "hangs on the graph"),
        (lambda: [torch.zeros(2, dtype=torch.bfloat16)], "the tensor can't be written"),
        (lambda: [np.ma.zeros(3)], "MaskedArray can't be written"),
        (lambda: [np.zeros(2, ml_dtypes.int4)], "int4 can't be written"),
        (lambda: [np.zeros(2, ">f4")], ">f4 can't be written"),
    ],
)
def test_what_would_come_back_otherwise_is_refused(make, said, tmp_path):
    with pytest.raises(StructureError, match=said):
        check_host_state(tmp_path / "x", make(), PLAIN)


class Unreadable:
    """A pickle that can be written and not be read."""

    def __reduce__(self):
        return (int, ("nothing",))


def test_a_pickle_that_can_not_be_read_is_refused(tmp_path):
    with pytest.raises(StructureError, match=r"does not come back.*ValueError"):
        check_host_state(tmp_path / "x", Unreadable(), PLAIN._replace(pickle=True))


def test_a_typed_key_comes_back_and_narrow_types_are_refused(tmp_path):
    state = {"key": jax.random.key(3, impl="rbg"), "x": jnp.ones(2)}
    write_state(tmp_path / "x", state)
    write_archive(tmp_path / "folder", state, {})
    like = jax.eval_shape(lambda: {"key": jax.random.key(0, impl="rbg"), "x": jnp.ones(2)})
    for read in (read_state(tmp_path / "x", like), read_archive(tmp_path / "folder", like)):
        assert read["key"] == state["key"]
        assert read["key"].dtype == state["key"].dtype
    check_arrays(like)
    learner = Learner(
        lambda key, hypers: {"x": jnp.zeros(2, jnp.int4)},
        lambda key, state, hypers: (state, {}),
        lambda key, state, hypers: jnp.float32(0),
    )
    with pytest.raises(StructureError, match=r"state leaf x: it is int4"):
        check_shapes(learner, {})
    with pytest.raises(StructureError, match="float8"):
        check_arrays({"x": jax.ShapeDtypeStruct((2,), jnp.float8_e4m3fn)})
    big = jax.ShapeDtypeStruct((2,), np.complex128)
    with pytest.raises(StructureError, match="can't be kept in a file"):
        check_stored(Grown(Population({"x": big}, {}, big, big, big), ()))
