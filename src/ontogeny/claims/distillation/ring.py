"""A ring on which on-policy distillation with rewards runs in circles for ever, and the same with
the next step's loss as a reward comes to rest.

Ring of n states, uniform start; one action goes clockwise, the other back, and each move ends the
episode with probability 0.01. Clockwise pays; the teacher hardly ever goes there. The student has a
logit a state. The point at which all states go clockwise with probability p, where r p (1 - p) = p
- e (e the teacher's), is a fixed point of both rules; whether it holds is for the eigenvalues of
the update's Jacobian there, which are computed, and seen by letting the student learn.

The paper has another counter-example, of seven states (Czarnecki et al. 2019, arXiv 1902.02186,
appendix); this one was found for this project.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Array

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.core.compiling import quick_to_compile
from ontogeny.learners.teaching.exact import Lesson, lesson, update
from ontogeny.learners.teaching.rules import RULES
from ontogeny.ops.mdp import MDP
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, dress

REST = 0.2  # the probability of going clockwise at the fixed point
ENDS = 0.01
DETERMINISTIC = 1e-6  # a teacher that never goes clockwise, as logits can say it
RULE, MATCHED = "on-policy+task", "n-distill+task"

# At full, quick and tiny scale.
STEPS = (200_000, 50_000, 300)
SIZES = ((3, 4, 5, 6, 7, 9), (4, 5, 7), (7,))
NOISES = ((DETERMINISTIC, 0.01, 0.05), (DETERMINISTIC, 0.01), (0.01,))
SWEPT = (20_000, 10_000, 50)  # steps after which growth is seen
BESIDE = 1e-7  # from where
SHOWN, STRIDE = 400, 2  # points of a figure's line, and the steps between them


class Course(NamedTuple):
    """How a student's probability of going clockwise went, from near the fixed point."""

    first: np.ndarray  # [time, state], evenly spaced, of the first steps
    last: np.ndarray  # the same, of the last
    amplitude: float  # largest minus least, over the last
    update: float  # |g| at the end


def ring(n_states: int, noise: float) -> Lesson:
    """Return the ring whose rewards put the fixed point at `REST`, float64 where that is on."""
    r = (REST - noise) / (REST * (1 - REST))
    here = np.arange(n_states)
    transition = np.zeros((n_states, 2, n_states))
    transition[here, 0, here - 1] = transition[here, 1, (here + 1) % n_states] = 1 - ENDS
    reward = np.tile([0.0, r], (n_states, 1))
    teacher = np.tile(np.log([1 - noise, noise]), (n_states, 1))
    mdp = MDP(*map(jnp.asarray, (transition, reward, np.full(n_states, 1 / n_states))))
    return lesson(mdp, jnp.asarray(teacher))


def logits_of(clockwise: Array) -> Array:
    """Return logits [state, action] of one number a state."""
    return jnp.stack([jnp.zeros_like(clockwise), clockwise], axis=1)


def measure(how: Measuring) -> Found:
    """Return the claims about circles, rest and when, and the two courses."""
    with jax.enable_x64(True):
        return _measure(how)


def _measure(how: Measuring) -> Found:
    steps = how.choose(*STEPS)
    courses = {name: course(name, ring(7, 0.01), steps, how.seed) for name in (RULE, MATCHED)}
    for name, one in courses.items():
        how.progress(f"{name}: amplitude {one.amplitude:.3g}, |g| {one.update:.1e} at the end")
    predicted, seen, told = [], [], []
    for n in how.choose(*SIZES):
        for noise in how.choose(*NOISES):
            factor, grew = stability(ring(n, noise), how.choose(*SWEPT), how.seed)
            predicted.append(factor > 1)
            seen.append(grew)
            told.append(f"{n} states, teacher {noise:g}: {factor - 1:+.1e}")
    agree = sum(a == b for a, b in zip(predicted, seen, strict=True))
    how.progress(f"stability as predicted in {agree} of {len(seen)} rings")
    late, rest = courses[RULE], courses[MATCHED]
    last = late.last
    return [
        Claim(
            "on-policy distillation with the task's rewards runs in circles for ever",
            "may cycle, even of tables",
            f"{steps:,} exact steps from 0.2 ± 0.01 on a ring of 7: every state's probability goes "
            f"between {last.min():.3f} and {last.max():.3f}{how.weak('of few steps')}",
            f"over the last {STRIDE * len(last):,} steps, largest minus least above 0.3",
            late.amplitude > 0.3,
        ),
        Claim(
            "the next step's loss as a reward stops it",
            "N-distill is a gradient, and converges",
            f"same start: amplitude {rest.amplitude:.1e}, |g| {rest.update:.1e} at the end",
            "|g| below 1e-10",
            rest.update < 1e-10,
        ),
        Claim(
            "when it circles is what the eigenvalues say: it takes enough states and a teacher "
            "that is sure",
            "(this project's own)",
            f"{agree} of {len(seen)} rings do what |1 - rate lambda| says (above 0 is away from "
            f"rest): {'; '.join(told)}",
            "all of them",
            agree == len(seen),
        ),
    ], [course_figure(courses, steps)]


