"""Several trainings of one learner, alike but for their keys: how a claim about a learner is
measured. They are a population that nobody moves, so they share its cores.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array

from ontogeny.claims.measuring import Progress
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move, Population, everyone
from ontogeny.core.space import Space
from ontogeny.evolution.strategy import Strategy
from ontogeny.runtime.executor import Job
from ontogeny.runtime.vectorised import Vectorised


class Trained(NamedTuple):
    """The last states and what was measured on the way, NumPy arrays."""

    states: Any  # leading axis: seed
    score: np.ndarray  # [round, seed]
    updates: np.ndarray  # [round], done when the score was taken
    seconds: np.ndarray  # [round], from the first update, the compiler's time not counted
    metrics: dict[str, np.ndarray]  # each [round, seed]
    last: Any = None  # the snapshot that others can begin from
    cpu: float = 0.0  # CPU-seconds of all seeds, as `seconds`


def still() -> Strategy[tuple[()]]:
    """Return the strategy of which nobody ever moves, not even the dead."""

    def move(
        key: Array, state: tuple[()], population: Population[Any], ready: Array
    ) -> tuple[tuple[()], Move]:
        del key, ready
        size: int = population.size
        slots: Any = np.arange(size)
        return state, Move(slots, everyone(size), population.hypers)

    return Strategy(lambda key, population: (), move)


def train(
    learner: Learner[Any],
    seeds: int,
    seed: int,
    rounds: int,
    steps: int,
    progress: Progress,
    what: str,
    quick: bool = False,
    first: Any = None,
) -> Trained:
    """Return `seeds` trainings of rounds × steps updates each, scored after every round.

    `progress` is told what is trained, and the scores at the end; `quick` as in
    `Vectorised.prepare`. They begin from the `last` snapshot of others of the same states, if it is
    given.
    """
    space = Space({})
    job = Job(learner, space, still(), seed, seeds, rounds, steps, None)
    progress(f"{what}: {seeds} seeds, {rounds * steps:,} updates")
    program = Vectorised().prepare(job, quick=quick)
    rounds_to_come, begun = program.rounds(0, first), time.process_time()
    lived = list(rounds_to_come)
    cpu = time.process_time() - begun
    score = np.stack([one.score for one in lived])
    seconds = np.cumsum([one.seconds for one in lived])
    last = lived[-1].snapshot()
    told = ", ".join(f"{value:.4g}" for value in score[-1])
    progress(f"{what}: {seconds[-1]:.0f} s, scores {told}")
    metrics = {name: np.stack([one.metrics[name] for one in lived]) for name in lived[0].metrics}
    updates = steps * np.arange(1, rounds + 1)
    return Trained(last.population.state, score, updates, seconds, metrics, last, cpu)


def ends(score: np.ndarray) -> np.ndarray:
    """Return the mean over the last quarter of the rounds: [round, seed] to [seed]."""
    return score[-max(1, len(score) // 4) :].mean(axis=0)


def frames_to(score: np.ndarray, level: float, frames: float) -> np.ndarray:
    """Return after how many frames each seed's score, [round, seed], first was at the level; one
    round more than all where it never was.
    """
    there = np.concatenate([score >= level, np.ones_like(score[:1], bool)])
    return frames * (there.argmax(axis=0) + 1)


def frames_told(needed: np.ndarray, budget: float) -> str:
    """Return the mean over the seeds that got there, and how many did."""
    there = needed <= budget
    if not there.any():
        return f"never within {budget:,.0f}"
    return f"{needed[there].mean():,.0f} ({there.sum()} of {len(there)} seeds)"
