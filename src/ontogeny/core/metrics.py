"""What a learner's metrics may be called: the names that the floors agree on.

A round's score, its metrics and its hypers are columns of one table, so a learner can't use the
names that the others have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ontogeny.core.errors import StructureError

BIRTH = "score_at_birth"
"""The metric of a learner that begins each round anew: its score before it learned anything. Views
draw from it what a life adds."""
HYPERS = "hypers."
"""What stands before the names of hypers."""
SMALL = 16
"""Elements of a hyper that are recorded one by one; of more, the mean and the deviation."""
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
        if not is_name(name):
            raise StructureError(
                f"a metric is called {name!r}", where=where, hint="give each metric a name in words"
            )
        if name in TAKEN or name.startswith(HYPERS):
            raise StructureError(
                f"a metric is called {name!r}, the name of {TAKEN.get(name, 'a hyper')}",
                where=where,
                hint=f"give it another name, such as {'own_' + name.removeprefix(HYPERS)!r}",
            )


def is_name(name: Any) -> bool:
    """Return whether it is text that a person can read: what a column may be called."""
    return isinstance(name, str) and bool(name.strip()) and name.isprintable()


def hyper_columns(path: str, shape: Sequence[int]) -> list[str]:
    """Return the names of the columns that hold a hyper of this path and shape: itself, its
    elements, or of many their mean and deviation.
    """
    size, name = math.prod(shape), f"{HYPERS}{path}"
    if not shape:
        return [name]
    parts = range(size) if size <= SMALL else ("mean", "deviation")
    return [f"{name}.{part}" for part in parts]


def check_columns(names: Sequence[str]) -> None:
    """Raise `StructureError` unless every column has a name of its own."""
    for name in names:
        if names.count(name) > 1:
            raise StructureError(
                f"two columns are called {name!r}",
                where="the names of hypers and metrics",
                hint="rename one: an array's elements are called by their number, as in w.0",
            )