def course(name: str, given: Lesson, steps: int, seed: int) -> Course:
    """Return how a student went from near the fixed point, by exact steps at a twentieth of the
    largest rate that the Jacobian allows.
    """
    rate = 0.05 / _radius(name, given)
    points = min(SHOWN, steps // (2 * STRIDE))

    def one(_: Any, logits: Array) -> Array:
        return logits - rate * update(RULES[name], given, logits, logits_of)

    def some(logits: Array, _: None) -> tuple[Array, Array]:
        logits = jax.lax.fori_loop(0, STRIDE, one, logits)
        return logits, jax.nn.sigmoid(logits)

    def whole(start: Array) -> tuple[Array, Array, Array]:
        logits, first = jax.lax.scan(some, start, None, points)
        logits = jax.lax.fori_loop(0, steps - 2 * STRIDE * points, one, logits)
        logits, last = jax.lax.scan(some, logits, None, points)
        return first, last, jnp.linalg.norm(update(RULES[name], given, logits, logits_of))

    compiled = jax.jit(whole, compiler_options=quick_to_compile())
    first, last, left = map(np.asarray, compiled(_near_rest(given, 0.01, seed)))
    return Course(first, last, float(np.ptp(last, axis=0).max()), float(left))


def stability(given: Lesson, steps: int, seed: int) -> tuple[float, bool]:
    """Return the largest |1 - rate lambda| over the eigenvalues of the Jacobian at the fixed point,
    and whether a student that begins beside it is further away after some steps.
    """
    rest = jnp.full(len(given.teacher), np.log(REST / (1 - REST)))
    rate = 0.05 / _radius(RULE, given)
    factor = np.abs(1 - rate * np.linalg.eigvals(_jacobian(RULE, given))).max()

    def walk(start: Array) -> Array:
        def one(_: Any, logits: Array) -> Array:
            return logits - rate * update(RULES[RULE], given, logits, logits_of)

        return jnp.linalg.norm(jax.lax.fori_loop(0, steps, one, start) - rest)

    start = _near_rest(given, BESIDE, seed)
    ended = jax.jit(walk, compiler_options=quick_to_compile())(start)
    return float(factor), bool(ended > jnp.linalg.norm(start - rest))


def _jacobian(name: str, given: Lesson) -> np.ndarray:
    rest = jnp.full(len(given.teacher), np.log(REST / (1 - REST)))
    of = jax.jacfwd(lambda logits: update(RULES[name], given, logits, logits_of))
    return np.asarray(jax.jit(of, compiler_options=quick_to_compile())(rest))


def _radius(name: str, given: Lesson) -> float:
    return float(np.abs(np.linalg.eigvals(_jacobian(name, given))).max())


def _near_rest(given: Lesson, width: float, seed: int) -> Array:
    draws = np.random.default_rng(seed).uniform(-width, width, len(given.teacher))
    p = REST + draws
    return jnp.asarray(np.log(p / (1 - p)))


def course_figure(courses: dict[str, Course], steps: int) -> Figure:
    """Return the last steps of the one and the first of the other, a line a state."""
    shown = np.stack([courses[RULE].last, courses[MATCHED].first])
    ran = STRIDE * np.arange(1, shown.shape[1] + 1)
    data = {"clockwise": shown, "step": np.stack([ran + steps - ran[-1], ran])}
    caption = (
        "The probability of going clockwise in each of seven states, from the same start beside "
        "the fixed point (0.2): on-policy distillation with the task's rewards after all its "
        "steps, and N-distill in its first."
    )
    return Figure("ring", caption, data, {"rule": list(courses)}, draw_courses)


def draw_courses(figure: Figure) -> go.Figure:
    """Return a panel a rule."""
    from plotly.subplots import make_subplots

    rules = [str(rule) for rule in figure.labels["rule"]]
    fig = make_subplots(1, len(rules), subplot_titles=rules, shared_yaxes=True)
    dress(fig, "The ring", 380)
    for panel, rows in enumerate(figure.data["clockwise"]):
        for state, line in enumerate(rows.T):
            fig.add_scatter(
                x=figure.data["step"][panel],
                y=line,
                mode="lines",
                line={"color": COLOURS[state % len(COLOURS)], "width": 1.2},
                name=f"state {state}",
                showlegend=False,
                row=1,
                col=panel + 1,
            )
    fig.update_xaxes(title_text="exact steps")
    fig.update_yaxes(title_text="probability of clockwise", col=1)
    return fig
