"""What counts as reading a hyper, and that those who want a dictionary have one."""

from __future__ import annotations

import copy
import json
import pickle

import jax
import pytest

from ontogeny.core.host import own_choices
from ontogeny.core.noted import Noted, known_to, paths

GIVEN = {"rate": 0.1, "drag": 2, "deep": {"kind": 1.0, "size": 3}}
ALL = {"rate", "drag", "deep.kind", "deep.size"}


@pytest.fixture
def noted():
    return Noted(GIVEN, set())


def keywords(**given):
    return given


@pytest.mark.parametrize(
    ("use", "read"),
    [
        (lambda h: h["rate"], {"rate"}),
        (lambda h: h.get("drag"), {"drag"}),
        (lambda h: h.get("drags", 1.0), {"drags"}),
        (lambda h: "rate" in h, {"rate"}),
        (lambda h: h.pop("rate"), {"rate"}),
        (lambda h: h["deep"]["size"], {"deep.size"}),
        (lambda h: "{drag}".format_map(h), {"drag"}),
        (lambda h: dict(h), {"rate", "drag"}),
        (lambda h: {**h}, {"rate", "drag"}),
        (lambda h: keywords(**h), {"rate", "drag"}),
        (lambda h: h | {}, {"rate", "drag"}),
        (lambda h: [*h], {"rate", "drag"}),
        (lambda h: h.items(), {"rate", "drag"}),
        (lambda h: json.dumps(h), ALL),
        (lambda h: copy.deepcopy(h), ALL),
        (len, set()),
        (repr, set()),
    ],
)
def test_what_is_asked_for_is_read(noted, use, read):
    assert use(noted) == use(copy.deepcopy(GIVEN))
    assert noted.read == read


def test_it_is_a_dictionary_wherever_it_goes(noted):
    assert isinstance(noted, dict)
    assert noted == GIVEN
    assert set(paths(GIVEN)) == ALL
    sent = pickle.loads(pickle.dumps(noted))
    assert (type(sent), type(sent["deep"])) == (dict, dict)
    known_to(jax)
    known_to(jax)
    leaves, tree = jax.tree.flatten(noted)
    assert leaves == jax.tree.leaves(GIVEN)
    assert jax.tree.unflatten(tree, leaves) == GIVEN


def test_options_as_they_were_written_are_read_only_when_asked_for(noted):
    own = own_choices(noted, {"deep.kind": {0.0: "adam", 1.0: "sgd"}})
    assert noted.read == set()
    assert own["deep"]["kind"] == "sgd"
    assert noted.read == {"deep.kind"}
