"""What a learner's metrics may be called: the names that the floors agree on.

A round's score, its metrics and its hypers are columns of one table, so a learner can't use the
names that the others have.
"""

from __future__ import annotations

from typing import Any

from ontogeny.core.errors import StructureError

BIRTH = "score_at_birth"
"""The metric of a learner that begins each round anew: its score before it learned anything. Views
draw from it what a life adds."""
HYPERS = "hypers."
"""What stands before the names of hypers."""
TAKEN = {
    "score": "what `score` returns",
    "seconds": "what a round takes",
}


def check_metrics(metrics: Any, where: str) -> None:
    """Raise `StructureError` unless these are metrics by name, in a dictionary, and every name is
    free.
    """
    if not isinstance(metrics, dict):
        raise StructureError(
            f"its metrics are {type(metrics).__name__}",
            where=where,
            hint="return the state and a dictionary of numbers: return state, {}",
        )
    for name in metrics:
        if not isinstance(name, str) or not name.strip():
            raise StructureError(
                f"a metric is called {name!r}", where=where, hint="give each metric a name in words"
            )
        if name in TAKEN or name.startswith(HYPERS):
            raise StructureError(
                f"a metric is called {name!r}, the name of {TAKEN.get(name, 'a hyper')}",
                where=where,
                hint=f"give it another name, such as {'own_' + name.removeprefix(HYPERS)!r}",
            )
