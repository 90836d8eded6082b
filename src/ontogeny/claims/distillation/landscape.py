"""The claim that only some rules of distillation are the gradient of anything: the paper's table,
recomputed exactly; and that what is estimated from episodes is the update that it is said to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.core.compiling import quick_to_compile
from ontogeny.learners.teaching.exact import Lesson, acting, lesson, update
from ontogeny.learners.teaching.field import Field, is_gradient_field
from ontogeny.learners.teaching.rule import Rule
from ontogeny.learners.teaching.rules import RULES
from ontogeny.learners.teaching.sampled import Episode, all_episodes, earned_later, estimate
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, SECOND, empty
from ontogeny.worlds.solved.random_mdps import layered_mdp

GRADIENTS = {
    "teacher",
    "entropy-regularised",
    "n-distill",
    "expected-entropy",
    "reverse-kl-matched",
    "teacher-value",
}
"""The rules that theory says are gradients, with the task's rewards or without."""
TINY = ("on-policy", "expected-entropy")
SYMMETRIC, ASYMMETRIC, EQUAL = 1e-12, 1e-2, 1e-12
LAYERS = 3
BASELINE = 0.3  # taken from what actions earn: it may not change a mean


def measure(how: Measuring) -> Found:
    """Return the claims about the table and about estimates, and the table as a figure."""
    names = how.choose(tuple(RULES), tuple(RULES), TINY)
    fields = {name: is_gradient_field(name, how.seed) for name in names}
    yes = sum(found.is_gradient for found in fields.values())
    how.progress(f"{len(fields)} rules, of which {yes} are gradients")
    with jax.enable_x64(True):
        on = listed(how.seed)
        errors = how.of_each(names, lambda name: estimation_error(RULES[name], on), names[-1:])
    how.progress(f"estimates differ from exact updates by {max(errors.values()):.1e} at most")
    return claims_of(fields, errors, how), [field_figure(fields)]


def claims_of(
    fields: Mapping[str, Field], errors: Mapping[str, float], how: Measuring
) -> list[Claim]:
    """Return the claims, given what was found of every rule."""
    meant = {name for name in fields if name.partition("+")[0] in GRADIENTS}
    symmetric = [fields[name].asymmetry for name in meant]
    others = {name: found.asymmetry for name, found in fields.items() if name not in meant}
    least = min(others, key=lambda name: others[name])
    return [
        Claim(
            "which rules are gradients is as theory says: those that pay for where the student is "
            "led, and those of the teacher's own states",
            "on-policy distillation is no gradient field; N-distill, entropy regularised and "
            "expected entropy regularised are",
            f"{len(meant)} rules: |J - J'| / |J| at most {max(symmetric):.1e}; the other "
            f"{len(others)}: at least {others[least]:.2g} ({least}); medians over 20 random "
            f"processes, exact{how.weak('at few rules' if how.scale == 'tiny' else '')}",
            f"below {SYMMETRIC:g} and above {ASYMMETRIC:g}",
            max(symmetric) < SYMMETRIC and min(others.values()) > ASYMMETRIC,
        ),
        Claim(
            "what is estimated from episodes is on average each rule's exact update",
            "(the definition of the rules)",
            f"{len(errors)} rules: largest relative difference {max(errors.values()):.1e}, over "
            "all episodes of a process of three steps",
            f"below {EQUAL:g}",
            max(errors.values()) < EQUAL,
        ),
    ]


class Listed(NamedTuple):
    """A lesson all of whose episodes are listed, and a student of it."""

    given: Lesson
    logits: Any
    episodes: Episode
    likely: Any  # what the process does of each episode, given its actions


def listed(seed: int) -> Listed:
    """Return a small process with its episodes. Call it where float64 is on."""

    @jax.jit
    def drawn(key: Any) -> tuple[Lesson, Any]:
        mdp_key, teacher_key, student_key = jax.random.split(key, 3)
        mdp = layered_mdp(mdp_key, LAYERS)
        shape = mdp.reward.shape
        given = lesson(mdp, jax.random.normal(teacher_key, shape))
        return given, jax.random.normal(student_key, shape)

    given, logits = drawn(jax.random.key(seed))
    return Listed(given, logits, *all_episodes(given.mdp, LAYERS))


def estimation_error(rule: Rule, on: Listed) -> float:
    """Return |mean of the estimates - exact update| / |exact update|, the mean over all episodes,
    each as likely as it is: no sampling. Of the rule's two estimates, the worse.
    """

    def means(on: Listed) -> tuple[Any, Any]:
        q = acting(rule, on.given.teacher, on.logits)
        likely = on.likely * jnp.prod(q[on.episodes.state, on.episodes.action], axis=1)

        def mean(by_action: bool) -> Any:
            def one(episode: Episode) -> Any:
                later = earned_later(rule, on.given, on.logits, episode, by_action)
                return estimate(rule, on.given, on.logits, episode, later - BASELINE)

            return jnp.tensordot(likely, jax.vmap(one)(on.episodes), 1)

        ways = (False, True) if rule.following_sampled is not None else (False,)
        return jnp.stack([mean(way) for way in ways]), update(rule, on.given, on.logits)

    mean, exact = map(np.asarray, jax.jit(means, compiler_options=quick_to_compile())(on))
    return float(np.max(np.abs(mean - exact)) / np.max(np.abs(exact)))


def field_figure(fields: Mapping[str, Field]) -> Figure:
    """Return the asymmetry of every rule."""
    data = {
        "asymmetry": np.array([found.asymmetry for found in fields.values()]),
        "shared": np.array([found.shared for found in fields.values()]),
    }
    caption = (
        "How far each rule's update is from being a gradient: |J - J'| / |J|, median over 20 "
        "random processes. Those at 1e-15 are gradients: that is the rounding of float64."
    )
    return Figure("landscape", caption, data, {"rule": list(fields)}, draw_fields)


def draw_fields(figure: Figure) -> go.Figure:
    """Return a dot a rule and kind of parameters."""
    names = [str(name) for name in figure.labels["rule"]]
    fig = empty("Which rules are gradients", "|J - J'| / |J|", "", height=160 + 22 * len(names))
    for kind, name, colour in (
        ("asymmetry", "a parameter for every state and action", ACCENT),
        ("shared", "six shared parameters", SECOND),
    ):
        x = np.maximum(figure.data[kind], 1e-17)
        fig.add_scatter(
            x=x, y=names, mode="markers", name=name, marker={"color": colour, "size": 9}
        )
    fig.update_xaxes(type="log", dtick=3, exponentformat="power")
    fig.update_yaxes(autorange="reversed")
    return fig
