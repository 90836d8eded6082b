"""Students of grown agents: `distillation` is any agents' recipe with a teacher.

The teacher is a run's best agent, or a saved policy; the student may be smaller, see with another
torso, and have a memory or none. Run `ontogeny distill --teacher RUN --student RECIPE`.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import absolute
from ontogeny.core.space import Dimension, Log
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.agents.terms import Term
from ontogeny.learners.teaching.distillation import NAME, distillation
from ontogeny.learners.teaching.rules import rule_named
from ontogeny.learners.teaching.teacher import Teacher, teacher_of
from ontogeny.learners.teaching.teachers import (
    average,
    embedded,
    hesitant,
    one_a_task,
    tempered,
)
from ontogeny.learners.teaching.weight import Weight
from ontogeny.recipes.agents import PAPERS, Agents
from ontogeny.recipes.products import load_product
from ontogeny.runtime.folders import find_run
from ontogeny.worlds.by_name import world_named
from ontogeny.worlds.world import World


@dataclass(frozen=True)
class Distillation(Agents):
    """Agents that learn from a grown one, by a rule of distillation, with the task's reward or
    without."""

    papers: ClassVar[tuple[str, ...]] = (
        "Czarnecki et al. 2019, Distilling Policy Distillation, arXiv 1902.02186",
        "Schmitt et al. 2018, Kickstarting Deep Reinforcement Learning, arXiv 1803.03835",
        *PAPERS,
    )

    population: int = 4
    teacher: tuple[str, ...] = ()
    """Who teaches: a run, or the folder of a saved policy; several are one teacher together."""
    several: Literal["average", "tasks"] = "average"
    """Of several teachers: the average of all, or one for each of the world's tasks."""
    rule: str = "on-policy"
    """How the student learns; those that end in "+task" add the task's own rewards."""
    weight: float = 1.0
    """Weight of the rule's loss and pseudo-rewards."""
    weights: tuple[float, float] | None = None
    """Bounds of the weight, above 0, where the population is to tune it."""
    temperature: float = 1.0
    """Of the teacher: above 1 it is less sure, below 1 surer."""
    uniform: float = 0.0
    """The share of uniform choice that the teacher is given."""
    actions: tuple[int, ...] = ()
    """Of a teacher of fewer actions: which of the student's each of the teacher's is."""
    transfer: bool = False
    """Take a teacher that was grown in another world of the same observations."""
    watch: int = 4
    """Steps beside each rollout in which the teacher acts, so that agreement on its states is
    told too; 0 for none."""

    def __post_init__(self) -> None:
        rule_named(self.rule)
        at_least(self, 0, "weight", "watch", where="recipe field ")
        super().__post_init__()
        object.__setattr__(self, "teacher", tuple(map(_place, self.teacher)))

    @classmethod
    def of(cls, student: Agents, **fields: Any) -> Self:
        """Return the recipe whose students are those of an agents' recipe."""
        named = [f.name for f in dataclasses.fields(Agents) if f.name != "population"]
        kept = {name: getattr(student, name) for name in named}
        return cls(**(kept | fields))

    def taught(self) -> Teacher:
        """Return who teaches. Raises `ConfigError` for no teacher, for one of another world and for
        one that is no actor-critic; `StoreError` where it can't be read.
        """
        if not self.teacher:
            raise ConfigError(
                "nobody teaches",
                where="recipe field teacher",
                hint="give a run or a saved policy: --teacher RUN",
            )
        world = world_named(self.world)
        each = [
            embedded(one, self.actions, world.action_space) if self.actions else one
            for one in (
                tempered(teacher_of(self._policy(place, world)), self.temperature)
                for place in self.teacher
            )
        ]
        if self.several == "tasks":
            return hesitant(one_a_task(each, world), self.uniform)
        return hesitant(average(each) if len(each) > 1 else each[0], self.uniform)

    def _policy(self, place: str, world: World) -> Policy:
        policy = load_product(place)
        if not isinstance(policy, Policy):
            raise ConfigError(
                f"a {policy.kind} is no teacher of agents",
                where=place,
                hint="take the run of an agents' recipe",
            )
        known = {world.name, *world.tasks}
        if policy.world.name not in known and not self.transfer:
            raise ConfigError(
                f"the teacher was grown in {policy.world.name}, and the student lives in "
                f"{world.name}",
                where=place,
                hint=f"give the student that world: --world {policy.world.name}; or, where both "
                "see the same, --transfer",
            )
        return policy

    def terms(self) -> tuple[Term, ...]:
        tuned = Log(*self.weights) if self.weights else None
        rule, world = rule_named(self.rule), world_named(self.world)
        weight = Weight(self.weight, tuned)
        return (distillation(rule, self.taught(), world, weight, self.watch),)

    def tuned(self) -> tuple[str, ...]:
        # nothing reads it where the loss alone moves the policy
        pays = rule_named(self.rule).pays
        return tuple(name for name in self.tune if pays or name != "entropy_cost")

    def brought(self) -> dict[str, Dimension]:
        return {NAME: Log(*self.weights)} if self.weights else {}


def _place(teacher: str) -> str:
    """Return the folder that a teacher's name asks for, so that it is found from elsewhere too;
    what is none as it is: whoever reads it says what is wrong.
    """
    if absolute(teacher).exists():
        return str(absolute(teacher))
    with suppress(ConfigError):
        return str(find_run(teacher))
    return teacher
