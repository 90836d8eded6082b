"""What many actions do to a rule whose only signal is a reward: a chain of ten decisions among 4 to
1000 actions, of which the teacher takes one with probability 0.9.

Each rule has the learning rate that is best for it at the fewest actions, and beside it the one
that is best at each number; rates are chosen on students of their own. Source: Czarnecki et al.
2019 (arXiv 1902.02186), section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Array, Float

from ontogeny.claims.claim import Claim
from ontogeny.claims.distillation.lessons import taught
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.teaching.exact import Lesson, lesson
from ontogeny.learners.teaching.rules import RULES
from ontogeny.learners.teaching.tabular import TabularConfig
from ontogeny.ops.mdp import MDP
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, add_band, empty

NAMES = ("on-policy", "expected-entropy", "entropy-regularised")
LENGTH = 10
SURE = 0.9  # the teacher's probability of its mode

# At full, quick and tiny scale.
ACTIONS = ((4, 32, 256, 1000), (4, 256), (4,))
STUDENTS = (8, 4, 2)
UPDATES = (200, 100, 4)
RATES = ((0.1, 0.3, 1.0, 3.0, 10.0), (0.3, 1.0, 3.0), (0.3, 1.0))
EPISODES = 8


def chain(n_actions: int) -> Lesson:
    """Return a chain of decisions, each of which leads on whatever is decided."""
    onward = np.eye(LENGTH, k=1)[:, None].repeat(n_actions, axis=1)
    other = (1 - SURE) / (n_actions - 1)
    teacher = np.full((LENGTH, n_actions), other)
    teacher[np.arange(LENGTH), np.arange(LENGTH) % n_actions] = SURE
    start = np.eye(LENGTH)[0]
    mdp = MDP(*(jnp.asarray(x, jnp.float32) for x in (onward, np.zeros_like(teacher), start)))
    return lesson(mdp, jnp.asarray(np.log(teacher), jnp.float32))


def measure(how: Measuring) -> Found:
    """Return the claims about one rate for all and the best rate each, and the figure."""
    sizes, students, rates = how.choose(*ACTIONS), how.choose(*STUDENTS), how.choose(*RATES)
    config = TabularConfig(episodes=EPISODES, longest=LENGTH)
    updates = how.choose(*UPDATES)
    # [rule, size, rate, student]: the first half of the students choose the rate
    agreed = np.empty((len(NAMES), len(sizes), len(rates), 2 * students))
    for i, name in enumerate(NAMES):
        for j, size in enumerate(sizes):
            n = 2 * students * len(rates)
            many: Any = jax.tree.map(lambda x, n=n: np.broadcast_to(x, (n, *x.shape)), chain(size))
            own = np.repeat(rates, 2 * students)
            run = taught(RULES[name], many, config, (updates,), how.seed, agreement, own)
            agreed[i, j] = run.measured[:, -1].reshape(len(rates), -1)
        means = np.nan_to_num(agreed[i]).mean(axis=-1).max(axis=-1)
        told = ", ".join(f"{m:.2f} of {size}" for m, size in zip(means, sizes, strict=True))
        how.progress(f"{name}, at its best rate each: {told}")
    choosing, told = agreed[..., :students].mean(axis=-1), agreed[..., students:]
    best = np.argmax(np.nan_to_num(choosing, nan=-1), axis=-1)  # [rule, size]
    first = np.repeat(best[:, :1], len(sizes), axis=1)
    arms = {
        way: np.take_along_axis(told, index[..., None, None], axis=2)[:, :, 0]
        for way, index in (("one rate", first), ("best rate", best))
    }
    chosen = {name: [rates[k] for k in row] for name, row in zip(NAMES, best, strict=True)}
    return claims_of(arms, chosen, sizes, updates, how), [figure_of(arms, sizes)]


def agreement(lesson: Lesson) -> Callable[[Float[Array, "state action"]], Float[Array, ""]]:
    """Return what says how likely a student takes the teacher's mode, the mean over states."""
    mode = jnp.argmax(lesson.teacher, axis=1)[:, None]

    def of(logits: Array) -> Float[Array, ""]:
        return jnp.mean(jnp.take_along_axis(jax.nn.softmax(logits), mode, axis=1))

    return of


