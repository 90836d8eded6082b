"""Students that learn from teachers: rules, who says whether they are gradients, and what follows
them: tables, agents, language models.
"""

from ontogeny.learners.teaching.exact import Lesson, lesson, update
from ontogeny.learners.teaching.field import Field, fields, is_gradient_field, landscape
from ontogeny.learners.teaching.rule import STUDENT, TEACHER, UNIFORM, Control, Rule, Step
from ontogeny.learners.teaching.rules import RULES, rule_named
from ontogeny.learners.teaching.sampled import Episode, draw_episode, earned_later, estimate
from ontogeny.learners.teaching.tabular import TabularConfig, tabular_student

__all__ = [
    "RULES",
    "STUDENT",
    "TEACHER",
    "UNIFORM",
    "Control",
    "Episode",
    "Field",
    "Lesson",
    "Rule",
    "Step",
    "TabularConfig",
    "draw_episode",
    "earned_later",
    "estimate",
    "fields",
    "is_gradient_field",
    "landscape",
    "lesson",
    "rule_named",
    "tabular_student",
    "update",
]
