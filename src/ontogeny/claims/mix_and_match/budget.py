"""How many agents of each kind a claim trains, and how long each learns."""

from __future__ import annotations

from typing import NamedTuple


class Budget(NamedTuple):
    """Agents, and their updates. Seeds are even in number, so that two cores share them."""

    seeds: int
    rounds: int
    updates: int  # a round
    members: int = 1  # of the population of a seed, where one tunes something
