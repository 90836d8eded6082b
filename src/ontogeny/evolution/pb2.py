"""Population Based Bandits (PB2): as Population Based Training, but a Gaussian process says which
hypers an heir tries, from how the scores of all members changed under theirs.

    y_t   = score_t - score_(t-1)                 of a member that lived a round with hypers x
    f     ~ a Gaussian process over (t, x)        drifting in time (`ops.gaussian_process`)
    x_new = argmax_x  mean(t, x) + sqrt(beta) sd(t, x)

A population of a few members has too few heirs to find good hypers by chance; this uses what every
member has seen. Rounds that are still being lived count as observations whose value is not known
yet: they lower the deviation around their hypers and leave the mean, so heirs do not all try the
same. That is the paper's batch rule, and serves one asynchronous heir as well.

Here x lies on the space's unit scale, t is counted in rounds, and the kernel is the most likely of
a small grid. Hypers are chosen among candidates that the space allows, so the process sees an
integer or a choice as it will be lived with; options of a choice count as ordered, which is right
for sizes and wrong for names. A death counts as the worst change.

Source: Parker-Holder, Nguyen and Roberts 2020, "Provably Efficient Online Hyperparameter
Optimization with Population-Based Bandits" (arXiv 2002.02518), algorithm 1 and section 4.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.population import Move, Population, everyone
from ontogeny.core.space import Space
from ontogeny.evolution.selection import rescue, truncation
from ontogeny.evolution.strategy import Strategy, StrategyConfig, check_parts
from ontogeny.ops.gaussian_process import (
    Inputs,
    Kernel,
    Posterior,
    imagine,
    log_evidence,
    posterior,
)

CANDIDATES = 256  # hypers to choose from at a move
LENGTHS = (0.1, 0.2, 0.4, 0.8)  # times the root of the number of hypers
DRIFTS = (0.0, 0.05, 0.2, 0.5)  # a round
NOISES = (0.01, 0.1, 0.5)  # of a variance of 1


class PB2State(NamedTuple):
    """What PB2 remembers between moves. The window's rows are oldest first."""

    time: Float[Array, " window"]  # steps that the line had lived when it was scored
    x: Float[Array, "window chan"]  # hypers, on the unit scale
    y: Float[Array, " window"]  # change of the score a step; -inf for a death
    there: Bool[Array, " window"]  # whether the row holds an observation
    round: Float[Array, ""]  # steps of the newest observation: the unit of time
    # Of the round that each slot is living now: it may be under way while others move.
    trying: Float[Array, "pop chan"]  # hypers, on the unit scale
    before: Float[Array, " pop"]  # score when it began, an heir's being its parent's; -inf for none
    began: Int[Array, " pop"]  # the slot's steps when it began
    born: Int[Array, " pop"]  # steps that the line had lived then
    # Of the last round that each slot has ended.
    ended: Int[Array, " pop"]  # steps that the line had lived by its end


