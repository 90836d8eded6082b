"""Sixteen members in PyTorch under Ray Tune's PopulationBasedTraining, under Ontogeny's processes,
and in its workers of a Ray cluster: the same member, moving after as many updates, on the same
cores.

1,500 of its updates take a core about two seconds. Both sides run in the peers' environment
(see `benchmarks.peer`); what is counted is as in `ray_tune`.
"""

from __future__ import annotations

from benchmarks.peer import ask, peer_python
from benchmarks.ray_tune import ON_RAY, Iterations, beside
from benchmarks.result import Result, Target
from ontogeny.runtime.machine import cores

MOVES = {1500: 3, 38: 20}  # updates that members move after: how many iterations of each


def measure(quick: bool) -> Result:
    """Return both sides' rates and start-up. Raises `MissingExtra` without the peer."""
    targets = dict.fromkeys(ON_RAY, Target(low=1.2))
    arms = {"Processes": (ours, targets), "RayWorkers": (on_ray, ON_RAY)}
    return beside(arms, "torch", {50: 3} if quick else MOVES, quick)


def ours(updates: int, moves: int, *how: str) -> Iterations:
    """Return when the rounds of the members ended in processes."""
    asked = ("processes_torch.py", str(updates), str(moves), "--workers", str(cores()), *how)
    return ask(peer_python("ray"), *asked)["ends"]


def on_ray(updates: int, moves: int) -> Iterations:
    """Return when they ended in workers of a Ray cluster that is begun for them."""
    return ours(updates, moves, "--ray")
