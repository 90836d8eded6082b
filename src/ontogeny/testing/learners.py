"""Does a learner keep the contract of `core.learner`?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.core import trees
from ontogeny.core.closures import traced_once
from ontogeny.core.errors import StructureError
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.learner import Hypers, Learner, check_shapes
from ontogeny.core.population import Population, advance, live, spawn
from ontogeny.core.space import Space
from ontogeny.testing.comparison import check_equal, take_slot


def check_learner(
    learner: Learner[Any],
    space: Space,
    *,
    steps: int = 2,
    population: int = 3,
    tolerance: float = 1e-3,
) -> None:
    """Check the contract of `core.learner`.

    The shapes hold; no random key is carried in the state; the same keys give the same numbers;
    members side by side learn what they would alone, to the relative tolerance; hypers are traced,
    so one compilation serves all; and a member whose hypers are NaN ends with a score of -inf or
    untouched, and never stops the others.
    """
    parts: Any = [each and traced_once(each) for each in learner]
    learner = Learner(*parts)
    hypers = jax.eval_shape(lambda: space.sample(derive(0, Purpose.HYPERS, 0)))
    shapes = check_shapes(learner, hypers)
    for path, leaf in trees.named_leaves(shapes):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            raise StructureError(
                "the state carries a random key",
                where=f"state leaf {path}",
                hint="use the key that step is given: keys are computed, not carried",
            )
    traced = 0

    def one(slot: Array, state: Any, hypers: Hypers) -> Any:
        nonlocal traced
        traced += 1
        count = jnp.int32(0)
        member = Population(state, hypers, jnp.float32(-jnp.inf), count, count)
        return live(learner, 0, steps, slot, member)

    def all_of_them(poisoned: Array) -> Any:
        members = spawn(learner, space, 0, population)

        def poison(leaf: Array) -> Array:
            if not jnp.issubdtype(leaf.dtype, jnp.inexact):
                return leaf
            return leaf.at[0].set(jnp.where(poisoned, jnp.nan, leaf[0]))

        hypers = jax.tree.map(poison, members.hypers)
        return members, advance(learner, 0, steps, members._replace(hypers=hypers))

    alone, side_by_side = _compiled(one), _compiled(all_of_them)
    born, together = side_by_side(np.bool_(False))

    def lives_alone(slot: int) -> Any:
        return alone(np.int32(slot), take_slot(born.state, slot), take_slot(born.hypers, slot))

    first = [lives_alone(slot) for slot in range(population)]
    if traced > 1:
        raise StructureError(
            f"{population} members with other hypers were compiled {traced} times",
            where="learner.step",
            hint="let hypers decide no shape and no Python branch; take their dtypes as they come",
        )
    same = "the same keys and hypers gave other numbers"
    check_equal(same, first[0], lives_alone(0), 0.0)
    for slot, expected in enumerate(first):
        check_equal(
            f"member {slot} differs side by side and alone",
            take_slot(together, slot),
            expected,
            tolerance,
        )
    again, (poisoned, _) = side_by_side(np.bool_(True))
    check_equal(same, born.state, again.state, 0.0)
    _check_poison(poisoned, together[0])


def _compiled(function: Callable[..., Any]) -> Any:
    """Return the function compiled, on a CPU without optimisation: the compiler's time is what a
    check takes.
    """
    quick = {"xla_backend_optimization_level": 0} if jax.default_backend() == "cpu" else {}
    return jax.jit(function, compiler_options=quick)


def _check_poison(after: Population[Any], healthy: Population[Any]) -> None:
    """Check that NaN hypers in slot 0 killed that member or did nothing, and never reached
    another.
    """
    score = np.asarray(after.score)
    leaves = [np.asarray(leaf)[0] for leaf in jax.tree.leaves(after.state)]
    floats = [leaf for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    dead = not all(np.isfinite(leaf).all() for leaf in floats)
    if dead and np.isfinite(score[0]):
        raise StructureError("a non-finite state scored finite", where="learner.score")
    if np.isnan(score).any():
        raise StructureError("a score of NaN came through", where="learner.score")
    if not np.array_equal(score[1:], np.asarray(healthy.score)[1:]):
        raise StructureError(
            f"one member's NaN changed the others' scores to {score[1:]}",
            where="learner.step",
            hint="a member must not read another's numbers",
        )
