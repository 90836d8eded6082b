"""Worlds are asked for by name, whoever made them."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.by_name import EXTRAS, OWN, all_names, world_named
from ontogeny.worlds.spaces import Discrete, Factored

pytestmark = pytest.mark.filterwarnings("ignore")  # what gymnax's own imports warn of


@pytest.mark.parametrize(
    ("name", "space"),
    [
        ("CartPole-v1", Discrete(2)),
        ("MiniGrid-DoorKey-5x5", Discrete(6)),
        ("four-rooms-big", Discrete(48)),
        ("locked-room-7", Discrete(4)),
        ("Pendulum-v1/flat5", Discrete(5)),
        ("Pendulum-v1/factored3", Factored((3,))),
        ("CartPole-v1/sequences3", Factored((2, 2, 2))),
        ("MiniGrid-DoorKey-5x5 + MiniGrid-DoorKey-6x6", Discrete(6)),
    ],
)
def test_a_world_is_called_what_it_was_asked_for_by(name, space):
    world = world_named(name)
    assert (world.name, world.action_space) == (name, space)


def test_all_single_names_are_listed():
    names = all_names()
    assert set(names) == {"gymnax", "MiniGrid", "brax", "ontogeny"}
    assert set(names["ontogeny"]) > set(OWN)
    assert all(world_named(name).name == name for name in names["ontogeny"])
    assert ("brax-halfcheetah" in names["brax"]) is (find_spec("brax") is not None)


def test_makers_that_are_not_installed_have_no_names(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnax", None)
    monkeypatch.setitem(sys.modules, "xminigrid", None)
    names = all_names()
    assert (names["gymnax"], names["MiniGrid"]) == ([], [])
    assert set(names["ontogeny"]) > set(OWN)
    assert set(EXTRAS) == set(names) - {"ontogeny"}
    with pytest.raises(ConfigError, match="four-rooms-small"):
        world_named("four-room-small")  # for which gymnax is not asked


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("MiniGrid-DorKey-5x5", "MiniGrid-DoorKey-5x5"),
        ("brax-halfcheeta", "halfcheetah"),
        ("locked-room-2", "3 cells or more"),
        ("Pendulum-v1/some3", "Pendulum-v1/factored3"),
        ("CartPole-v1/flat3", "are Discrete"),
        ("CartPole-v1/sequences0", "1 step or more"),
        ("CartPole-v1 + Acrobot-v1", "one shape"),
    ],
)
def test_a_name_that_will_not_do_says_what_would(name, says):
    with pytest.raises(ConfigError, match=says):
        world_named(name)
