"""Members whose hypers differ, in one compiled program: of some they go by hand, the rest are in
populations that tune them for themselves.

The populations are of equal size and know nothing of each other. They are moved by IMPALA's variant
of PBT: each draws a rival, copies it where it is better, and every hyper is multiplied by 1.2 or
1 / 1.2 (or moved by its own step) now and then, whether anyone was copied or not.

Source: Schmitt et al. 2018 (arXiv 1803.03835), section 3.2; Espeholt et al. 2018 (arXiv
1802.01561), appendix F.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.claims.measuring import Progress
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move, Population, everyone
from ontogeny.core.space import Space
from ontogeny.evolution.explore import perturb
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.selection import tournament
from ontogeny.evolution.strategy import Strategy
from ontogeny.runtime.executor import Job
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.views.growth.lineage import BORN, schedule, trace

FACTORS, PROBABILITY = (1 / 1.2, 1.2), 0.33  # IMPALA's


class Grown(NamedTuple):
    """The last states, and what happened in each round, [round, slot]: those by hand come first."""

    states: Any
    score: np.ndarray
    hypers: dict[str, np.ndarray]
    parent: np.ndarray
    metrics: dict[str, np.ndarray]
    tuned: tuple[int, int]

    def populations(self, values: np.ndarray) -> np.ndarray:
        """Return what is theirs of an array [round, slot]: [round, population, member]."""
        groups, size = self.tuned
        return values[:, values.shape[1] - groups * size :].reshape(len(values), groups, size)

    def lines(self, name: str) -> np.ndarray:
        """Return a hyper along the ancestry of each population's best at the end, [round,
        population].
        """
        groups, size = self.tuned
        parent = np.concatenate([np.full_like(self.parent[:1], BORN), self.parent[1:]])
        first = parent.shape[1] - groups * size + size * np.arange(groups)
        best = first + self.populations(self.score)[-1].argmax(axis=-1)
        return np.stack([schedule(self.hypers[name], trace(parent, int(s))) for s in best], axis=1)


def grow(
    learner: Learner[Any],
    space: Space,
    by_hand: Mapping[str, np.ndarray],
    tuned: tuple[int, int],
    seed: int,
    burn_in: int,
    progress: Progress,
    what: str,
    steps: int = 1,
) -> Grown:
    """Return how members went whose hypers are the space's. `by_hand`, [round, slot] each, says
    what they are in each round, which is so many updates (`steps`); after them come so many
    populations of so many (`tuned`), of which nobody moves before `burn_in` rounds.
    """
    rounds, fixed = next(iter(by_hand.values())).shape
    groups, size = tuned
    population = fixed + groups * size
    strategy = _by_hand_and_tuned(space, by_hand, tuned, burn_in)
    job = Job(learner, space, strategy, seed, population, rounds, steps)
    progress(f"{what}: {population} members, {rounds * steps:,} updates")
    lived = list(Vectorised().prepare(job, quick=True).rounds())
    progress(f"{what}: {sum(one.seconds for one in lived):.0f} s")
    return Grown(
        lived[-1].snapshot().population.state,
        np.stack([one.score for one in lived]),
        {name: np.stack([one.hypers[name] for one in lived]) for name in by_hand},
        np.stack([one.move.parent for one in lived]),
        {key: np.stack([one.metrics[key] for one in lived]) for key in lived[0].metrics},
        tuned,
    )


def _by_hand_and_tuned(
    space: Space, by_hand: Mapping[str, np.ndarray], tuned: tuple[int, int], burn_in: int
) -> Strategy[Any]:
    (_, fixed), (groups, size) = next(iter(by_hand.values())).shape, tuned
    tables = {name: jnp.asarray(table, jnp.float32) for name, table in by_hand.items()}
    strategy = pbt(
        space, tournament(), perturb(FACTORS, PROBABILITY), mutate_always=True, burn_in=burn_in
    )

    def of_groups(population: Population[Any]) -> Population[Any]:
        own = population._replace(state=())
        return jax.tree.map(lambda leaf: leaf[fixed:].reshape(tuned), own)

    def init(key: Array, population: Population[Any]) -> Any:
        if not groups:
            return jnp.int32(0), ()
        keys = jax.random.split(key, groups)
        return jnp.int32(0), jax.vmap(strategy.init)(keys, of_groups(population))

    def move(key: Array, state: Any, population: Population[Any], ready: Array) -> Any:
        number, each = state
        parent, hypers = jnp.arange(fixed), {name: table[number] for name, table in tables.items()}
        if groups:
            keys, theirs = jax.random.split(key, groups), ready[fixed:].reshape(tuned)
            each, moves = jax.vmap(strategy.move)(keys, each, of_groups(population), theirs)
            first = fixed + size * jnp.arange(groups)[:, None]  # slot of each population
            parent = jnp.concatenate([parent, (first + moves.parent).reshape(-1)])
            hypers = {
                name: jnp.concatenate([given, moves.hypers[name].reshape(-1)])
                for name, given in hypers.items()
            }
        return (number + 1, each), Move(parent, everyone(population.size), hypers)

    return Strategy(init, move)
