"""Whether a rule is the gradient of something: the checker for anyone's, and the table of all.

An update g(theta) is the gradient of some function if and only if its Jacobian is symmetric. It is
computed exactly, in float64, on random decision processes; what is symmetric only there by chance
would be so with probability zero. A rule that is no gradient may still converge, and may also run
in circles for ever: see `claims.distillation.ring`.

Source: Czarnecki et al. 2019 (arXiv 1902.02186), section 4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ontogeny.core.compiling import quick_to_compile
from ontogeny.core.errors import ConfigError
from ontogeny.learners.teaching.exact import Lesson, lesson, update
from ontogeny.learners.teaching.rule import Rule
from ontogeny.learners.teaching.rules import ABOUT, RULES, WITH_TASK, rule_named
from ontogeny.ops.mdp import best_action_values
from ontogeny.worlds.solved.random_mdps import random_mdp

SYMMETRIC = 1e-9  # far above rounding in float64 (1e-15), far below what is not (1e-2)
PROCESSES, STATES, ACTIONS, SHARED = 20, 5, 3, 6

Update: TypeAlias = Callable[[Lesson, Float[Array, "state action"]], Float[Array, "state action"]]


class Field(NamedTuple):
    """Whether an update is a gradient, and how far it is from one."""

    is_gradient: bool
    asymmetry: float
    """Median over the processes of |J - J'| / |J|, a logit for every state and action."""
    shared: float
    """The same for a few parameters that all states share: the logits are linear in them."""
    worst: tuple[tuple[int, int], tuple[int, int]]
    """The (state, action) pairs whose two derivatives differ most, in the worst process."""
    difference: float
    """By how much they do."""

    def __bool__(self) -> bool:
        return self.is_gradient


def is_gradient_field(
    rule: Rule | str | Update,
    seed: int = 0,
    processes: int = PROCESSES,
    states: int = STATES,
    actions: int = ACTIONS,
) -> Field:
    """Return whether the rule is a gradient: one of `RULES` by name, a rule of your own, or any
    function of (lesson, logits [state, action]) that returns what is descended.

    Raises `ConfigError` for an unknown name, and for a function whose update is not finite or of
    another shape.

    >>> bool(og.teaching.is_gradient_field("n-distill", processes=2))
    True
    >>> mine = og.teaching.Rule("mine", loss=lambda step: step.student.kl(step.teacher))
    >>> bool(og.teaching.is_gradient_field(mine, processes=2))
    False
    """
    if isinstance(rule, str):
        rule = rule_named(rule)
    step: Update = _bound(rule) if isinstance(rule, Rule) else rule
    shape, size = (states, actions), states * actions

    def jacobian(given: Lesson, logits: Array) -> tuple[Array, Array]:
        def both(x: Array) -> tuple[Array, Array]:
            updated = _checked(step(given, x), shape)
            return updated, updated

        of, updated = jax.jacfwd(both, has_aux=True)(logits)
        return of.reshape(size, size), updated

    with jax.enable_x64(True):
        given, logits, features = _drawing(processes, states, actions)(jax.random.key(seed))
        mapped = jax.jit(
            jax.vmap(jax.vmap(jacobian, in_axes=(None, 0))), compiler_options=quick_to_compile()
        )
        jacobians, updates = mapped(given, logits)
        whole, of_shared = np.moveaxis(np.asarray(jacobians), 1, 0)
        flat = np.asarray(features).reshape(processes, size, SHARED)
        shared = flat.swapaxes(1, 2) @ of_shared @ flat
    if not (np.isfinite(jacobians).all() and np.isfinite(updates).all()):
        raise ConfigError(
            "the update is not finite on a random process",
            where="teaching.is_gradient_field",
            hint="all probabilities of student and teacher are above 0 there: look for a division "
            "or a logarithm of something else",
        )
    asymmetry = _asymmetry(whole)
    apart = np.abs(whole - whole.swapaxes(1, 2))
    process, i, j = np.unravel_index(np.argmax(apart), apart.shape)
    return Field(
        bool(asymmetry.max() < SYMMETRIC),
        float(np.median(asymmetry)),
        float(np.median(_asymmetry(shared))),
        (divmod(int(i), actions), divmod(int(j), actions)),
        float(apart[process, i, j]),
    )


def fields(seed: int = 0, processes: int = PROCESSES) -> Mapping[str, Field]:
    """Return what `is_gradient_field` says of every rule, by name."""
    return {name: is_gradient_field(rule, seed, processes) for name, rule in RULES.items()}


def landscape(seed: int = 0, processes: int = PROCESSES) -> None:
    """Print the table of all rules: whether each is a gradient, how far from one it is with a
    parameter for every state and action and with shared ones, and what it does.
    """
    width = max(map(len, RULES))
    print(f"{'rule':{width}}  gradient?  asymmetry   shared  what it does")
    for name, found in fields(seed, processes).items():
        about = ABOUT[name.removesuffix(WITH_TASK)] + ", and the task" * name.endswith(WITH_TASK)
        yes = "yes" if found else "no"
        print(f"{name:{width}}  {yes:9}  {found.asymmetry:9.1e}  {found.shared:7.1e}  {about}")


@cache
def _drawing(processes: int, states: int, actions: int) -> Callable[[Array], Any]:
    """Return what draws lessons, [process]; two students of each, [process, 2, state, action]; and
    the features that the logits of the second are made of.
    """
    shape = states, actions

    def one(key: Array) -> tuple[Lesson, Array, Array]:
        mdp_key, teacher_key, student_key, features_key, params_key = jax.random.split(key, 5)
        mdp = random_mdp(mdp_key, states, actions)
        # a teacher that is rather good: gates would be shut otherwise
        teacher = best_action_values(mdp) + jax.random.normal(teacher_key, shape)
        features = jax.random.normal(features_key, (*shape, SHARED))
        shared = features @ jax.random.normal(params_key, (SHARED,)) / math.sqrt(SHARED)
        students = jnp.stack([jax.random.normal(student_key, shape), shared])
        return lesson(mdp, teacher), students, features

    def all_of(key: Array) -> Any:
        return jax.vmap(one)(jax.random.split(key, processes))

    return jax.jit(all_of, compiler_options=quick_to_compile())


def _bound(rule: Rule) -> Update:
    return lambda given, logits: update(rule, given, logits)


def _checked(updated: Array, shape: tuple[int, int]) -> Array:
    if jnp.shape(updated) != shape:
        raise ConfigError(
            f"the update has shape {jnp.shape(updated)}, the logits have {shape}",
            where="teaching.is_gradient_field",
            hint="return one number for every state and action",
        )
    return updated


def _asymmetry(jacobian: np.ndarray) -> np.ndarray:
    apart = np.linalg.norm(jacobian - jacobian.swapaxes(1, 2), axis=(1, 2))
    size = np.linalg.norm(jacobian, axis=(1, 2))
    return apart / np.where(size > 0, size, 1.0)
