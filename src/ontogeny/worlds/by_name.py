"""Every world that a name can ask for, whoever made it.

CartPole-v1                        gymnax's, as gymnax names it
MiniGrid-DoorKey-8x8               a room of MiniGrid
brax-halfcheetah                   a body of brax, continuous
four-rooms-small, -big, -vast      rooms with few actions or many
errands                            the same rooms, and three places in them to be sent to
random-grids                       another grid every episode
locked-room-8                      a room of any size behind a locked door
hidden-goal                        a goal to be found again and again
brax-halfcheetah/factored3         a continuous one, its numbers chosen among 3 values
Breakout-MinAtar/sequences6        one choice is 6 steps, each chosen by itself
Catch-bsuite + Catch-bsuite2 ...   several tasks of one shape, told apart
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, get_args

from ontogeny.core.errors import ConfigError, MissingExtra, unknown
from ontogeny.worlds.bodies.brax_worlds import BraxName, brax_world
from ontogeny.worlds.discretised import Choices, discretised
from ontogeny.worlds.grids.errands import errands
from ontogeny.worlds.grids.hidden_goal import hidden_goal
from ontogeny.worlds.grids.locked_room import locked_room
from ontogeny.worlds.grids.minigrid_worlds import PREFIX, list_minigrids, minigrid_world
from ontogeny.worlds.grids.random_grids import grid_world
from ontogeny.worlds.grids.rooms import four_rooms
from ontogeny.worlds.gymnax_worlds import gymnax_world, list_worlds
from ontogeny.worlds.macro_actions import macro_actions
from ontogeny.worlds.multi_task import multi_task
from ontogeny.worlds.world import World

OWN = {
    "four-rooms-small": lambda: four_rooms("small"),
    "four-rooms-big": lambda: four_rooms("big"),
    "four-rooms-vast": lambda: four_rooms("vast"),
    "errands": errands,
    "random-grids": grid_world,
    "hidden-goal": hidden_goal,
}
BRAX, LOCKED = "brax-", "locked-room-"
EXTRAS = {"gymnax": "worlds", "MiniGrid": "minigrid", "brax": "brax"}  # by maker: what brings it
ALIKE = 0.8  # a name that is so much like one of ours was meant to be it


def world_named(name: str) -> World:
    """Return the world. Raises `ConfigError` for a name that nobody knows, suggesting the nearest,
    and `MissingExtra` where it needs a package that isn't installed.
    """
    if " + " in name:
        return multi_task([world_named(part) for part in name.split(" + ")])
    if "/" in name:
        return _otherwise_acted_in(name)
    if name.startswith(PREFIX):
        return minigrid_world(name)
    if name.startswith(BRAX):
        return brax_world(name.removeprefix(BRAX))
    if found := re.fullmatch(rf"{LOCKED}([0-9]+)", name):
        return locked_room(int(found[1]))
    if name in OWN:
        return OWN[name]()
    if get_close_matches(name, OWN, 1, ALIKE):  # before gymnax is asked, which may not be there
        raise unknown("world", name, OWN, "world")
    return gymnax_world(name)


def all_names() -> dict[str, list[str]]:
    """Return the names of single worlds by who made them; of a maker in `EXTRAS` that isn't
    installed there are none. Imports gymnax and xminigrid.
    """
    return {
        "gymnax": _installed(list_worlds),
        "MiniGrid": _installed(list_minigrids),
        "brax": [f"{BRAX}{name}" for name in get_args(BraxName)] if find_spec("brax") else [],
        "ontogeny": [*OWN, *(f"{LOCKED}{size}" for size in (5, 8, 16))],
    }


def _installed(listed: Callable[[], list[str]]) -> list[str]:
    try:
        return listed()
    except MissingExtra:
        return []


def _otherwise_acted_in(name: str) -> World:
    whole, _, how = name.rpartition("/")
    found = re.fullmatch(rf"({'|'.join(get_args(Choices))}|sequences)([0-9]+)", how)
    if not found:
        raise ConfigError(
            f"the world {name!r} ends in {how!r}",
            where="world",
            hint="after a slash comes how its numbers are chosen, and among how many values: "
            f"{whole}/factored3, {whole}/flat3 or {whole}/single3; or {whole}/sequences6",
        )
    if found[1] == "sequences":
        return macro_actions(world_named(whole), int(found[2]))
    choices: Any = found[1]
    return discretised(world_named(whole), int(found[2]), choices)
