"""Teachers that err, and one that misleads, on a corridor: who copies the errors, and who gets past
them.

Twenty cells between an end that pays 10 and one that costs 10; an episode begins in the middle, and
every move ends it with probability 0.05. Each rule has the learning rate of three that is best for
it, chosen on students of its own. One teacher knows the way and takes a random action a
quarter of the time; the other leads to the wrong end. Source: Czarnecki et al. 2019 (arXiv
1902.02186), section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.claim import Claim
from ontogeny.claims.distillation.lessons import Taught, taught
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.teaching.exact import Lesson, lesson
from ontogeny.learners.teaching.rules import RULES
from ontogeny.learners.teaching.tabular import TabularConfig
from ontogeny.ops.mdp import MDP, expected_return
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, dress

LENGTH = 20
ENDS = 0.05
PAYS = 10.0
WRONG = {"errs": 0.125, "misleads": 0.99}
"""How often each teacher takes the wrong way: a random action a quarter of the time is wrong half
as often."""
CLONES = ("teacher", "on-policy")
BEYOND = ("v-gated+task", "expected-entropy+task")
OTHERS = (
    "expected-entropy",
    "on-policy+task",
    "teacher-value",
    "teacher-critic",
    "entropy-bonus",
)
RULES_TRIED = (*CLONES, *BEYOND, *OTHERS)

# At full, quick and tiny scale.
STUDENTS = (16, 4, 2)
MEASURED = (tuple(range(40, 601, 40)), tuple(range(40, 241, 40)), (2, 4))
RATES = ((0.02, 0.06, 0.2), (0.02, 0.06, 0.2), (0.06, 0.2))
TRIED = (RULES_TRIED, RULES_TRIED, (*CLONES, *BEYOND))
EPISODES, LONGEST, BASELINE = 4, 60, 0.1


def corridor(wrong: float) -> Lesson:
    """Return the corridor with a teacher that takes the wrong way so often."""
    transition = np.zeros((LENGTH, 2, LENGTH))
    reward = np.zeros((LENGTH, 2))
    for way, by in enumerate((-1, 1)):
        onward = np.eye(LENGTH, k=by)
        transition[:, way] = (1 - ENDS) * onward
        reward[0 if by < 0 else -1, way] = by * PAYS
    start = np.eye(LENGTH)[LENGTH // 2]
    teacher = np.log(np.tile([wrong, 1 - wrong], (LENGTH, 1)))
    mdp = MDP(*(jnp.asarray(x, jnp.float32) for x in (transition, reward, start)))
    return lesson(mdp, jnp.asarray(teacher, jnp.float32))


def measure(how: Measuring) -> Found:
    """Return the claims about both teachers, and the returns over time."""
    students = how.choose(*STUDENTS)
    both = [corridor(wrong) for wrong in WRONG.values()]
    copies = 2 * students * len(how.choose(*RATES))
    lessons: Any = jax.tree.map(lambda *x: np.repeat(np.stack(x), copies, axis=0), *both)
    earns = jax.jit(lambda one: expected_return(one.mdp, jax.nn.softmax(one.teacher)))
    teachers = [float(earns(one)) for one in both]
    longest = how.choose(LONGEST, LONGEST, 8)
    config = TabularConfig(episodes=EPISODES, longest=longest, baseline=BASELINE)
    rates = how.choose(*RATES)
    own = np.tile(np.repeat(rates, 2 * students), len(WRONG))

    def of_rule(name: str) -> Taught:
        run = taught(RULES[name], lessons, config, how.choose(*MEASURED), how.seed, rates=own)
        # [teacher, rate, student, time]: the first half of the students choose the rate
        each = run.measured.reshape(len(WRONG), len(rates), 2 * students, -1)
        best = np.nan_to_num(each[:, :, :students, -1], nan=-PAYS).mean(axis=2).argmax(axis=1)
        kept = each[np.arange(len(WRONG)), best, students:]
        told = ", ".join(
            f"{end:.2f} of the one that {does} (rate {rates[k]:g})"
            for end, does, k in zip(kept[:, :, -1].mean(axis=1), WRONG, best, strict=True)
        )
        how.progress(f"{name}: {told}")
        return run._replace(measured=kept)

    runs: dict[str, Taught]
    runs = how.of_each(how.choose(*TRIED), of_rule, (CLONES[0], BEYOND[-1]))
    ends = {name: run.measured[:, :, -1] for name, run in runs.items()}
    return claims_of(ends, teachers, how), [figure_of(runs, teachers)]


def claims_of(ends: Mapping[str, np.ndarray], teachers: list[float], how: Measuring) -> list[Claim]:
    """Return the claims, given the returns at the end, [teacher, student] by rule, and the
    teachers' own.
    """
    right = jnp.asarray(np.tile([0.0, 1.0], (LENGTH, 1)), jnp.float32)
    best = float(jax.jit(expected_return)(corridor(0.5).mdp, right))
    students = next(iter(ends.values())).shape[1]
    cost = (
        f"{how.choose(*MEASURED)[-1]} updates of {EPISODES} episodes, {students} students"
        f"{how.weak()}"
    )
    errs, false = (
        {name: bootstrap_interval(rows[index], seed=how.seed) for name, rows in ends.items()}
        for index in range(len(WRONG))
    )
    with_task = [name for name in ends if RULES[name].task]
    without = [name for name in ends if not RULES[name].task]
    recover = [name for name in with_task if false[name].low > best / 2]
    return [
        Claim(
            "clones end at the errors of their teacher",
            "pure cloning ends with the teacher's errors",
            f"the teacher earns {teachers[0]:.3f}, the best there is {best:.3f}; "
            f"{earned(errs, CLONES)}; {cost}",
            "the intervals within 2 % of the teacher's return",
            all(
                abs(end - teachers[0]) < 0.02 * teachers[0]
                for name in CLONES
                for end in errs[name][1:]
            ),
        ),
        Claim(
            "with the task's rewards the gated and the expected rule pass a teacher that errs",
            "V-cond + R avoids the teacher's errors",
            f"{earned(errs, [n for n in ends if n not in CLONES])}; {cost}",
            f"the intervals of {' and '.join(BEYOND)} above the teacher's return",
            all(errs[name].low > teachers[0] for name in BEYOND),
        ),
        Claim(
            "of a teacher that misleads only rules with the task's own rewards recover",
            "only rules with the true reward learn; the teacher's values do not help where they "
            "are useless",
            f"the teacher earns {teachers[1]:.3f}; {earned(false, list(ends))}; recovered: "
            f"{', '.join(recover) or 'none'}; {cost}",
            f"no rule without the task earns above 0, and {' or '.join(BEYOND)} more than half of "
            "the best",
            all(false[name].high < 0 for name in without) and any(n in recover for n in BEYOND),
        ),
    ]


def earned(found: Mapping[str, Interval], names: Any) -> str:
    """Return what these rules earned."""
    return ", ".join(f"{name} {found[name]}" for name in names)


def figure_of(runs: Mapping[str, Taught], teachers: list[float]) -> Figure:
    """Return the returns over time, by teacher and rule."""
    data = {
        "earned": np.stack([run.measured.mean(axis=1) for run in runs.values()]),
        "updates": next(iter(runs.values())).updates,
        "teacher": np.array(teachers),
    }
    caption = (
        "The exact return of students (means) of a teacher that errs a quarter of the time and of "
        "one that leads to the wrong end; dotted, what the teacher earns itself."
    )
    return Figure("imperfect", caption, data, {"rule": list(runs)}, draw_returns)


def draw_returns(figure: Figure) -> go.Figure:
    """Return a panel a teacher, a line a rule."""
    from plotly.subplots import make_subplots

    titles = [f"a teacher that {does}" for does in WRONG]
    fig = make_subplots(1, len(titles), subplot_titles=titles, shared_yaxes=True)
    dress(fig, "Imperfect teachers", 460)
    for index, rule in enumerate(figure.labels["rule"]):
        dash = "solid" if RULES[str(rule)].task else "dash"
        for panel, line in enumerate(figure.data["earned"][index]):
            fig.add_scatter(
                x=figure.data["updates"],
                y=line,
                mode="lines",
                line={"color": COLOURS[index % len(COLOURS)], "dash": dash, "width": 2},
                name=str(rule),
                legendgroup=str(rule),
                showlegend=panel == 0,
                row=1,
                col=panel + 1,
            )
    for panel, level in enumerate(figure.data["teacher"]):
        place: Any = {"row": 1, "col": panel + 1}
        fig.add_hline(float(level), line={"color": QUIET, "dash": "dot"}, **place)
    fig.update_xaxes(title_text="updates")
    fig.update_yaxes(title_text="expected return", col=1)
    return fig
