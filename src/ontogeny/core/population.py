"""A population of members, and the three things that happen to it: spawn, advance, apply.

A population is a vmap of its member: every leaf has a leading "pop" axis. These functions are pure
and run the members side by side in one program; the executors put the same member functions
elsewhere.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.core.keys import Count, Purpose, Seed, derive
from ontogeny.core.learner import Hypers, Learner, Metrics, State, check_shapes
from ontogeny.core.promotion import own_rules
from ontogeny.core.space import Space


class Population(NamedTuple, Generic[State]):
    """The members being grown. Every leaf has a leading "pop" axis.

    >>> steps = jnp.zeros(3, jnp.int32)
    >>> members = og.Population(
    ...     state=jnp.ones((3, 20)),
    ...     hypers={"rate": jnp.array([0.1, 0.2, 0.3])},
    ...     score=jnp.full(3, -jnp.inf),
    ...     age=steps,
    ...     steps=steps,
    ... )
    >>> members.size
    3
    """

    state: State
    hypers: Hypers
    score: Float[Array, " pop"]  # -inf until scored, and for a member that went non-finite
    age: Int[Array, " pop"]  # steps since the slot last inherited
    steps: Int[Array, " pop"]  # steps lived, each slot its own count

    @property
    def size(self) -> int:
        """The number of members."""
        return self.score.shape[0]


class Move(NamedTuple):
    """Who inherits what from whom: a strategy's decision for every slot.

    >>> stay = og.Move(jnp.arange(3), jnp.full(3, True), {"rate": jnp.array([0.1, 0.2, 0.3])})
    >>> stay._replace(parent=stay.parent.at[0].set(2)).parent.tolist()  # the first copies the last
    [2, 1, 2]
    """

    parent: Int[Array, " pop"]  # own slot = stay
    # True: take the parent's state. False: begin anew from the hypers, which are the parent's genes
    inherit: Bool[Array, " pop"]
    hypers: Hypers


def spawn(
    learner: Learner[State], space: Space, seed: Seed, size: int, hypers: Hypers | None = None
) -> Population[State]:
    """Return `size` fresh members, their hypers drawn from the space's prior (or given, with a
    "pop" axis).

    Raises `ConfigError` for an empty population and `StructureError` for a learner that breaks its
    contract.
    """
    if size < 1:
        raise ConfigError(
            f"a population of {size} has no members", where="population", hint="use 1 or more"
        )
    slots = jnp.arange(size)
    hypers = first_hypers(space, seed, size) if hypers is None else hypers
    check_shapes(learner, jax.eval_shape(lambda h: trees.take(h, jnp.int32(0)), hypers))
    count = jnp.zeros(size, jnp.int32)
    return Population(
        state=jax.vmap(lambda slot, h: fresh(learner, seed, slot, 0, h))(slots, hypers),
        hypers=hypers,
        score=jnp.full(size, -jnp.inf, jnp.float32),
        age=count,
        steps=count,
    )


@own_rules()
def first_hypers(space: Space, seed: Seed, size: int) -> Hypers:
    """Return the hypers of `size` first members, drawn from the space's prior ("pop" axis)."""
    return jax.vmap(lambda slot: space.sample(derive(seed, Purpose.HYPERS, slot)))(jnp.arange(size))


def advance(
    learner: Learner[State],
    seed: Seed,
    steps: int,
    population: Population[State],
    slots: Int[Array, " pop"] | None = None,
    abreast: int | None = None,
) -> tuple[Population[State], Metrics]:
    """Return every member `steps` updates later and scored, and each metric's mean over those
    updates.

    They are in `slots` (None: a whole population's, in order), and `abreast` of them (None: all)
    live side by side, while the others wait.
    """
    slots = jnp.arange(population.size) if slots is None else slots

    def one(pair: Any) -> Any:
        return live(learner, seed, steps, *pair)

    if abreast is None or abreast >= population.size:
        return jax.vmap(one)((slots, population))
    return jax.lax.map(one, (slots, population), batch_size=abreast)


def apply(
    learner: Learner[State], seed: Seed, population: Population[State], move: Move
) -> Population[State]:
    """Return the population after the move.

    An heir takes its parent's whole state (so the optimiser's moments travel with the weights) and
    the parent's score until it is scored itself. A slot that does not inherit begins anew, with
    score -inf.
    """
    slots = jnp.arange(population.size)
    parent = jnp.where(move.inherit, move.parent, slots)

    def with_newborns(heirs: State) -> State:
        born = jax.vmap(lambda slot, t, h: fresh(learner, seed, slot, t, h))(
            slots, population.steps, move.hypers
        )
        return trees.where(jnp.asarray(move.inherit), heirs, born)

    state = population.state
    if not _known(move.parent, own_slots(population.size)):
        # Where nobody takes another's state, as in the evolution of genes alone, none is copied.
        state = jax.lax.cond(
            jnp.any(parent != slots), lambda s: trees.take(s, parent), lambda s: s, state
        )
    if not _known(move.inherit, everyone(population.size)):
        state = jax.lax.cond(jnp.all(move.inherit), lambda s: s, with_newborns, state)
    moved = (move.parent != slots) | ~move.inherit
    return Population(
        state=state,
        hypers=move.hypers,
        score=jnp.where(move.inherit, population.score[parent], -jnp.inf),
        age=jnp.where(moved, 0, population.age),
        steps=population.steps,
    )


def everyone(size: int) -> Any:
    """Return the mask of a `Move` of which all inherit. It is NumPy's, so that it is known before
    anything is computed, and no newborns need to be part of a program.
    """
    return np.ones(size, bool)


def own_slots(size: int) -> Any:
    """Return the parents of a `Move` of which each is its own. They are NumPy's, so that it is
    known before anything is computed, and no copies of states need to be part of a program.
    """
    return np.arange(size)


def _known(given: Any, expected: np.ndarray) -> bool:
    """Return whether the numbers are known, and as expected, before anything is computed."""
    return isinstance(given, np.ndarray) and np.array_equal(given, expected)


def fresh(learner: Learner[State], seed: Seed, slot: Count, steps: Count, hypers: Hypers) -> State:
    """Return the state of a member that begins in `slot` after the slot has lived `steps`."""
    return learner.init(derive(seed, Purpose.INIT, slot, steps), hypers)


def live(
    learner: Learner[State], seed: Seed, steps: int, slot: Count, member: Population[State]
) -> tuple[Population[State], Metrics]:
    """Return one member (a population without its "pop" axis) `steps` updates later and scored, and
    its metrics. Its hypers are then what it bequeaths, unless it died.
    """

    def update(state: State, step: Array) -> tuple[State, Metrics]:
        return learner.step(derive(seed, Purpose.STEP, slot, step), state, member.hypers)

    numbers = member.steps + jnp.arange(steps, dtype=jnp.int32)
    state, metrics = jax.lax.scan(update, member.state, numbers)
    lived = member.steps + steps
    score = learner.score(derive(seed, Purpose.SCORE, slot, lived), state, member.hypers)
    score = score.astype(jnp.float32)  # what float32 can't hold is no score
    alive = jnp.isfinite(score) & trees.is_finite(state)
    hypers = member.hypers
    if learner.bequeath is not None:
        hypers = trees.where(alive, learner.bequeath(state, hypers), hypers)
    scored: Population[Any] = Population(
        state=state,
        hypers=hypers,
        score=jnp.where(alive, score, jnp.float32(-jnp.inf)),
        age=member.age + steps,
        steps=lived,
    )
    return scored, jax.tree.map(lambda m: jnp.mean(m, axis=0), metrics)
