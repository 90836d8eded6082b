"""Does a learner keep the contract of `core.learner`?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr
from jaxtyping import Array

from ontogeny.core import trees
from ontogeny.core.closures import debugging, traced_once
from ontogeny.core.errors import StructureError
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.learner import Hypers, Learner, check_shapes
from ontogeny.core.population import Population, advance, first_hypers, fresh, live
from ontogeny.core.space import Space
from ontogeny.testing.comparison import check_equal, take_slot

OWN_RULES = {"custom_vmap_call", "pure_callback", "io_callback", "ffi_call"}
"""Primitives whose users say what they do where several members live side by side."""


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
    members learn the same whoever lives beside them, and where the learner says itself what is done
    side by side (`jax.custom_batching`, callbacks, foreign functions), what they would alone, both
    to the relative tolerance; hypers are traced, so one compilation serves all; and a member whose
    hypers are NaN ends with a score of -inf or untouched, and never stops the others.
    """
    programs: list[Jaxpr] = []
    parts: Any = [each and traced_once(each, programs.append) for each in learner]
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

    slots = np.arange(population, dtype=np.int32)
    spawned = _compiled(lambda: _spawned(learner, space, population))
    lived = _compiled(lambda slots, members: advance(learner, 0, steps, members, slots))
    born = spawned()
    together = lived(slots, born)
    same = "the same keys and hypers gave other numbers"
    check_equal(same, born, spawned(), 0.0)
    check_equal(same, together, lived(slots, born), 0.0)
    for slot in range(population):
        itself = np.full_like(slots, slot)
        check_equal(
            f"member {slot} differs beside others and beside itself",
            take_slot(together, slot),
            take_slot(lived(itself, take_slot(born, itself)), slot),
            tolerance,
        )
    poisoned, _ = lived(slots, born._replace(hypers=jax.tree.map(_poison, born.hypers)))
    _check_poison(poisoned, together[0])
    # what JAX does side by side is as good as JAX, and another program takes as long as the first
    if debugging() or _has_own_rules(programs):
        _check_alone(learner, steps, born, together, tolerance)


def _spawned(learner: Learner[Any], space: Space, size: int) -> Population[Any]:
    """Return what `spawn` does, of a learner whose shapes were checked."""
    hypers, count = first_hypers(space, 0, size), jnp.zeros(size, jnp.int32)
    state = jax.vmap(lambda slot, h: fresh(learner, 0, slot, 0, h))(jnp.arange(size), hypers)
    return Population(state, hypers, jnp.full(size, -jnp.inf, jnp.float32), count, count)


def _compiled(function: Callable[..., Any]) -> Any:
    """Return the function compiled, on a CPU without optimisation: the compiler's time is what a
    check takes.
    """
    quick = {"xla_backend_optimization_level": 0} if jax.default_backend() == "cpu" else {}
    return jax.jit(function, compiler_options=quick)


def _check_alone(
    learner: Learner[Any], steps: int, born: Population[Any], together: Any, tolerance: float
) -> None:
    """Check that members alone learn what they did together."""

    def one(slot: Array, state: Any, hypers: Hypers) -> Any:
        count = jnp.int32(0)
        member = Population(state, hypers, jnp.float32(-jnp.inf), count, count)
        return live(learner, 0, steps, slot, member)

    alone = _compiled(one)
    for slot in range(born.size):
        member = take_slot((born.state, born.hypers), slot)
        check_equal(
            f"member {slot} differs side by side and alone",
            take_slot(together, slot),
            alone(np.int32(slot), *member),
            tolerance,
        )


def _has_own_rules(held: Any) -> bool:
    """Return whether a program, or what a line of it holds, has a primitive of `OWN_RULES`."""
    if isinstance(held, ClosedJaxpr):
        return _has_own_rules(held.jaxpr)
    if isinstance(held, Jaxpr):
        return any(
            line.primitive.name in OWN_RULES or _has_own_rules(list(line.params.values()))
            for line in held.eqns
        )
    return type(held) in (tuple, list) and any(map(_has_own_rules, held))


def _poison(leaf: Array) -> np.ndarray:
    """Return the hyper of all members, NaN in slot 0 if it can be."""
    changed = np.array(leaf)
    if jnp.issubdtype(changed.dtype, jnp.inexact):
        changed[0] = np.nan
    return changed


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
