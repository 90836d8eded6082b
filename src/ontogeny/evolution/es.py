"""An evolution strategy on the score after learning, by evosax: a third way to evolve genes.

    every round:  genes_i = mean + deviation × noise_i,   everyone begins anew, lives, is scored
                  mean    <- mean + rate × Adam(sum_i rank_i noise_i)

Only the mean is inherited, so with learners that learn this too is Baldwin's inheritance, and no
gradient goes through a lifetime. Numbers move on their scales; everybody has the same tasks (the
gene `season`, as in `evolution.baldwin`).

It is synchronous: the mean moves when everybody is ready. Where only some are, they live again, and
the dead among them begin anew around the mean.

Source: Salimans et al. 2017, "Evolution Strategies as a Scalable Alternative to Reinforcement
Learning" (arXiv 1703.03864); Lange 2022, evosax (arXiv 2212.04180), which minimises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int

from ontogeny.core import trees
from ontogeny.core.devices import device_count
from ontogeny.core.errors import ConfigError, MissingExtra
from ontogeny.core.learner import Hypers
from ontogeny.core.population import Move, Population, own_slots
from ontogeny.core.promotion import own_rules
from ontogeny.core.space import Space
from ontogeny.evolution.season import SEASONS, genes_of, in_season
from ontogeny.evolution.strategy import Strategy, StrategyConfig, check_parts


class ESState(NamedTuple):
    """evosax's own state, whether it has asked yet, and the season."""

    distribution: Any
    asked: Bool[Array, ""]
    season: Int[Array, ""]


@own_rules()
def es(space: Space, deviation: float = 0.02, learning_rate: float = 0.01) -> Strategy[ESState]:
    """Return OpenAI's evolution strategy: mirrored noise, ranks for fitness, and Adam.

    The mean begins at the first member's genes. Noise comes in pairs, so of an odd population the
    last member lives the mean itself. Raises `ConfigError` for a deviation or a rate
    that is not positive or a machine without the devices that JAX is told to use, `MissingExtra`
    without evosax.

    >>> space, key = og.Space({"rate": og.Log(1e-4, 1.0)}), jax.random.key(0)
    >>> score, steps = jnp.array([3.0, 1.0, 4.0, 2.0]), jnp.full(4, 100)
    >>> members = og.Population((), {"rate": score / 10}, score, steps, steps)
    >>> strategy = og.es(space, deviation=0.1)
    >>> memory = jax.eval_shape(strategy.init, key, members)
    >>> memory, move = jax.eval_shape(strategy.move, key, memory, members, score > 0)
    >>> move.parent.shape, move.hypers["rate"].shape
    ((4,), (4,))
    """
    check_parts("es", space)
    if min(deviation, learning_rate) <= 0:
        raise ConfigError(
            f"deviation {deviation}, learning rate {learning_rate}",
            where="es",
            hint="use positive numbers",
        )
    open_es = _open_es()
    genes_space = Space(genes_of(space.dimensions))
    shapes = jax.eval_shape(lambda: genes_space.forward(genes_space.sample(jax.random.key(0))))
    zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
    flat, unravel = ravel_pytree(zeros)

    def place(genes: Hypers) -> Float[Array, " gene"]:
        return ravel_pytree(genes_space.forward(genes))[0].astype(jnp.float32)

    def algorithm(size: int) -> Any:
        return open_es(
            population_size=max(size - size % 2, 2),
            solution=jnp.zeros(flat.shape),
            optimizer=optax.adam(learning_rate),
            std_schedule=optax.constant_schedule(deviation),
        )

    def init(key: Array, population: Population[Any]) -> ESState:
        init_key, season_key = jax.random.split(key)
        one = algorithm(population.size)
        mean = place(trees.take(genes_of(population.hypers), jnp.int32(0)))
        begun = one.init(init_key, mean, one.default_params)
        season = jax.random.randint(season_key, (), 1, SEASONS)
        return ESState(jax.tree.map(_strong, begun), jnp.array(False), season)

    def move(
        key: Array, state: ESState, population: Population[Any], ready: Array
    ) -> tuple[ESState, Move]:
        one, slots = algorithm(population.size), own_slots(population.size)
        genes = genes_of(population.hypers)
        tell_key, ask_key = jax.random.split(key)
        alive, all_ready = jnp.isfinite(population.score), jnp.all(ready)
        worst = jnp.min(jnp.where(alive, population.score, jnp.inf))
        score = jnp.where(alive, population.score, jnp.where(jnp.isfinite(worst), worst, 0.0))

        told = jnp.arange(one.population_size) % population.size
        learned, _ = one.tell(
            tell_key,
            jax.vmap(place)(genes)[told],
            -score[told],
            state.distribution,
            one.default_params,
        )
        use = all_ready & state.asked
        distribution = jax.tree.map(
            lambda new, old: jnp.where(use, new, old).astype(old.dtype), learned, state.distribution
        )
        asked, _ = one.ask(ask_key, distribution, one.default_params)
        asked = jnp.concatenate([asked, distribution.mean[None]])[: population.size]
        asked = asked.astype(flat.dtype)
        drawn = jax.vmap(lambda flat: genes_space.inverse(unravel(flat)))(asked)
        renewed = ready & (all_ready | ~alive)
        season = state.season + jnp.any(ready)
        hypers = in_season(trees.where(renewed, drawn, genes), population.hypers, season, ready)
        after = ESState(distribution, state.asked | all_ready, season)
        return after, Move(slots, ~ready, hypers)

    return Strategy(init, move)


def _open_es() -> Any:
    """Return evosax's class. Raises `MissingExtra` without it."""
    device_count()  # evosax computes as it is imported: what JAX does not find is said before
    try:
        from evosax.algorithms import Open_ES
    except ImportError as error:
        raise MissingExtra(
            f"evolution strategies need evosax ({error})",
            where="evolution.es",
            hint="pip install 'ontogeny[evolution]'",
        ) from error
    return Open_ES


def _strong(leaf: Any) -> Array:
    """Return the leaf as an array of a definite dtype: evosax begins with Python's numbers."""
    return jnp.asarray(leaf).astype(jnp.result_type(leaf))


@dataclass(frozen=True)
class ES(StrategyConfig):
    """An evolution strategy (OpenAI's, by evosax) on the score after learning."""

    name: ClassVar[str] = "es"
    anew: ClassVar[bool] = True

    deviation: float = 0.02
    """Of the noise around the mean, on a gene's own scale."""
    learning_rate: float = 0.01
    """Of Adam, which moves the mean."""

    def build(self, space: Space) -> Strategy[ESState]:
        return es(space, self.deviation, self.learning_rate)
