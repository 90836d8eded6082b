"""Students of grown agents: `distillation` is any agents' recipe with a teacher.

The teacher is a run's best agent, or a saved policy; the student may be smaller, see with another
torso, and have a memory or none. Run `ontogeny distill --teacher RUN --student RECIPE`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Dimension, Log
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
from ontogeny.learners.teaching.weight import Decay, Weight, falling
from ontogeny.recipes.agents import PAPERS, Agents
from ontogeny.recipes.teachers import named, placed, policies
from ontogeny.worlds.by_name import world_named

if TYPE_CHECKING:
    from ontogeny.views.figure import Figure
    from ontogeny.views.growth.record import Record


@dataclass(frozen=True)
class Distillation(Agents):
    """Agents that learn from a grown one, by a rule of distillation, with the task's reward or
    without."""

    papers: ClassVar[tuple[str, ...]] = (
        "Czarnecki et al. 2019, Distilling Policy Distillation, arXiv 1902.02186",
        "Schmitt et al. 2018, Kickstarting Deep Reinforcement Learning, arXiv 1803.03835",
        *PAPERS,
    )

    lesson: ClassVar[str] = NAME
    """What its hyper and its metrics are called."""
    own: ClassVar[tuple[str, ...]] = ("population",)
    """Fields that are not the student's recipe's."""

    population: int = 4
    teacher: tuple[str, ...] = ()
    """Who teaches: a run, or the folder of a saved policy; several are one teacher together. Of
    several tasks, TASK=RUN is the teacher of one."""
    several: Literal["average", "tasks"] = "average"
    """Of several teachers without a task: the average of all, or one for each of the world's tasks,
    in their order."""
    rule: str = "on-policy"
    """How the student learns; those that end in "+task" add the task's own rewards."""
    weight: float = 1.0
    """Weight of the rule's loss and pseudo-rewards."""
    weights: tuple[float, float] | None = None
    """Bounds of the weight, above 0, where the population is to tune it."""
    decay: Decay = "none"
    """How the weight falls by hand: linearly to 0, by halves, or in steps to a tenth."""
    decay_over: float | None = None
    """The share of the run's updates after which a linear weight is 0, by which an exponential one
    halves, or after each of which steps fall; a fifth when not given."""
    task_weights: tuple[float, float] | None = None
    """Bounds of a factor that each of several tasks has beside the weight, where the population is
    to tune one task's weight alone too."""
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
        if self.weights and self.weight != 1:
            raise ConfigError(
                f"the weight is {self.weight}, and is tuned too, within {self.weights}",
                where="recipe field weights",
                hint="give one of them: --weights None leaves it as --weight says",
            )
        if self.decay_over is not None and self.decay == "none":
            raise ConfigError(
                f"decay_over is {self.decay_over}, and the weight does not fall",
                where="recipe field decay_over",
                hint="say how it falls: --decay linear",
            )
        super().__post_init__()
        object.__setattr__(self, "teacher", tuple(map(placed, self.teacher)))

    @classmethod
    def of(cls, student: Agents, **fields: Any) -> Self:
        """Return the recipe whose students are those of an agents' recipe."""
        names = [f.name for f in dataclasses.fields(Agents) if f.name not in cls.own]
        kept = {name: getattr(student, name) for name in names}
        return cls(**(kept | fields))

    def taught(self) -> Teacher:
        """Return who teaches. Raises what `policies` raises."""
        world = world_named(self.world)
        soft = [
            tempered(teacher_of(policy), self.temperature)
            for policy in policies(self.teacher, world, self.transfer)
        ]
        space = world.action_space
        each = [embedded(one, self.actions, space) if self.actions else one for one in soft]
        if self.several == "tasks" or any(task for task, _ in map(named, self.teacher)):
            return hesitant(one_a_task(each, world), self.uniform)
        return hesitant(average(each) if len(each) > 1 else each[0], self.uniform)

    def weighing(self) -> Weight:
        """Return how much the teacher counts, over the whole run."""
        over = 0.2 if self.decay_over is None else self.decay_over
        return Weight(
            self.weight,
            Log(*self.weights) if self.weights else None,
            falling(self.decay, over * self.rounds * self.steps),
            Log(*self.task_weights) if self.task_weights else None,
        )

    def terms(self) -> tuple[Term, ...]:
        world = world_named(self.world)
        return (
            distillation(self.rule, self.taught(), world, self.weighing(), self.watch, self.lesson),
        )

    def story(self, record: Record) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.teaching import story

        return story(record, self.lesson)

    def tuned(self) -> tuple[str, ...]:
        # nothing reads it where the loss alone moves the policy
        pays = rule_named(self.rule).pays
        return tuple(name for name in self.tune if pays or name != "entropy_cost")

    def brought(self) -> dict[str, Dimension]:
        hypers = self.weighing().hypers(self.lesson, world_named(self.world))
        return {
            name: tunable.dimension
            for name, tunable in hypers.items()
            if self.weights or name != self.lesson
        }