def pb2(space: Space, fraction: float = 0.25, window: int = 64) -> Strategy[PB2State]:
    """Return the strategy: the bottom `fraction` copies the top, and tries what the process says.

    It remembers the last `window` observations, one a member and round. Raises `ConfigError` for a
    fraction outside (0, 0.5], a window of fewer than 2, and a space without hypers.

    >>> space, key = og.Space({"rate": og.Log(1e-4, 1.0)}), jax.random.key(0)
    >>> score, steps = jnp.array([3.0, 1.0, 4.0, 2.0]), jnp.full(4, 100)
    >>> members = og.Population((), {"rate": score / 10}, score, steps, steps)
    >>> strategy = og.pb2(space, fraction=0.25)
    >>> memory = jax.eval_shape(strategy.init, key, members)
    >>> memory, move = jax.eval_shape(strategy.move, key, memory, members, score > 0)
    >>> move.parent.shape, move.hypers["rate"].shape
    ((4,), (4,))
    """
    check_parts("pb2", space)
    if not jax.tree.leaves(space.dimensions):
        raise ConfigError(
            "a space without hypers leaves nothing to choose", where="pb2", hint="use pbt"
        )
    if window < 2:
        raise ConfigError(
            f"a window of {window} observations",
            where="pb2",
            hint="use a few rounds of the whole population; 64 by default",
        )
    select = truncation(fraction)

    def init(key: Array, population: Population[Any]) -> PB2State:
        del key
        count = jnp.zeros(population.size, jnp.int32)
        trying = positions(space, population.hypers)
        return PB2State(
            time=jnp.zeros(window, jnp.float32),
            x=jnp.zeros((window, trying.shape[1]), jnp.float32),
            y=jnp.zeros(window, jnp.float32),
            there=jnp.zeros(window, bool),
            round=jnp.float32(1),
            trying=trying,
            before=jnp.full(population.size, -jnp.inf, jnp.float32),
            began=count,
            born=count,
            ended=count,
        )

    def move(
        key: Array, state: PB2State, population: Population[Any], ready: Array
    ) -> tuple[PB2State, Move]:
        slots = jnp.arange(population.size)
        select_key, rescue_key, draw_key = jax.random.split(key, 3)
        state = observe(state, population, ready)
        donor = select(select_key, population.score, population.score[:, None])
        donor = rescue(rescue_key, population.score, donor)
        parent = jnp.where(ready, donor, slots)
        replaced = parent != slots
        hypers = suggest(draw_key, state, space, population.hypers, replaced)
        # What is inherited is what was last scored, though the parent may live another round now.
        state = state._replace(
            trying=jnp.where(ready[:, None], positions(space, hypers), state.trying),
            before=jnp.where(ready, population.score[parent], state.before),
            born=jnp.where(ready, state.ended[parent], state.born),
        )
        return state, Move(parent=parent, inherit=everyone(population.size), hypers=hypers)

    return Strategy(init, move)


def observe(state: PB2State, population: Population[Any], ready: Bool[Array, " pop"]) -> PB2State:
    """Return the memory with one more observation of everyone who is ready and was scored before;
    the oldest make room.
    """
    elapsed = population.steps - state.began
    ended = jnp.where(ready, state.born + elapsed, state.ended)
    before = jnp.where(jnp.isfinite(state.before), state.before, 0.0)  # where there was none, no
    change = (population.score - before) / jnp.maximum(elapsed, 1)  # row is remembered
    rows = (
        (state.time, jnp.float32(ended)),
        (state.x, state.trying),
        (state.y, jnp.where(jnp.isfinite(population.score), change, -jnp.inf)),
        (state.there, ready & jnp.isfinite(state.before)),
    )
    all_rows = [jnp.concatenate(pair) for pair in rows]
    newest = jnp.argsort(all_rows[-1], stable=True)[-state.time.shape[0] :]
    time, x, y, there = (row[newest] for row in all_rows)
    longest = jnp.max(jnp.where(ready, elapsed, 1)).astype(jnp.float32)
    return state._replace(
        time=time,
        x=x,
        y=y,
        there=there,
        round=jnp.where(jnp.any(ready), longest, state.round),
        began=jnp.where(ready, population.steps, state.began),
        born=jnp.where(ready, ended, state.born),
        ended=ended,
    )


