"""The rules of distillation for text: a state is what stands there, an action the next token.

They are those of the landscape (`rules.RULES`) that need neither a task's rewards nor values, and
two losses that language models are taught by: forward KL and Jensen-Shannon divergence. The shares
of who writes are the rule's own (`Control`), beside text that nobody of the two wrote.

Sources: Hinton et al. 2015 (arXiv 1503.02531), temperature; Agarwal et al. 2024, On-policy
Distillation of Language Models (GKD, arXiv 2306.13649); Gu et al. 2024, MiniLLM (arXiv 2306.08543).
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ontogeny.core.errors import ConfigError, StructureError, unknown
from ontogeny.learners.teaching.rule import Rule, Step
from ontogeny.learners.teaching.rules import RULES, teacher_expects_more
from ontogeny.ops.distributions import categorical
from ontogeny.ops.distributions.categorical import Categorical

WHERE = "teaching.token_student"


def forward_kl(step: Step) -> Float[Array, ""]:
    """Return KL(pi || pi_s): least where the student is the teacher. Its gradient is that of the
    cross-entropy, as in "on-policy" and "teacher"; its value is zero there.
    """
    return step.teacher.kl(step.student)


def jensen_shannon(step: Step) -> Float[Array, ""]:
    """Return the Jensen-Shannon divergence, in nats: at most ln 2, however far they are apart."""
    if not (isinstance(step.student, Categorical) and isinstance(step.teacher, Categorical)):
        raise StructureError(
            f"Jensen-Shannon of a {type(step.student).__name__}",
            where=WHERE,
            hint="its mixture is only known of categorical distributions",
        )
    return categorical.jensen_shannon(step.teacher.logits, step.student.logits)


def _refusal(rule: Rule) -> str | None:
    """Return why a rule can't teach text; None where it can."""
    if rule.task:
        return "adds the task's own rewards, and text has none"
    if rule.gate is teacher_expects_more:
        return "compares values, and text has none"
    if rule.control.uniform:
        return "has actions drawn evenly, and such text is noise to both"
    return None


TOKEN_RULES: dict[str, Rule] = {
    "kl": Rule("kl", loss=forward_kl),
    "jensen-shannon": Rule("jensen-shannon", loss=jensen_shannon),
    **{name: rule for name, rule in RULES.items() if _refusal(rule) is None},
}
"""By name."""


def token_rule_named(name: str) -> Rule:
    """Return the rule. Raises `ConfigError` for another name, suggesting the nearest."""
    if name not in TOKEN_RULES:
        if name in RULES:
            check_token_rule(RULES[name], 1)
        raise unknown("rule for text", name, TOKEN_RULES, where="teaching")
    return TOKEN_RULES[name]


def check_token_rule(rule: Rule, students: int) -> None:
    """Raise `ConfigError` for a rule that can't teach text, or that pays for what a student writes
    where it writes nothing. `students` is how many texts of an update it writes.
    """
    why, hint = _refusal(rule), f"rules for text: {', '.join(TOKEN_RULES)}"
    if why is None and rule.pays and not students:
        why = "pays for what the student writes, and it writes nothing"
        hint = "give the student a share of the text, as Control(student=1) and data=0.5"
    if why is None and not rule.pays and rule.loss is None:
        why = "has neither a loss nor pseudo-rewards"
    if why is not None:
        raise ConfigError(f"the rule {rule.name!r} {why}", where=WHERE, hint=hint)


def returns(
    rule: Rule,
    own: Float[Array, "batch time"],
    following: Float[Array, "batch time"],
    wrote: Bool[Array, "batch time"],
) -> Float[Array, "batch time"]:
    """Return what each token that the student wrote earns with all that come after it, less the
    mean of its other texts; zero for those that it did not write.

    `own` is earned at each place, `following` by the token before it, which what the student wrote
    begins with has not. The texts' first ones are the student's, and all begin at one place: less
    the mean of the others, place by place, changes no expectation (leave-one-out).
    """
    later = jnp.pad(following[:, 1:], ((0, 0), (0, 1)))
    earned = jnp.where(wrote, own + later, 0.0)
    if not rule.one_step:
        earned = jnp.cumsum(earned[:, ::-1], axis=1)[:, ::-1]
    earned = jnp.where(wrote, earned, 0.0)
    others = jnp.maximum(jnp.sum(wrote, axis=0) - 1, 1)
    mean = (jnp.sum(earned, axis=0) - earned) / others
    return jnp.where(wrote, earned - mean, 0.0)
