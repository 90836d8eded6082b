"""Sixteen members in PyTorch under Ray Tune's PopulationBasedTraining and under Ontogeny's
processes: the same member, moving after as many updates, on the same cores.

`UPDATES` of its updates take a core about two seconds. Both sides run in the peers' environment
(see `benchmarks.peer`); what is counted is as in `ray_tune`.
"""

from __future__ import annotations

from benchmarks.peer import ask, peer_python
from benchmarks.ray_tune import MOVES, POPULATION, first, rate
from benchmarks.result import Figure, Result, Target
from ontogeny.runtime.machine import cores

UPDATES = 1500
MORE = Target(low=1.2)


def measure(quick: bool) -> Result:
    """Return both sides' rates and start-up. Raises `MissingExtra` without the peer."""
    python = peer_python("ray")
    updates, moves = (50, 3) if quick else (UPDATES, MOVES)
    asked = ("ray_pbt.py", "torch", str(updates), str(moves), "--cpus", str(cores()))
    paused, resident = ask(python, *asked), ask(python, *asked, "--resident")
    own = ask(python, "processes_torch.py", str(updates), str(moves), "--workers", str(cores()))
    ours = rate(own["ends"], updates)
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
            Figure("Processes", "updates/s", [ours]),
            *(Figure(arm, "updates/s", [value]) for arm, value in theirs.items()),
            Figure("Processes / the faster of Ray's", "ratio", [ours / max(theirs.values())], MORE),
            Figure("Processes: first score after", "s", [first(own["ends"])]),
            Figure("Ray, a core a member: first score after", "s", [first(paused["ends"])]),
            Figure("Ray, all resident: first score after", "s", [first(resident["ends"])]),
        ],
    )
