"""The Baldwin effect: evolution of what a lifetime of learning begins with.

    every round, everyone ready begins a lifetime anew from its genes, learns, and is scored
    tournament:    a group of contestants; every loser  <- mutate(the winner's genes)
    generations:   every child                          <- mutate(cross(mother's, father's genes))

Genes are hypers: initial weights, learning rates, anything that the space holds. What a member
learned dies with it, and yet learning guides evolution: it smooths what selection sees. So Baldwin
inherits genes; Lamarck inherits what was learned too, which is a learner that bequeaths
(`core.learner`); Darwin does not learn at all. The strategy is the same for all three.

Contestants are held against each other on the same tasks: the gene called `season` is an integer
that everyone in a contest shares, from which the learner draws its tasks. Where one member at a
time is ready (asynchronous), it meets another drawn at random, whose last fitness counts; only the
ready one may be overwritten.

Source: Fernando et al. 2018, "Meta-Learning by the Baldwin Effect" (arXiv 1806.07917), of which
this is an independent reading; Hinton and Nowlan 1987, "How Learning Can Guide Evolution" (Complex
Systems 1). Binary tournaments without generations are Goldberg and Deb's (1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.population import Move, Population
from ontogeny.core.space import Dimension, Log, Space
from ontogeny.evolution.breeding import Crossover, Parents, best, one_point, roulette, uniform
from ontogeny.evolution.explore import Exploration, Law, mutate
from ontogeny.evolution.season import SEASONS, genes_of, in_season
from ontogeny.evolution.selection import rank_of, rescue, rival_of
from ontogeny.evolution.strategy import Strategy, StrategyConfig, check_parts


class BaldwinState(NamedTuple):
    """What the strategy remembers between moves."""

    fitness: Float[Array, " pop"]  # of the genes that are living now; -inf: never scored
    contest: Int[Array, " pop"]  # who meets whom: those of the same number
    first: Int[Array, ""]  # the season of contest 0


def baldwin(
    space: Space,
    vary: Exploration | None = None,
    *,
    contestants: int = 2,
    parents: Parents | None = None,
    crossover: Crossover | None = None,
    elite: int = 0,
    remember: float = 0.0,
) -> Strategy[BaldwinState]:
    """Return the strategy.

    `vary` says how a child's genes mutate (default `mutate(0.1)`). Without `parents` there are
    tournaments of `contestants` each, and a `crossover` is of the winner with the loser; with
    `parents` (`breeding.roulette`, `breeding.best`) all but an `elite` are replaced by children of
    two. `remember` is the weight that earlier lifetimes of the same genes keep in their fitness: 0
    counts the last alone, 0.9 the last ten or so. A space without a `season` has no common tasks.
    The dead get a living one's varied genes; when nobody is known to live, genes of the dead.

    >>> space, key = og.Space({"rate": og.Log(1e-4, 1.0)}), jax.random.key(0)
    >>> score, steps = jnp.array([3.0, 1.0, 4.0, 2.0]), jnp.full(4, 100)
    >>> members = og.Population((), {"rate": score / 10}, score, steps, steps)
    >>> strategy = og.baldwin(space, og.explore.mutate(0.05))
    >>> memory = jax.eval_shape(strategy.init, key, members)
    >>> memory, move = jax.eval_shape(strategy.move, key, memory, members, score > 0)
    >>> move.parent.shape, move.hypers["rate"].shape
    ((4,), (4,))
    """
    check_parts("baldwin", space, vary=vary, parents=parents)
    if contestants < 2 or elite < 0 or not 0 <= remember < 1:
        raise ConfigError(
            f"{contestants} contestants, an elite of {elite}, remember {remember}",
            where="baldwin",
            hint="use 2 contestants or more, an elite of 0 or more, and remember in [0, 1)",
        )
    if elite and parents is None:
        raise ConfigError(
            f"an elite of {elite} in tournaments",
            where="baldwin",
            hint="a winner always stays: leave the elite out, or give parents",
        )
    vary = vary or mutate(0.1)
    genes_space = Space(genes_of(space.dimensions))

    def groups(key: Array, ready: Array) -> Int[Array, " pop"]:
        """Return a number for each slot, shared by those who will meet, from 0 for the ready."""
        order = jnp.argsort(jnp.argsort(jax.random.uniform(key, ready.shape) + ~ready))
        return order // contestants if parents is None else jnp.zeros_like(order)

    def init(key: Array, population: Population[Any]) -> BaldwinState:
        group_key, season_key = jax.random.split(key)
        unknown = jnp.full(population.size, -jnp.inf, jnp.float32)
        contest = groups(group_key, jnp.ones(population.size, bool))
        return BaldwinState(unknown, contest, jax.random.randint(season_key, (), 1, SEASONS))

    def move(
        key: Array, state: BaldwinState, population: Population[Any], ready: Array
    ) -> tuple[BaldwinState, Move]:
        slots = jnp.arange(population.size)
        select_key, rescue_key, vary_key, group_key = jax.random.split(key, 4)
        fitness = _fitness(state.fitness, population.score, ready, remember)
        genes = genes_of(population.hypers)

        if parents is None:
            mother = _champion(select_key, fitness, state.contest, ready)
            father = jnp.where(jnp.isfinite(fitness), slots, mother)
            stays = mother == slots
        else:
            elite_key, mother_key, father_key = jax.random.split(select_key, 3)
            rank = rank_of(elite_key, jnp.where(ready, fitness, -jnp.inf))
            stays = rank >= population.size - elite
            mother = parents(mother_key, fitness, population.size)
            father = parents(father_key, fitness, population.size)
        mother = rescue(rescue_key, fitness, mother)
        replaced = ready & ~(stays & jnp.isfinite(fitness))

        def conceive(key: Array, mother: Array, father: Array) -> Hypers:
            cross_key, noise_key = jax.random.split(key)
            child = trees.take(genes, mother)
            if crossover is not None:
                child = crossover(cross_key, child, trees.take(genes, father))
            return vary(noise_key, genes_space, child)

        keys = jax.vmap(lambda slot: jax.random.fold_in(vary_key, slot))(slots)
        children = jax.vmap(conceive)(keys, mother, father)
        hypers = trees.where(replaced, children, genes)
        new = jnp.max(state.contest) + 1 + groups(group_key, ready)
        contest = jnp.where(ready, new, state.contest)
        hypers = in_season(hypers, population.hypers, state.first + contest, ready)
        fitness = jnp.where(replaced, -jnp.inf, fitness)
        parent = jnp.where(replaced, mother, slots)
        return BaldwinState(fitness, contest, state.first), Move(parent, ~ready, hypers)

    return Strategy(init, move)


def _fitness(
    before: Float[Array, " pop"], score: Float[Array, " pop"], ready: Array, remember: float
) -> Float[Array, " pop"]:
    """Return what everyone's genes are known to be worth: of who is still living, the last."""
    known = jnp.isfinite(before)
    mixed = remember * jnp.where(known, before, score) + (1 - remember) * score
    return jnp.where(ready, jnp.where(jnp.isfinite(score), mixed, -jnp.inf), before)


