"""Sixteen members in PyTorch under Ray Tune's PopulationBasedTraining and under Ontogeny's
processes: the same member, moving after as many updates, on the same cores.

1,500 of its updates take a core about two seconds. Both sides run in the peers' environment
(see `benchmarks.peer`); what is counted is as in `ray_tune`.
"""

from __future__ import annotations

from benchmarks.peer import ask, peer_python
from benchmarks.ray_tune import Iterations, beside
from benchmarks.result import Result, Target
from ontogeny.runtime.machine import cores

MOVES = {1500: 3, 150: 10}  # updates that members move after: how many iterations of each


def measure(quick: bool) -> Result:
    """Return both sides' rates and start-up. Raises `MissingExtra` without the peer."""
    return beside("Processes", ours, "torch", {50: 3} if quick else MOVES, Target(low=1.2), quick)


def ours(updates: int, moves: int) -> Iterations:
    """Return when the rounds of the members ended in processes."""
    asked = ("processes_torch.py", str(updates), str(moves), "--workers", str(cores()))
    return ask(peer_python("ray"), *asked)["ends"]
