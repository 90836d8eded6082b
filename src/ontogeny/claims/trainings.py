"""Several trainings of one learner, alike but for their keys: how a claim about a learner is
measured. They are a population that nobody moves, so they share its cores.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array

from ontogeny.claims.measuring import Measuring
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move, Population, everyone, own_slots
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
    cpu: Any = 0.0  # CPU-seconds of all seeds, as `seconds`
    last: Any = None  # the snapshot that others can begin from


def still() -> Strategy[tuple[()]]:
    """Return the strategy of which nobody ever moves, not even the dead."""

    def move(
        key: Array, state: tuple[()], population: Population[Any], ready: Array
    ) -> tuple[tuple[()], Move]:
        del key, ready
        size: int = population.size
        return state, Move(own_slots(size), everyone(size), population.hypers)

    return Strategy(lambda key, population: (), move)


def train(
    how: Measuring,
    learner: Learner[Any],
    seeds: int,
    rounds: int,
    steps: int,
    what: str,
    *,
    first_seed: int | None = None,
    quick: bool = False,
    first: Any = None,
    onward: bool = False,
) -> Trained:
    """Return `seeds` trainings of rounds × steps updates each, scored after every round, their keys
    from `first_seed` (else `how.seed`).

    It is told what is trained, and the scores at the end. `quick` as in `Vectorised.prepare`. They
    begin from the `last` snapshot of others of the same states, if it is given as `first`; there is
    one where others are to go `onward`. All others are kept, where `how` says so.
    """
    seed = how.seed if first_seed is None else first_seed
    job = Job(learner, Space({}), still(), seed, seeds, rounds, steps, None)
    how.progress(f"{what}: {seeds} seeds, {rounds * steps:,} updates")

    def like() -> Any:
        keys: Any = jax.random.split(jax.random.key(0), seeds)
        return jax.eval_shape(jax.vmap(lambda key: learner.init(key, {})), keys)

    def lived() -> Trained:
        program = Vectorised().prepare(job, quick=quick)
        rounds_to_come, begun = program.rounds(0, first), time.process_time()
        every = list(rounds_to_come)
        cpu = time.process_time() - begun
        last = every[-1].snapshot()
        return Trained(
            last.population.state,
            np.stack([one.score for one in every]),
            steps * np.arange(1, rounds + 1),
            np.cumsum([one.seconds for one in every]),
            {name: np.stack([one.metrics[name] for one in every]) for name in every[0].metrics},
            cpu,
            last if onward else None,
        )

    whence = ""
    if how.kept is None or first is not None or onward:
        found = lived()
    else:
        said = {"what": what, "seed": seed, "seeds": seeds, "rounds": rounds, "steps": steps}

        def made() -> dict[str, Any]:
            told = lived()._asdict()
            del told["last"]
            return told

        told, before = how.kept.one(said, like, made)
        found, whence = Trained(**told), ", kept" if before else ""
    scores = ", ".join(f"{value:.4g}" for value in found.score[-1])
    how.progress(f"{what}: {found.seconds[-1]:.0f} s{whence}, scores {scores}")
    return found


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