def _champion(
    key: Array, fitness: Float[Array, " pop"], contest: Int[Array, " pop"], ready: Array
) -> Int[Array, " pop"]:
    """Return the slot of the best in everyone's contest, ties broken at random."""
    rival_key, rank_key = jax.random.split(key)
    slots = jnp.arange(fitness.shape[0])
    rank = rank_of(rank_key, fitness)
    meets = (contest[:, None] == contest) & ready
    champion = jnp.argmax(jnp.where(meets, rank, -1), axis=1)
    alone = jnp.sum(meets, axis=1) < 2
    rival = rival_of(rival_key, fitness)
    return jnp.where(alone, jnp.where(rank[rival] > rank, rival, slots), champion)


@dataclass(frozen=True)
class Baldwin(StrategyConfig):
    """Baldwin: everybody begins each round anew from its genes; who does worse gets a winner's."""

    name: ClassVar[str] = "baldwin"
    anew: ClassVar[bool] = True

    law: Law = "gaussian"
    """How mutations are distributed; self-adapted makes their size a gene."""
    deviation: float = 0.1
    """Of a mutation, on a gene's own scale."""
    weights_deviation: float = 0.02
    """Of a mutation of initial weights, where they are genes."""
    parents: Literal["tournament", "roulette", "best"] = "tournament"
    """Losers replaced by winners, or whole generations: chances that follow the score, or the best
    fraction."""
    contestants: int = 2
    """Tournament: how many meet."""
    fraction: float = 0.2
    """Best: which fraction has children."""
    floor: float = 0.0
    """Roulette: the score that has no chance."""
    crossover: Literal["none", "one-point", "uniform"] = "none"
    """How two parents' genes are mixed."""
    elite: int = 0
    """Generations: how many of the best stay as they are."""
    remember: float = 0.0
    """The weight that earlier lifetimes of the same genes keep in their fitness."""

    def genes(self) -> dict[str, Dimension]:
        if self.law != "self-adapted":
            return {}
        return {"sigma": Log(0.01, 100.0, prior=(1.0, 1.0))}

    def build(self, space: Space) -> Strategy[BaldwinState]:
        if self.genes() and "sigma" not in space.describe():
            raise ConfigError(
                "there is no gene called 'sigma'",
                where="recipe field law",
                hint="self-adapted mutations need one in the space: use another law here",
            )
        chosen = {"roulette": lambda: roulette(self.floor), "best": lambda: best(self.fraction)}
        mixed = {"one-point": one_point, "uniform": uniform}
        others = {"weights": self.weights_deviation}
        return baldwin(
            space,
            mutate(self.deviation, self.law, others=others),
            contestants=self.contestants,
            parents=None if self.parents == "tournament" else chosen[self.parents](),
            crossover=None if self.crossover == "none" else mixed[self.crossover](),
            elite=self.elite,
            remember=self.remember,
        )
