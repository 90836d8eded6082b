"""A rule of distillation: how a student moves, given a teacher.

    g = E_{s, a ~ q} [ -grad log pi(a | s) sum_{i >= t} rhat_i + grad ell(pi, s) ]

Three knobs make every rule: who samples the states (q, `control`), a loss that aligns the student
now (ell, `loss`), and pseudo-rewards that align it later (rhat, `own` and `following`). `grad` acts
only where it is written, so that g need not be the gradient of anything; `field` says of which rule
it is one.

Source: Czarnecki et al. 2019, Distilling Policy Distillation (arXiv 1902.02186).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ontogeny.core.errors import ConfigError
from ontogeny.ops.distributions.distribution import Distribution

Number: TypeAlias = Float[Array, ""] | float
Choice: TypeAlias = Bool[Array, ""] | bool


class Step(NamedTuple):
    """What there is to see at one state: what both would do, and what each expects of the task."""

    student: Distribution
    teacher: Distribution
    student_value: Number = 0.0
    teacher_value: Number = 0.0


class Control(NamedTuple):
    """Who acts, as weights of a mixture that is drawn from at every step."""

    student: float = 0.0
    teacher: float = 0.0
    uniform: float = 0.0


STUDENT, TEACHER, UNIFORM = Control(student=1), Control(teacher=1), Control(uniform=1)


@dataclass(frozen=True)
class Rule:
    """One rule, the same for tables, samples, agents and text. What is left out is zero."""

    name: str
    control: Control = STUDENT
    """Who samples: shares of student, teacher and uniform, summing to 1."""
    loss: Callable[[Step], Number] | None = None
    """ell, of a state: the only thing that is differentiated directly."""
    own: Callable[[Step, Array], Number] | None = None
    """What an action earns at its own step, of (the step, the action)."""
    following: Callable[[Step], Number] | None = None
    """What an action earns by the state that it leads to, of the *next* step; of an end, 0."""
    following_sampled: Callable[[Step, Array], Number] | None = None
    """The same by the next action alone: its mean over the student's actions is `following`."""
    gate: Callable[[Step], Choice] | None = None
    """Where the loss counts."""
    task: float = 0.0
    """Weight of the task's own rewards."""
    weight: float = 1.0
    """Weight of the loss and of the pseudo-rewards."""
    one_step: bool = False
    """An action is paid what it earns at its own step alone, and not what comes later."""

    def __post_init__(self) -> None:
        shares = tuple(self.control)
        if min(shares) < 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
            raise ConfigError(
                f"{self.name}: control {self.control}",
                where="teaching.Rule.control",
                hint="give shares from 0 that sum to 1, as Control(student=0.5, teacher=0.5)",
            )
        for name in ("task", "weight"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ConfigError(
                    f"{self.name}: {name} is {value}",
                    where=f"teaching.Rule.{name}",
                    hint="a weight is a number from 0",
                )

    @property
    def pays(self) -> bool:
        """Whether actions earn anything: else the loss alone moves the student."""
        return bool(self.task) or self.has_pseudo_rewards

    @property
    def has_pseudo_rewards(self) -> bool:
        """Whether the rule has pseudo-rewards."""
        return self.own is not None or self.following is not None

    def aligned(self, step: Step) -> Float[Array, ""]:
        """Return what a step's loss comes to, before its weight: nothing where the gate is shut, or
        where there is no loss.
        """
        if self.loss is None:
            return jnp.zeros(())
        loss = jnp.asarray(self.loss(step))
        return loss if self.gate is None else jnp.where(self.gate(step), loss, 0.0)
