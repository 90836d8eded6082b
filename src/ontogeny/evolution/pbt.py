"""Population Based Training: members that do badly take the state of members that do well, and vary
its hypers.

    every so often, for each member:
        donor  <- exploit(scores)              (`selection`)
        if donor is another:
            state, hypers <- the donor's
            hypers        <- explore(hypers)   (`explore`)

Learning goes on from the inherited state with the new hypers, so what is found is not one setting
but a *schedule* of settings. Inheritance is Lamarckian: what a parent learned, its heir knows.

Source: Jaderberg et al. 2017, "Population Based Training of Neural Networks" (arXiv 1711.09846).
The margin, symmetric factors and mutation without copying are IMPALA's (Espeholt et al. 2018, arXiv
1802.01561, appendix F).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.core.population import Move, Population, everyone
from ontogeny.core.space import Space
from ontogeny.evolution import explore as explorations
from ontogeny.evolution import selection as selections
from ontogeny.evolution.explore import Exploration, perturb
from ontogeny.evolution.selection import Selection, rescue, truncation
from ontogeny.evolution.strategy import Strategy, StrategyConfig, check_parts

WINDOW = 10  # recent scores kept for the t-test, as many as the paper's


class PBTState(NamedTuple):
    """What PBT remembers between moves."""

    recent: Float[Array, "pop window"]  # scores of each member's line, oldest first; -inf for none
    considered: Int[Array, " pop"]  # the slot's steps when it was last considered


def pbt(
    space: Space,
    select: Selection | None = None,
    explore: Exploration | None = None,
    *,
    copy: Literal["both", "weights", "hypers"] = "both",
    mutate_always: bool = False,
    burn_in: int = 0,
    interval: int = 0,
) -> Strategy[PBTState]:
    """Return the strategy.

    `select` says who copies whom (default `truncation(0.2)`), `explore` how an heir's hypers vary
    (default `perturb((0.8, 1.2))`). `copy` says what an heir takes. With `mutate_always` the hypers
    of those who stay vary too. Nobody moves before `burn_in` steps, nor sooner than `interval`
    steps after it was last considered; the dead are replaced regardless.

    >>> space, key = og.Space({"rate": og.Log(1e-4, 1.0)}), jax.random.key(0)
    >>> score, steps = jnp.array([3.0, 1.0, 4.0, 2.0]), jnp.full(4, 100)
    >>> members = og.Population((), {"rate": score / 10}, score, steps, steps)
    >>> strategy = og.pbt(space, og.selection.truncation(0.25), og.explore.perturb((0.8, 1.2)))
    >>> memory, move = jax.jit(strategy.move)(key, strategy.init(key, members), members, score > 0)
    >>> move.parent.tolist()  # the worst takes the state of the best
    [0, 2, 2, 3]
    """
    check_parts("pbt", space, select=select, explore=explore)
    if copy not in ("both", "weights", "hypers"):
        raise ConfigError(f"copy={copy!r}", where="pbt", hint="use 'both', 'weights' or 'hypers'")
    for name, value in (("burn_in", burn_in), ("interval", interval)):
        if value < 0:
            raise ConfigError(
                f"{name}={value} is negative", where="pbt", hint="count in steps, from 0"
            )
    select = select or truncation()
    explore = explore or perturb()

    def init(key: Array, population: Population[Any]) -> PBTState:
        del key
        pop = population.size
        return PBTState(jnp.full((pop, WINDOW), -jnp.inf, jnp.float32), jnp.zeros(pop, jnp.int32))

    def move(
        key: Array, state: PBTState, population: Population[Any], ready: Array
    ) -> tuple[PBTState, Move]:
        slots = jnp.arange(population.size)
        select_key, rescue_key, explore_key = jax.random.split(key, 3)
        recent = jnp.where(ready[:, None], _append(state.recent, population.score), state.recent)
        dead = ready & ~jnp.isfinite(population.score)
        waited = population.steps - state.considered
        due = ready & (population.steps >= burn_in) & (waited >= interval)
        donor = rescue(rescue_key, population.score, select(select_key, population.score, recent))
        donor = jnp.where(due | dead, donor, slots)
        replaced = donor != slots

        parent = jnp.where(replaced & ((copy != "hypers") | dead), donor, slots)
        teacher = jnp.where(replaced & ((copy != "weights") | dead), donor, slots)
        inherited = trees.take(population.hypers, teacher)
        keys = jax.vmap(lambda slot: jax.random.fold_in(explore_key, slot))(slots)
        varied = jax.vmap(lambda k, h: explore(k, space, h))(keys, inherited)
        varies = replaced | (due & mutate_always)
        hypers = trees.where(varies, varied, population.hypers)
        state = PBTState(recent[parent], jnp.where(due, population.steps, state.considered))
        return state, Move(parent=parent, inherit=everyone(population.size), hypers=hypers)

    return Strategy(init, move)


def _append(recent: Array, score: Array) -> Array:
    return jnp.concatenate([recent[:, 1:], score[:, None]], axis=1)


@dataclass(frozen=True)
class PBT(StrategyConfig):
    """Population Based Training: who does badly copies who does well, and varies its hypers."""

    name: ClassVar[str] = "pbt"

    selection: Literal["truncation", "welch", "tournament", "margin"] = "truncation"
    """Who copies whom."""
    fraction: float = 0.25
    """Truncation: the bottom fraction copies the top fraction."""
    margin: float = 0.0
    """Margin: how much higher another's score must be, in units of the score."""
    margin_share: float = 0.0
    """Margin: and by how large a share of its absolute value."""
    explore: Literal["perturb", "resample", "both", "jitter", "none"] = "perturb"
    """How an heir's hypers vary."""
    factors: tuple[float, float] = (0.8, 1.25)
    """Perturb: the two factors that move a hyper on its scale."""
    probability: float = 1.0
    """Perturb: how likely each hyper moves."""
    deviation: float = 0.1
    """Jitter: standard deviation of the normal noise that moves a hyper on its scale."""
    copy: Literal["both", "weights", "hypers"] = "both"
    """What an heir takes from its parent."""
    mutate_always: bool = False
    """Vary the hypers of those who stay too."""
    burn_in: int = 0
    """Steps before anyone moves."""
    interval: int = 0
    """Steps between two moves of a member; 0 is every round."""

    def build(self, space: Space) -> Strategy[PBTState]:
        select = {
            "truncation": lambda: truncation(self.fraction),
            "welch": selections.welch,
            "tournament": selections.tournament,
            "margin": lambda: selections.margin(self.margin, self.margin_share),
        }
        vary = {
            "perturb": lambda: perturb(self.factors, self.probability),
            "resample": explorations.resample,
            "both": lambda: explorations.perturb_or_resample(self.factors),
            "jitter": lambda: explorations.jitter(self.deviation),
            "none": explorations.keep,
        }
        return pbt(
            space,
            select[self.selection](),
            vary[self.explore](),
            copy=self.copy,
            mutate_always=self.mutate_always,
            burn_in=self.burn_in,
            interval=self.interval,
        )


IMPALA = PBT(
    selection="margin",
    margin_share=0.05,
    factors=(1 / 1.2, 1.2),
    probability=0.33,
    mutate_always=True,
)
"""IMPALA's variant: a random rival that is better by 5 % is copied, and every hyper moves now and
then, copied or not."""
