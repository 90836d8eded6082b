"""The two sides of a comparison of trainings: a population here, a script of a peer there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.peer import ask
from ontogeny.core.learner import Learner
from ontogeny.core.space import Space
from ontogeny.evolution.random_search import random_search
from ontogeny.runtime.executor import Job
from ontogeny.runtime.vectorised import Vectorised


def living(
    learner: Learner[Any],
    members: int,
    steps: int,
    each: float = 1,
    space: Space | None = None,
) -> Callable[[], float]:
    """Return what measures how much so many members do in a second, all together, over rounds of
    `steps` updates that each count for `each`, with hypers drawn from the space if there is one. It
    is compiled, and has lived a round.
    """
    space = space or Space({})
    job = Job(learner, space, random_search(space), 0, members, 10**6, steps)
    rounds = Vectorised().prepare(job).rounds()
    next(rounds)

    def live() -> float:
        begun = time.perf_counter()
        next(rounds)
        return members * steps * each / (time.perf_counter() - begun)

    return live


def asking(
    python: str, about: dict[str, Any], work: str, script: str, *words: str
) -> Callable[[], float]:
    """Return what measures how much of `work` a peer's script does in a second. What it says of its
    version goes into `about`. Raises `MissingExtra` when it can't run.
    """

    def learn() -> float:
        said = ask(python, script, *words)
        about["torch"] = said["torch"]
        return said[work] / said["seconds"]

    return learn
