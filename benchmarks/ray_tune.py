"""Sixteen agents under Ray Tune's PopulationBasedTraining and under one compiled program: the same
member, moving after as many updates, on the same cores.

The member is the actor-critic of the recipe `cartpole`; `UPDATES` of its updates take a core about
two seconds. Ray's side runs in an environment of its own (see `benchmarks.peer`), twice: with a
core for each member that runs while the others are paused, and with all members resident. The
ratio is to the faster of the two. What is counted are a population's updates a second once it has
started: start-up is a row of its own.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target
from ontogeny.recipes import recipe_class
from ontogeny.run import grow
from ontogeny.runtime.executor import Lived
from ontogeny.runtime.machine import cores
from ontogeny.runtime.observer import Observer

POPULATION = 16
UPDATES = 640
MOVES = 4  # iterations of each member
MANY = Target(low=10.0)


class Ends(Observer):
    """Collects when rounds ended, in seconds from `begun`."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        self.found: list[tuple[Any, int, float]] = []

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        """Keep those of a report."""
        now = time.perf_counter() - self.begun
        self.found += [(int(slot), round_.number + 1, now) for slot in round_.ready.nonzero()[0]]


def measure(quick: bool) -> Result:
    """Return both sides' rates and start-up. Raises `MissingExtra` without the peer."""
    python = peer_python("ray")
    updates, moves = (32, 3) if quick else (UPDATES, MOVES)
    asked = ("ray_pbt.py", "jax", str(updates), str(moves), "--cpus", str(cores()))
    paused, resident = ask(python, *asked), ask(python, *asked, "--resident")
    ends = Ends()
    with tempfile.TemporaryDirectory() as folder:
        kind: Any = recipe_class("cartpole")
        recipe = kind(population=POPULATION, steps=updates, rounds=moves)
        grow(recipe, folder=Path(folder) / "run", progress=False, observers=[ends])
    ours = rate(ends.found, updates)
    theirs = {
        "Ray, a core a member": rate(paused["ends"], updates),
        "Ray, all resident": rate(resident["ends"], updates, all_begun=True),
    }
    return Result(
        {
            "population": POPULATION,
            "updates a move": updates,
            "moves": moves,
            "cores": cores(),
            "ray": paused["ray"],
        },
        [
            Figure("Vectorised", "updates/s", [ours]),
            *(Figure(arm, "updates/s", [value]) for arm, value in theirs.items()),
            Figure(
                "Vectorised / the faster of Ray's", "ratio", [ours / max(theirs.values())], MANY
            ),
            Figure("Vectorised: first scores after", "s", [first(ends.found)]),
            Figure("Ray, a core a member: first score after", "s", [first(paused["ends"])]),
            Figure("Ray, all resident: first score after", "s", [first(resident["ends"])]),
        ],
    )


def rate(ends: Sequence[Sequence[Any]], updates: int, all_begun: bool = False) -> float:
    """Return a population's updates a second between the end of its start and the beginning of its
    end.

    It has started once as many iterations have ended as there are members (`all_begun`: once each
    member has ended one); at the end, when some cores have nothing left to do, the last iterations
    are left out, one a core.
    """
    times = sorted(time for _, _, time in ends)
    start = POPULATION - 1
    if all_begun:
        start = times.index(max(time for _, number, time in ends if number == 1))
    end = len(times) - 1
    if times[end] != times[end - 1]:  # members that end one by one
        end -= cores()
    if end <= start or times[end] == times[start]:
        return float("nan")
    return updates * (end - start) / (times[end] - times[start])


def first(ends: Sequence[Sequence[Any]]) -> float:
    """Return when the first iteration ended."""
    return min(time for _, _, time in ends)