def claims_of(
    arms: Mapping[str, np.ndarray],
    chosen: Mapping[str, list[float]],
    sizes: tuple[int, ...],
    updates: int,
    how: Measuring,
) -> list[Claim]:
    """Return the claims, given agreements by the way of choosing a rate, [rule, size, student]."""
    students = arms["one rate"].shape[-1]
    cost = f"{updates} updates of {EPISODES} episodes, {students} students{how.weak()}"
    regularised, expected, direct = (NAMES.index(n) for n in reversed(NAMES))

    def by_size(way: str, rule: int) -> str:
        rows = (bootstrap_interval(x, seed=how.seed) for x in arms[way][rule])
        return ", ".join(f"{row} of {size}" for row, size in zip(rows, sizes, strict=True))

    one, each = arms["one rate"], arms["best rate"]
    falls = bootstrap_interval(one[regularised, 0] - one[regularised, -1], seed=how.seed)
    behind = bootstrap_interval(each[expected, -1] - each[regularised, -1], seed=how.seed)
    near = bootstrap_interval(each[direct, -1], seed=how.seed)
    rates = "; ".join(f"{name} {', '.join(map(str, row))}" for name, row in chosen.items())
    return [
        Claim(
            "with one learning rate for all, entropy regularised collapses over many actions",
            "its whole signal is a noisy reward; from 4 to 1000 actions it collapses",
            f"P(the teacher's mode): {by_size('one rate', regularised)}; less by {falls}; {cost}",
            "the interval of the fall from the fewest to the most actions above 0.5",
            falls.low > 0.5,
        ),
        Claim.above(
            "with the best rate at each number of actions, expected entropy regularised is ahead",
            "it stays near on-policy distillation",
            f"entropy regularised {by_size('best rate', regularised)}; expected "
            f"{by_size('best rate', expected)}; ahead at the most by {behind}; rates: {rates}; "
            f"{cost}",
            behind,
        ),
        Claim(
            "on-policy distillation does not mind how many actions there are",
            "on-policy distillation is the fast one",
            f"{by_size('best rate', direct)}; {cost}",
            "the interval at the most actions above 0.8, where the teacher has 0.9",
            near.low > 0.8,
        ),
    ]


def figure_of(arms: Mapping[str, np.ndarray], sizes: tuple[int, ...]) -> Figure:
    """Return the agreement by number of actions."""
    data = {way.replace(" ", "_"): values for way, values in arms.items()}
    caption = (
        "How likely the student takes the teacher's mode after the last update, by the number of "
        "actions: each rule with one rate for all (dotted) and with its best rate (mean and range "
        "of the students)."
    )
    labels = {"rule": list(NAMES), "actions": list(sizes)}
    return Figure("actions", caption, data, labels, draw_agreement)


def draw_agreement(figure: Figure) -> go.Figure:
    """Return a line a rule and way of choosing its rate."""
    fig = empty("Many actions", "actions", "P(the teacher's mode)", range=[0, 1])
    sizes = np.asarray(figure.labels["actions"], float)
    for index, rule in enumerate(figure.labels["rule"]):
        colour = COLOURS[index]
        for way, dash in (("best_rate", "solid"), ("one_rate", "dot")):
            rows = figure.data[way][index]
            if dash == "solid":
                add_band(fig, sizes, rows.min(axis=1), rows.max(axis=1), colour)
            fig.add_scatter(
                x=sizes,
                y=rows.mean(axis=1),
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 2.5},
                name=str(rule),
                showlegend=dash == "solid",
            )
    fig.update_xaxes(type="log", tickvals=sizes, ticktext=[f"{size:g}" for size in sizes])
    return fig
