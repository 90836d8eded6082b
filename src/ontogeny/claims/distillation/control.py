"""Who should act while a student is taught: the student, the teacher, or chance. Random grids, one
episode an update, cross-entropy to the teacher where the one who acts has been.

Source: Czarnecki et al. 2019 (arXiv 1902.02186), section 5: 20x20 grids, tabular students.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Array, Float
from plotly.subplots import make_subplots

from ontogeny.claims.claim import Claim
from ontogeny.claims.distillation.lessons import Taught, taught
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.teaching.exact import Lesson, lesson
from ontogeny.learners.teaching.rule import STUDENT, TEACHER, UNIFORM
from ontogeny.learners.teaching.rules import ON_POLICY
from ontogeny.learners.teaching.tabular import TabularConfig
from ontogeny.ops.mdp import MDP, best_action_values
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_band, dress
from ontogeny.worlds.grids.random_grids import random_grid, tabulated

CONTROLS = {"student": STUDENT, "teacher": TEACHER, "uniform": UNIFORM}
TEMPERATURES = (0.05, 0.5)
DISCOUNT = 0.99  # of the values that the teacher acts by
ENOUGH = 0.8  # of the teacher's return
DRAWN = 1.6  # so many grids are drawn for one that is kept

# At full, quick and tiny scale.
GRIDS = (64, 8, 2)
SIZES = (20, 20, 5)
MEASURED = (  # after so many episodes
    (*range(4, 64, 4), *range(80, 201, 20)),
    (*range(8, 64, 8), *range(80, 161, 20)),
    (2, 4),
)
LONGEST = 300  # where episodes are cut
OUTCOMES = 5  # of a move: it stays, or goes to one of four cells
SURE = 1e-3  # a temperature at which a teacher does what is best


def measure(how: Measuring) -> Found:
    """Return the claims about a sure and an unsure teacher, and the curves."""
    size, n_grids = how.choose(*SIZES), how.choose(*GRIDS)
    at = how.choose(*MEASURED)
    config = TabularConfig(longest=how.choose(LONGEST, LONGEST, 8))
    spent: dict[float, dict[str, np.ndarray]] = {}
    relative: dict[str, Mapping[str, Taught]] = {}
    for temperature in TEMPERATURES:
        lessons, level = grids(how.seed, n_grids, size, temperature)
        arms: dict[str, Taught] = {}
        for name, control in CONTROLS.items():
            rule = dataclasses.replace(ON_POLICY, name=name, control=control)
            run = taught(rule, lessons, config, at, how.seed, measure_return)
            arms[name] = run._replace(measured=run.measured / level[:, None])
        spent[temperature] = {
            n: np.minimum(run.until(np.full(n_grids, ENOUGH)), at[-1]) for n, run in arms.items()
        }
        relative[f"teacher at temperature {temperature:g}"] = arms
        told = ", ".join(f"{n} {np.median(v):g}" for n, v in spent[temperature].items())
        how.progress(f"temperature {temperature:g}: median episodes to {ENOUGH:.0%}: {told}")
    return claims_of(spent, n_grids, how), [curves(relative)]


def measure_return(lesson: Lesson) -> Callable[[Array], Float[Array, ""]]:
    """Return what says the expected return of logits on a grid, of episodes that are cut where
    those that are learned from are.
    """
    likely, leads = jax.lax.top_k(lesson.mdp.transition, OUTCOMES)

    def of(logits: Array) -> Float[Array, ""]:
        policy = jax.nn.softmax(logits)

        def sweep(_: Any, value: Array) -> Array:
            after = jnp.sum(likely * value[leads], axis=2)
            return jnp.sum(policy * (lesson.mdp.reward + after), axis=1)

        nothing = jnp.zeros(len(logits))
        return lesson.mdp.start @ jax.lax.fori_loop(0, LONGEST, sweep, nothing)

    return of


def grids(seed: int, n_grids: int, size: int, temperature: float) -> tuple[Lesson, np.ndarray]:
    """Return lessons on random grids (leading axis) and the teachers' returns. Kept are grids in
    which a sure teacher earns at least a tenth of a good cell: of the others there is nothing to
    learn.
    """

    def one(key: Array) -> tuple[Lesson, Array, Array]:
        mdp: MDP = tabulated(random_grid(key, size))
        q = best_action_values(mdp._replace(transition=DISCOUNT * mdp.transition), 20 * size)
        given = lesson(mdp, q / temperature, jnp.max(q, axis=1))
        of = measure_return(given)
        return given, of(given.teacher), of(q / SURE)

    drawn = int(DRAWN * n_grids) + 4
    keys = jax.random.split(jax.random.key(seed), drawn)
    lessons, level, best = jax.jit(jax.vmap(one))(keys)
    kept = np.argsort(~(np.asarray(best) > 1.0), kind="stable")[:n_grids]
    return jax.tree.map(lambda leaf: leaf[kept], lessons), np.asarray(level)[kept]


def claims_of(
    spent: Mapping[float, Mapping[str, np.ndarray]], n_grids: int, how: Measuring
) -> list[Claim]:
    """Return the claims, given the episodes that each grid took, by temperature and control."""
    sure, unsure = TEMPERATURES
    medians = {
        t: {n: bootstrap_interval(v, np.median, seed=how.seed) for n, v in arms.items()}
        for t, arms in spent.items()
    }
    told = {t: ", ".join(f"{n} {v}" for n, v in arms.items()) for t, arms in medians.items()}
    cost = f"medians of {n_grids} grids{how.weak()}"
    ratio = medians[sure]["teacher"].value / medians[sure]["student"].value
    parts = np.sign(spent[unsure]["teacher"] - spent[unsure]["student"])
    later = bootstrap_interval(parts, seed=how.seed)
    some = {t: {n: np.maximum(v, 1) for n, v in arms.items()} for t, arms in spent.items()}
    gain = {t: np.log(arms["teacher"] / arms["student"]) for t, arms in some.items()}
    surer = bootstrap_interval(gain[sure] - gain[unsure], seed=how.seed)
    return [
        Claim(
            "a sure teacher is learned from sooner where the student acts",
            "student-driven is about three times as fast, the more so the surer the teacher",
            f"episodes to {ENOUGH:.0%} of its return, temperature {sure:g}: {told[sure]} (of what "
            f"takes longer, {how.choose(*MEASURED)[-1]}): {ratio:.3g} times; {cost}",
            "the student's interval below the teacher's",
            medians[sure]["student"].high < medians[sure]["teacher"].low,
        ),
        Claim.above(
            "the surer the teacher, the more it matters",
            "the gain grows as the teacher's entropy falls",
            f"log of how many times as many episodes the teacher's way takes: "
            f"{bootstrap_interval(gain[sure], seed=how.seed)} and "
            f"{bootstrap_interval(gain[unsure], seed=how.seed)}; more by {surer}; {cost}",
            surer,
        ),
        Claim(
            "of an unsure teacher it does not matter who acts",
            "no gain for a teacher of high entropy",
            f"temperature {unsure:g}: {told[unsure]}; grids in which the teacher's way was the "
            f"slower less those in which it was the faster: {later}; {cost}",
            "the interval of that share holds 0",
            bool(later.low <= 0 <= later.high),
        ),
    ]


def curves(panels: Mapping[str, Mapping[str, Taught]]) -> Figure:
    """Return the median return relative to the teacher's, and the middle half of the grids."""
    runs = [[arms[name].measured for name in CONTROLS] for arms in panels.values()]
    data = {
        "relative": np.percentile(np.array(runs), [25, 50, 75], axis=2),
        "episodes": next(iter(next(iter(panels.values())).values())).updates,
    }
    caption = (
        "The student's return as a share of the teacher's, by who acts while it is taught: the "
        "median of the grids, and the middle half of them."
    )
    labels = {"panels": list(panels), "arms": list(CONTROLS)}
    return Figure("control", caption, data, labels, draw_curves)


def draw_curves(figure: Figure) -> go.Figure:
    """Return a panel a teacher and a line an actor."""
    panels = [str(panel) for panel in figure.labels["panels"]]
    fig = make_subplots(1, len(panels), subplot_titles=panels, shared_yaxes=True)
    dress(fig, "Who acts while a student is taught", 380)
    episodes = figure.data["episodes"]
    for panel in range(len(panels)):
        place: Any = {"row": 1, "col": panel + 1}
        for arm, name in enumerate(figure.labels["arms"]):
            low, middle, high = figure.data["relative"][:, panel, arm]
            add_band(fig, episodes, low, high, COLOURS[arm], **place)
            fig.add_scatter(
                x=episodes,
                y=middle,
                mode="lines",
                line={"color": COLOURS[arm], "width": 2.5},
                name=f"the {name} acts" if name != "uniform" else "chance acts",
                showlegend=panel == 0,
                **place,
            )
        fig.add_hline(ENOUGH, line={"color": QUIET, "dash": "dot"}, **place)
    fig.update_xaxes(title_text="episodes")
    fig.update_yaxes(title_text="share of the teacher's return", range=[-0.5, 1.2], col=1)
    return fig
