"""Population Based Training at several frequencies (MF-PBT): sub-populations that evolve every 1,
10, 25 and 50 rounds, and take from each other what the other is good at.

Often evolving is greedy: what scores best after a round wins, though it may spoil the long run.
Rarely evolving is slow. So slots are parted into equal sub-populations, fast to slow. When one is
due, its members are ranked within it, and

    the worst quarter      copies the best quarter, the worst the (size / 4)-th best and so on up,
                           and varies the hypers by one of two factors
    the third quarter      takes migrants: the best members elsewhere, as far as they score higher
                             from a slower sub-population: weights and hypers
                             from a faster one: the weights alone; the hypers are those of the best
                             member at home
    the better half        stays

A fast sub-population is thus pulled out of what its greed chose, and a slow one is not infected by
hypers that pay at once. With 16 members or more there are four sub-populations; with fewer, as many
as have four members each, the fastest first. With fewer than 8 it is PBT with ranks paired.

Rounds are counted slot by slot, so one ready member at a time is served as well: it decides by the
newest score of everyone.

Source: Doulazmi et al. 2025, "Multiple-Frequencies Population-Based Training" (arXiv 2506.03225),
and the facts of its authors' implementation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.core.population import Move, Population, everyone
from ontogeny.core.space import Space
from ontogeny.evolution.explore import Exploration, perturb
from ontogeny.evolution.selection import rank_of
from ontogeny.evolution.strategy import Strategy, StrategyConfig, check_parts

QUARTERS = 4
PERIODS = (1, 10, 25, 50)  # the paper's


class Inheritance(NamedTuple):
    """Of whom every slot takes the state and the hypers, and whether it then varies them."""

    state: Int[Array, " pop"]
    hypers: Int[Array, " pop"]
    varies: Bool[Array, " pop"]


def mf_pbt(
    space: Space, periods: tuple[int, ...] = PERIODS, explore: Exploration | None = None
) -> Strategy[Int[Array, " pop"]]:
    """Return the strategy: one sub-population for each of the `periods`, in rounds, fast to slow.

    `explore` says how an heir's hypers vary (default `perturb((0.8, 1.25))`). It remembers how many
    rounds each slot has lived. The dead are replaced at once, whatever the period. Raises
    `ConfigError` when the periods are not positive and increasing.

    >>> space, key = og.Space({"rate": og.Log(1e-4, 1.0)}), jax.random.key(0)
    >>> score, steps = jnp.array([3.0, 1.0, 4.0, 2.0]), jnp.full(4, 100)
    >>> members = og.Population((), {"rate": score / 10}, score, steps, steps)
    >>> strategy = og.mf_pbt(space, periods=(1, 10))
    >>> memory, move = jax.jit(strategy.move)(key, strategy.init(key, members), members, score > 0)
    >>> move.parent.tolist()  # the worst takes the state of the best
    [0, 2, 2, 3]
    """
    check_parts("mf_pbt", space, explore=explore)
    if not periods or periods[0] < 1 or list(periods) != sorted(set(periods)):
        raise ConfigError(
            f"periods {periods} are not positive and increasing",
            where="mf_pbt",
            hint=f"the paper uses {PERIODS} rounds",
        )
    vary = explore or perturb((0.8, 1.25))

    def init(key: Array, population: Population[Any]) -> Array:
        del key
        return jnp.zeros(population.size, jnp.int32)

    def move(
        key: Array, lived: Array, population: Population[Any], ready: Array
    ) -> tuple[Array, Move]:
        slots = jnp.arange(population.size)
        rank_key, explore_key = jax.random.split(key)
        lived = lived + ready
        home = homes(population.size, len(periods))
        due = ready & (lived % jnp.array(periods)[home] == 0)
        heirs = inheritance(rank_key, population.score, home)
        alive = jnp.isfinite(population.score)
        saved = saviours(population.score, home)
        dead = ready & ~alive & alive[saved]
        parent = jnp.where(dead, saved, jnp.where(due, heirs.state, slots))
        teacher = jnp.where(dead, saved, jnp.where(due, heirs.hypers, slots))
        inherited = trees.take(population.hypers, teacher)
        keys = jax.vmap(lambda slot: jax.random.fold_in(explore_key, slot))(slots)
        varied = jax.vmap(lambda k, h: vary(k, space, h))(keys, inherited)
        hypers = trees.where(dead | (due & heirs.varies), varied, inherited)
        return lived, Move(parent, everyone(population.size), hypers)

    return Strategy(init, move)


def homes(size: int, periods: int) -> Int[np.ndarray, " pop"]:
    """Return each slot's sub-population, 0 the fastest: runs of slots that differ by at most one
    member.
    """
    parts = max(1, min(periods, size // QUARTERS))
    return np.arange(size) * parts // size


def inheritance(
    key: Array, score: Float[Array, " pop"], home: Int[np.ndarray, " pop"]
) -> Inheritance:
    """Return who would take what from whom if every sub-population were due. Ties are broken at
    random; nobody takes anything from the dead.
    """
    size = score.shape[0]
    slots, rank = jnp.arange(size), rank_of(key, score)
    donor, teacher = slots, slots
    for part in range(int(home.max()) + 1):
        members = np.flatnonzero(home == part)
        share = min(max(1, len(members) // QUARTERS), len(members) // 2)
        ordered = jnp.asarray(members)[jnp.argsort(-rank[members])]  # best first
        best, worst = ordered[:share], ordered[len(members) - share :]
        donor, teacher = donor.at[worst].set(best), teacher.at[worst].set(best)
        others = np.flatnonzero(home != part)
        if not len(others) or len(members) < QUARTERS:
            continue
        migrants = jnp.asarray(others)[jnp.argsort(-rank[others])]
        bracket = ordered[2 * share : 3 * share]
        taken = migrants[jnp.minimum(_arrivals(rank, bracket, migrants), len(others) - 1)]
        arrives = rank[taken] > rank[bracket]
        slower = jnp.asarray(home)[taken] > part
        donor = donor.at[bracket].set(jnp.where(arrives, taken, bracket))
        hypers = jnp.where(slower, taken, ordered[0])
        teacher = teacher.at[bracket].set(jnp.where(arrives, hypers, bracket))
    lives = jnp.isfinite(score[donor])
    donor, teacher = jnp.where(lives, donor, slots), jnp.where(lives, teacher, slots)
    copies = (donor != slots) & (jnp.asarray(home)[donor] == jnp.asarray(home))
    return Inheritance(donor, teacher, copies)


def saviours(score: Float[Array, " pop"], home: Int[np.ndarray, " pop"]) -> Int[Array, " pop"]:
    """Return whom each slot would copy if it were dead: the best at home, else the best of all."""
    at_home = jnp.where(jnp.asarray(home[:, None] == home[None]), score[None], -jnp.inf)
    lives = jnp.any(jnp.isfinite(at_home), axis=1)
    return jnp.where(lives, jnp.argmax(at_home, axis=1), jnp.argmax(score))


def _arrivals(rank: Array, bracket: Array, migrants: Array) -> Array:
    """Return which migrant meets each of the bracket, best first: the next one that has not yet
    taken a place.
    """

    def meet(place: Array, resident: Array) -> tuple[Array, Array]:
        migrant = migrants[jnp.minimum(place, migrants.shape[0] - 1)]
        return place + (rank[migrant] > rank[resident]), place

    return jax.lax.scan(meet, jnp.int32(0), bracket)[1]


@dataclass(frozen=True)
class MFPBT(StrategyConfig):
    """PBT at several frequencies: sub-populations that evolve more and less often, and take from
    each other. For long runs, where evolving often is greedy.
    """

    name: ClassVar[str] = "mf-pbt"

    periods: tuple[int, ...] = PERIODS
    """Rounds between two evolutions of each sub-population, fast to slow."""
    factors: tuple[float, float] = (0.8, 1.25)
    """The two factors that move a hyper on its scale."""

    def build(self, space: Space) -> Strategy[Array]:
        return mf_pbt(space, self.periods, perturb(self.factors))
