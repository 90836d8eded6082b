"""Students that learn from teachers: rules, who says whether they are gradients, and what follows
them: tables, agents, language models.

>>> og.teaching.rule_named("n-distill").pays  # by where the student is led
True
>>> mine = og.teaching.Rule("mine", loss=lambda step: step.student.kl(step.teacher))
>>> mine.pays, mine.control.student  # a loss alone, where the student itself goes
(False, 1)
"""

from ontogeny.learners.teaching.distillation import distillation
from ontogeny.learners.teaching.exact import Lesson, lesson, update
from ontogeny.learners.teaching.field import Field, fields, is_gradient_field, landscape
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.learners.teaching.rule import STUDENT, TEACHER, UNIFORM, Control, Rule, Step
from ontogeny.learners.teaching.rules import RULES, rule_named
from ontogeny.learners.teaching.sampled import Episode, draw_episode, earned_later, estimate
from ontogeny.learners.teaching.tabular import TabularConfig, tabular_student
from ontogeny.learners.teaching.teacher import Teacher, teacher_by, teacher_of
from ontogeny.learners.teaching.teachers import average, embedded, hesitant, one_a_task, tempered
from ontogeny.learners.teaching.tokens import TokenStudentConfig, token_student
from ontogeny.learners.teaching.weight import Weight, falling

__all__ = [
    "RULES",
    "STUDENT",
    "TEACHER",
    "UNIFORM",
    "Component",
    "Control",
    "Episode",
    "Field",
    "Lesson",
    "Rule",
    "Step",
    "TabularConfig",
    "Teacher",
    "TokenStudentConfig",
    "Weight",
    "average",
    "distillation",
    "draw_episode",
    "earned_later",
    "embedded",
    "estimate",
    "falling",
    "fields",
    "hesitant",
    "is_gradient_field",
    "landscape",
    "lesson",
    "one_a_task",
    "rule_named",
    "tabular_student",
    "teacher_by",
    "teacher_of",
    "tempered",
    "token_student",
    "update",
]
