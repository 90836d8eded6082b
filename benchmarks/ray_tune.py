"""Sixteen agents under Ray Tune's PopulationBasedTraining and under one compiled program: the same
member, moving after as many updates, on the same cores.

The member is the actor-critic of the recipe `cartpole`; 640 of its updates take a core about two
seconds. Moving ten times as often tells what a move costs either side. Ray's side runs in an
environment of its own (see `benchmarks.peer`), in two ways: with a core for each member that runs
while the others are paused, and with all members resident. The faster of the two is run again, by
turns with ours, and the ratio is to it. What is counted are a population's updates a second once it
has started: start-up is a row of its own.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, pairwise
from ontogeny.growth import grow
from ontogeny.recipes import recipe_class
from ontogeny.runtime.executor import Lived
from ontogeny.runtime.machine import cores
from ontogeny.runtime.observer import Observer

POPULATION = 16
MOVES = {640: 3, 64: 10}  # updates that members move after: how many iterations of each
PAIRS = 3  # of ours with the faster of Ray's ways
TEN = Target(low=10.0)
RESIDENT = "Ray, all resident"

Iterations = Sequence[Sequence[Any]]  # slot, number, when it ended


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
    return beside("Vectorised", ours, "jax", {32: 3} if quick else MOVES, TEN, quick)


def ours(updates: int, moves: int) -> Iterations:
    """Return when the rounds of the members ended in one compiled program."""
    ends = Ends()
    with tempfile.TemporaryDirectory() as folder:
        kind: Any = recipe_class("cartpole")
        recipe = kind(population=POPULATION, steps=updates, rounds=moves)
        grow(recipe, folder=Path(folder) / "run", progress=False, observers=[ends])
    return ends.found


def beside(
    name: str,
    ours: Callable[[int, int], Iterations],
    member: str,
    moves: Mapping[int, int],
    target: Target,
    quick: bool,
) -> Result:
    """Return this side's rate and start-up, Ray's, and the ratio to the faster of Ray's ways, for
    each number of updates after which members move. Raises `MissingExtra` without Ray.
    """
    python, version, figures = peer_python("ray"), "", list[Figure]()
    ways: dict[str, tuple[str, ...]] = {"Ray, a core a member": (), RESIDENT: ("--resident",)}
    for updates, count in moves.items():
        own: list[Iterations] = []
        theirs: dict[str, list[Iterations]] = {way: [] for way in ways}
        fastest = ""
        for _ in range(1 if quick else PAIRS):
            own.append(ours(updates, count))
            for way in [fastest] if fastest else ways:
                asked = (member, str(updates), str(count), "--cpus", str(cores()))
                said = ask(python, "ray_pbt.py", *asked, *ways[way])
                theirs[way].append(said["ends"])
                version = said["ray"]
            fastest = max(ways, key=lambda way: rate(theirs[way][0], updates, way == RESIDENT))
        figures += _held(name, own, theirs, fastest, updates, target)
    return Result({"population": POPULATION, "cores": cores(), "ray": version}, figures)


def _held(
    name: str,
    own: list[Iterations],
    theirs: dict[str, list[Iterations]],
    fastest: str,
    updates: int,
    target: Target,
) -> list[Figure]:
    when = f"a move after {updates}"
    rates = {way: [rate(e, updates, way == RESIDENT) for e in runs] for way, runs in theirs.items()}
    rates[name] = [rate(ends, updates) for ends in own]
    ratio = pairwise(rates[name], rates[fastest])
    runs = {name: own, **theirs}
    return [
        *(Figure(f"{arm}, {when}", "updates/s", rates[arm]) for arm in runs),
        Figure(f"{name} / the faster of Ray's, {when}", "ratio", ratio, target),
        *(
            Figure(f"{arm}, {when}: first score", "s", [first(ends) for ends in found])
            for arm, found in runs.items()
        ),
    ]


def rate(ends: Iterations, updates: int, all_begun: bool = False) -> float:
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


def first(ends: Iterations) -> float:
    """Return when the first iteration ended."""
    return min(time for _, _, time in ends)
