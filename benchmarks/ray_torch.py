"""Sixteen members in PyTorch under Ray Tune's PopulationBasedTraining and under Ontogeny's
processes: the same member, moving after as many updates, on the same cores.

`UPDATES` of its updates take a core about two seconds. Both sides run in the peers' environment
(see `benchmarks.peer`); what is counted is as in `ray_tune`.
"""

from __future__ import annotations

from benchmarks.peer import ask, peer_python
from benchmarks.ray_tune import MOVES, held, peers
from benchmarks.result import Result, Target
from ontogeny.runtime.machine import cores

UPDATES = 1500


def measure(quick: bool) -> Result:
    """Return both sides' rates and start-up. Raises `MissingExtra` without the peer."""
    updates, moves = (50, 3) if quick else (UPDATES, MOVES)
    theirs = peers("torch", updates, moves)
    asked = ("processes_torch.py", str(updates), str(moves), "--workers", str(cores()))
    own = ask(peer_python("ray"), *asked)
    return held("Processes", own["ends"], theirs, updates, Target(low=1.2))
