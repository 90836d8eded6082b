"""A host learner's state comes back from its file as it was, and pickles only when allowed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import hosts
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.host import HostLearner
from ontogeny.runtime.living import plain
from ontogeny.runtime.states import read_host_state, read_state, write_host_state, write_state

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