def suggest(
    key: Array, state: PB2State, space: Space, hypers: Hypers, replaced: Bool[Array, " pop"]
) -> Hypers:
    """Return the hypers to go on with: an heir's as the upper confidence bound says, one after
    another; everybody else's own.
    """
    pop = replaced.shape[0]
    draws = draw(key, space, hypers, CANDIDATES)
    now = jnp.max(state.ended).astype(jnp.float32)
    asked = Inputs(
        jnp.concatenate([jnp.full(CANDIDATES, now), jnp.float32(state.born)]) / state.round,
        jnp.concatenate([positions(space, draws), state.trying]),
    )
    seen = Inputs(state.time / state.round, state.x)
    y = standardised(state.y, state.there)
    kernel = most_likely(seen, y, state.there)
    n = jnp.sum(state.there)
    width = jnp.sqrt(0.2 * jnp.log(jnp.maximum(0.4 * n, jnp.e)))  # the paper's c1 and c2
    belief = posterior(kernel, seen, y, state.there, asked)

    def unfinished(belief: Posterior, slot: Array) -> tuple[Posterior, None]:
        return imagine(belief, CANDIDATES + slot, kernel.noise, ~replaced[slot]), None

    def choose(belief: Posterior, slot: Array) -> tuple[Posterior, Array]:
        deviation = jnp.sqrt(jnp.maximum(jnp.diag(belief.covariance), 0))
        best = jnp.argmax((belief.mean + width * deviation)[:CANDIDATES])
        return imagine(belief, best, kernel.noise, replaced[slot]), best

    belief, _ = jax.lax.scan(unfinished, belief, jnp.arange(pop))
    _, chosen = jax.lax.scan(choose, belief, jnp.arange(pop))
    return trees.where(replaced, trees.take(draws, chosen), hypers)


def draw(key: Array, space: Space, hypers: Hypers, count: int) -> Hypers:
    """Return `count` allowed hypers, spread evenly over the whole space on its scales."""
    one = trees.take(hypers, jnp.int32(0))
    leaves, structure = jax.tree.flatten(one)
    keys = jax.random.split(key, len(leaves))
    places = structure.unflatten(
        [jax.random.uniform(k, (count, *x.shape)) for k, x in zip(keys, leaves, strict=True)]
    )
    return jax.vmap(space.place)(places)


def positions(space: Space, hypers: Hypers) -> Float[Array, "n chan"]:
    """Return where hypers with a leading axis lie on the unit scale, each member's in a row."""
    units = jax.tree.leaves(jax.vmap(space.unit)(hypers))
    return jnp.concatenate([unit.reshape(unit.shape[0], -1) for unit in units], axis=1)


def standardised(
    y: Float[Array, " window"], there: Bool[Array, " window"]
) -> Float[Array, " window"]:
    """Return the changes with mean 0 and deviation 1, cut off at 2 deviations; a death lies
    there.
    """
    finite = there & jnp.isfinite(y)
    n = jnp.maximum(jnp.sum(finite), 1)
    known = jnp.where(finite, y, 0.0)
    mean = jnp.sum(known) / n
    deviation = jnp.sqrt(jnp.sum(jnp.where(finite, (known - mean) ** 2, 0.0)) / n)
    scaled = (known - mean) / jnp.maximum(deviation, 1e-30)
    return jnp.where(finite, jnp.clip(scaled, -2, 2), jnp.where(there, -2.0, 0.0))


def most_likely(seen: Inputs, y: Float[Array, " window"], there: Bool[Array, " window"]) -> Kernel:
    """Return the kernel of the grid under which the observations are most likely."""
    width = seen.x.shape[1] ** 0.5
    grid = [(width * a, b, c) for a, b, c in itertools.product(LENGTHS, DRIFTS, NOISES)]
    kernels = Kernel(*jnp.array(grid, jnp.float32).T)
    evidence = jax.vmap(lambda kernel: log_evidence(kernel, seen, y, there))(kernels)
    return trees.take(kernels, jnp.argmax(evidence))


@dataclass(frozen=True)
class PB2(StrategyConfig):
    """Population Based Bandits: as PBT, and a Gaussian process over the changes of the score says
    which hypers an heir tries. Made for small populations.
    """

    name: ClassVar[str] = "pb2"

    fraction: float = 0.25
    """The bottom fraction copies the top fraction."""
    window: int = 64
    """Observations that are remembered: one a member and round."""

    def build(self, space: Space) -> Strategy[PB2State]:
        return pb2(space, self.fraction, self.window)
