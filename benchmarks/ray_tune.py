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
OFTEN = 64  # the same ten times as often, which tells what a move costs either side
MOVES = 3  # iterations of each member
TEN = Target(low=10.0)
RESIDENT = "Ray, all resident"


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
    updates, moves = (32, 3) if quick else (UPDATES, MOVES)
    seldom = held("Vectorised", ours(updates, moves), peers("jax", updates, moves), updates, TEN)
    if quick:
        return seldom
    often = held("Vectorised", ours(OFTEN, moves), peers("jax", OFTEN, moves), OFTEN)
    return Result(seldom.setting | {"moves": moves}, [*seldom.figures, *often.figures])


def ours(updates: int, moves: int) -> list[tuple[Any, int, float]]:
    """Return when the rounds of the members ended in one compiled program."""
    ends = Ends()
    with tempfile.TemporaryDirectory() as folder:
        kind: Any = recipe_class("cartpole")
        recipe = kind(population=POPULATION, steps=updates, rounds=moves)
        grow(recipe, folder=Path(folder) / "run", progress=False, observers=[ends])
    return ends.found


def peers(kind: str, updates: int, moves: int) -> dict[str, dict[str, Any]]:
    """Return what Ray's side says in both ways. Raises `MissingExtra` without it."""
    python = peer_python("ray")
    asked = ("ray_pbt.py", kind, str(updates), str(moves), "--cpus", str(cores()))
    return {
        "Ray, a core a member": ask(python, *asked),
        RESIDENT: ask(python, *asked, "--resident"),
    }


def held(
    name: str,
    own: Sequence[Sequence[Any]],
    theirs: dict[str, dict[str, Any]],
    updates: int,
    target: Target | None = None,
) -> Result:
    """Return this side's rate and start-up, Ray's, and the ratio to the faster of Ray's ways."""
    rates = {
        arm: rate(said["ends"], updates, all_begun=arm == RESIDENT) for arm, said in theirs.items()
    }
    mine = rate(own, updates)
    when = f"a move after {updates}"
    starts = {name: first(own), **{arm: first(said["ends"]) for arm, said in theirs.items()}}
    ray = next(iter(theirs.values()))["ray"]
    return Result(
        {"population": POPULATION, "cores": cores(), "ray": ray},
        [
            *(
                Figure(f"{arm}, {when}", "updates/s", [value])
                for arm, value in {name: mine, **rates}.items()
            ),
            Figure(
                f"{name} / the faster of Ray's, {when}",
                "ratio",
                [mine / max(rates.values())],
                target,
            ),
            *(Figure(f"{arm}, {when}: first score", "s", [s]) for arm, s in starts.items()),
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
