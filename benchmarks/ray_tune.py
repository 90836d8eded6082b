"""Sixteen agents under Ray Tune's PopulationBasedTraining, under one compiled program, and in
workers of a Ray cluster: the same member, moving after as many updates, on the same cores.

The member is the actor-critic of the recipe `cartpole`; 640 of its updates take a core about two
seconds. Moving forty times as often tells what a move costs either side. Ray Tune's side
runs in an environment of its own (see `benchmarks.peer`), in two ways: with a core for each member
that runs while the others are paused, and with all members resident. The faster of the two, of a
few iterations each, is run by turns with ours, and the ratio is to it. It is found where moves are
rarest: a pause takes the same at every move, so who is slower for it there is more so elsewhere.
What is counted are a population's updates a second once it has started: start-up is a row of its
own.

The ceiling of whoever lives such members one at a time on a core is their own arithmetic: rounds
lived on all cores at once with nothing around them, no state written and nobody told.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, pairwise
from ontogeny.growth import grow
from ontogeny.recipes import recipe_class
from ontogeny.runtime.apart.workforce import environment
from ontogeny.runtime.executor import Lived
from ontogeny.runtime.machine import cores
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.ray.workers import RayWorkers

POPULATION = 16
MOVES = {640: 3, 16: 20}  # updates that members move after: how many iterations of each
TRIED = 4  # iterations of each of Ray's ways, to see which is the faster
PAIRS = 3  # of ours with that
SECONDS = 300.0  # after which a turn of Ray's ends, with the iterations that it has
TEN = Target(low=10.0)
ON_RAY = {2.0: Target(low=1.0), 0.05: Target(low=3.0)}  # by a round's seconds of a core
CEILING = {2.0: Target(low=0.95)}
RESIDENT = "Ray, all resident"
WAYS: dict[str, tuple[str, ...]] = {"Ray, a core a member": (), RESIDENT: ("--resident",)}

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
    arms = {"Vectorised": (ours, dict.fromkeys(ON_RAY, TEN)), "RayWorkers": (on_ray, ON_RAY)}
    return beside(arms, "jax", {32: 3} if quick else MOVES, quick)


def ours(updates: int, moves: int, **where: Any) -> Iterations:
    """Return when the rounds of the members ended in one compiled program."""
    ends = Ends()
    with tempfile.TemporaryDirectory() as folder:
        kind: Any = recipe_class("cartpole")
        recipe = kind(population=POPULATION, steps=updates, rounds=moves, **where)
        grow(recipe, folder=Path(folder) / "run", progress=False, observers=[ends])
    return ends.found


def on_ray(updates: int, moves: int) -> Iterations:
    """Return when they ended in workers of a Ray cluster that is begun for them."""
    return ours(updates, moves, executor=RayWorkers(workers=cores()))


def alone(member: str, updates: int, moves: int) -> float:
    """Return the updates a second of members with nothing around them, one on each core."""
    words = [sys.executable, "-m", "benchmarks.alone", member, str(updates), str(moves)]
    around = {**environment(1, "cpu"), "PYTHONPATH": os.pathsep.join(sys.path)}
    own = [
        subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=around)
        for _ in range(cores())
    ]
    return sum(float(one.communicate()[0]) for one in own)


def beside(
    arms: Mapping[str, tuple[Callable[[int, int], Iterations], Mapping[float, Target | None]]],
    member: str,
    moves: Mapping[int, int],
    quick: bool,
) -> Result:
    """Return the rates and start-up of each of our `arms` (with its targets, by the seconds that a
    round takes a core) and Ray Tune's, the ratio to the faster of Ray's ways, and the fraction of
    the members' own arithmetic, for each number of updates after which members move. Raises
    `MissingExtra` without Ray.
    """
    figures, version = list[Figure](), ""
    rarest = next(iter(moves))
    tried = {way: tuned(way, member, rarest, min(moves[rarest], TRIED))[0] for way in WAYS}
    fastest = max(WAYS, key=lambda way: np.nan_to_num(rate(tried[way], rarest)))
    for (updates, count), seconds in zip(moves.items(), ON_RAY, strict=False):
        theirs = {way: [ends] for way, ends in tried.items()} if updates == rarest else {}
        own: dict[str, list[Iterations]] = {name: [] for name in arms}
        theirs[fastest], ceiling = [], list[float]()
        for _ in range(1 if quick else PAIRS):
            for name, (ours, _) in arms.items():
                own[name].append(ours(updates, count))
            ceiling.append(alone(member, updates, count))
            ends, version = tuned(fastest, member, updates, count)
            theirs[fastest].append(ends)
        targets = {name: by_seconds.get(seconds) for name, (_, by_seconds) in arms.items()}
        figures += _held(own, theirs, fastest, updates, targets)
        figures += _of_ceiling(own, ceiling, updates, CEILING.get(seconds))
    return Result({"population": POPULATION, "cores": cores(), "ray": version}, figures)


def tuned(way: str, member: str, updates: int, count: int) -> tuple[Iterations, str]:
    """Return when the iterations of members under Ray Tune ended, and Ray's version."""
    limits = ("--cpus", str(cores()), "--seconds", str(SECONDS))
    asked = (member, str(updates), str(count), *limits, *WAYS[way])
    said = ask(peer_python("ray"), "ray_pbt.py", *asked)
    return said["ends"], said["ray"]


def _held(
    own: dict[str, list[Iterations]],
    theirs: dict[str, list[Iterations]],
    fastest: str,
    updates: int,
    targets: Mapping[str, Target | None],
) -> list[Figure]:
    when = f"a move after {updates}"
    runs = {**own, **theirs}
    rates = {arm: [rate(e, updates) for e in found] for arm, found in runs.items()}
    ratios = {name: pairwise(rates[name], rates[fastest]) for name in own}
    return [
        *(Figure(f"{arm}, {when}", "updates/s", rates[arm]) for arm in runs),
        *(
            Figure(f"{name} / the faster of Ray's, {when}", "ratio", ratio, targets[name])
            for name, ratio in ratios.items()
        ),
        *(
            Figure(f"{arm}, {when}: first score", "s", [first(ends) for ends in found])
            for arm, found in runs.items()
        ),
    ]


def _of_ceiling(
    own: dict[str, list[Iterations]], ceiling: list[float], updates: int, target: Target | None
) -> list[Figure]:
    """Return the members' own arithmetic, and what of it members in workers come to."""
    when = f"a move after {updates}"
    rates = [rate(ends, updates) for ends in own["RayWorkers"]]
    of = pairwise(rates, ceiling)
    return [
        Figure(f"the members' own arithmetic, {when}", "updates/s", ceiling),
        Figure(f"RayWorkers / the members' own arithmetic, {when}", "ratio", of, target),
    ]


def rate(ends: Iterations, updates: int) -> float:
    """Return a population's updates a second while all of its members live: from when the last of
    them has ended its first iteration, to when the first of them has ended its last. Of those that
    are under way at either time, what has gone by counts: members that are all resident are in the
    midst of one.
    """
    of_slot: dict[Any, list[float]] = {}
    for slot, _, when in ends:
        of_slot.setdefault(slot, []).append(when)
    members = [sorted(times) for times in of_slot.values()]
    start, end = max(times[0] for times in members), min(times[-1] for times in members)
    if end <= start:
        return float("nan")
    lived = sum(np.diff(np.interp([start, end], m, range(len(m)))).item() for m in members)
    return updates * lived / (end - start)


def first(ends: Iterations) -> float:
    """Return when the first iteration ended."""
    return min(time for _, _, time in ends)
