"""How well a start adapts to curves, beside the ideal learner: the error by step, and some fits."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.learners.maml.adapter import Adapter, headed
from ontogeny.learners.maml.config import MAMLConfig, NetworkConfig
from ontogeny.learners.maml.maml import Start, adapt, losses_by_step
from ontogeny.learners.maml.problems import squared_error
from ontogeny.views.figure import Figure
from ontogeny.views.theme import (
    ACCENT,
    COLOURS,
    FAINT,
    INK,
    QUIET,
    SECOND,
    add_seeds,
    dress,
    empty,
)
from ontogeny.worlds.sources.sinusoids import INPUT, CurveSource

TESTED = 600  # fresh curves
STEPS = 10
SHOWN = (0, 1, STEPS)
PLACES = 101
CEILING = 8.0  # of the squared error that is drawn: what diverges leaves the figure there


class Learned(NamedTuple):
    """A start and how it adapts."""

    config: MAMLConfig
    network: NetworkConfig
    start: Start
    rate: Any


def errors_by_step(
    source: CurveSource, learned: Learned, seed: int, seeds: bool = False, tested: int = TESTED
) -> np.ndarray:
    """Return the mean squared error on fresh curves after 0 … STEPS steps, [step]; with `seeds` the
    start and its rate have a leading axis, and so has the answer.
    """
    network = headed(learned.network, (1,), 1)
    tasks = jax.random.split(_test_key(seed), tested)

    def one(start: Start, rate: Any) -> Any:
        def of_task(key: Any) -> Any:
            task = source.draw(key)[1]
            return losses_by_step(squared_error, network, learned.config, start, rate, task, STEPS)

        return jnp.mean(jax.vmap(of_task)(tasks), axis=0)

    measure = jax.vmap(one) if seeds else one
    return np.asarray(jax.jit(measure)(learned.start, learned.rate), np.float64)


def exact_errors(source: CurveSource, seed: int, tested: int = TESTED) -> tuple[float, float]:
    """Return the mean squared error of the best prediction before and after the support, on the
    curves that `errors_by_step` draws from this seed.
    """

    def one(key: Any) -> Any:
        task = source.draw(key)[1]
        before = source.innate(task.query.inputs)
        after = source.ideal(task.support, task.query.inputs)
        targets = task.query.targets
        return squared_error(before, targets), squared_error(after, targets)

    keys = jax.random.split(_test_key(seed), tested)
    before, after = jax.jit(lambda keys: jax.lax.map(one, keys, batch_size=min(20, tested)))(keys)
    return float(jnp.mean(before)), float(jnp.mean(after))


def step_figure(
    curves: Mapping[str, np.ndarray], exact: tuple[float, float], what: str, tested: int = TESTED
) -> Figure:
    """Return the figure of errors by step, [seed, step] for each name."""
    return Figure(
        "steps",
        f"Squared error on {tested} fresh curves. {what} Dotted: what nothing can beat, before "
        f"the examples ({exact[0]:.3f}) and after them ({exact[1]:.2g}). "
        "A line ends where a seed diverges.",
        dict(curves) | {"exact": np.array(exact)},
        {"names": list(curves)},
        draw_steps,
    )


def fitted_figure(
    source: CurveSource, learners: Mapping[str, Learned], seed: int, count: int = 3
) -> Figure:
    """Return the figure of what each learner says of a few fresh curves."""
    x = jnp.linspace(*INPUT, PLACES)[:, None]
    keys = jax.random.split(jax.random.fold_in(_test_key(seed), 1), count)
    supports = jax.jit(jax.vmap(lambda key: source.draw(key)[1].support))(keys)
    said: dict[str, np.ndarray] = {}
    for name, learned in learners.items():

        def one(support: Any, start: Start, rate: Any, learned: Learned = learned) -> Any:
            network = headed(learned.network, (1,), 1)

            def look(arrays: Any) -> Any:
                return jax.vmap(network.whole(arrays))(x)[:, 0]

            way = adapt(squared_error, network, learned.config, start, rate, support, STEPS, look)
            return way.seen[np.array(SHOWN)]

        each = jax.jit(jax.vmap(one, in_axes=(0, None, None)))
        said[name] = np.asarray(each(supports, learned.start, learned.rate))
    points = np.concatenate([np.asarray(supports.inputs), np.asarray(supports.targets)], axis=-1)
    ideal = np.asarray(jax.jit(jax.vmap(lambda s: source.ideal(s, x)[:, 0]))(supports))
    return Figure(
        "fits",
        "Fresh curves (a column each), their examples (crosses), and what is said before and after "
        "gradient steps on them.",
        {"x": np.asarray(x[:, 0]), "ideal": ideal, "support": points, **said},
        {"learners": list(said), "steps": list(SHOWN)},
        draw_fits,
    )


def portrait(source: CurveSource, product: Adapter, seed: int) -> list[Figure]:
    """Return the figures of a grown adapter, its test curves drawn from the seed."""
    learned = Learned(product.config, product.network, product.start, product.rate)
    errors = errors_by_step(source, learned, seed)
    what = f"The winner: {errors[0]:.3f} before, {errors[1]:.3f} after one step."
    return [
        step_figure({"winner": errors[None]}, exact_errors(source, seed), what),
        fitted_figure(source, {"winner": learned}, seed),
    ]


def draw_steps(figure: Figure) -> go.Figure:
    """Return the error after each step of adaptation: a line a method, a dot a seed, and the least
    possible before and after the examples. The axis is stretched by the square root, which shows
    zero and tells small errors apart.
    """
    curves = {str(name): figure.data[str(name)] for name in figure.labels["names"]}
    innate, ideal = map(float, figure.data["exact"])
    last = max(rows.shape[1] for rows in curves.values()) - 1
    fig = empty(
        "Error after each step of adaptation",
        "steps of gradient descent",
        "squared error",
        height=440,
    )
    top = 0.0
    for (name, rows), colour in zip(curves.items(), (*COLOURS, INK), strict=False):
        rows = np.where(np.isfinite(rows) & (rows < CEILING), rows, np.nan)
        mean = np.mean(rows, axis=0)  # no line where a seed has diverged
        top = max(top, float(np.nanmax(mean, initial=innate)))
        step, roots = np.arange(rows.shape[1]), np.sqrt(rows.T)
        add_seeds(fig, step, roots, colour, name, mean=np.sqrt(mean), opacity=0.6)
    for error, said, side in (
        (innate, "least possible before the examples", "bottom"),
        (ideal, "ideal learner", "top"),
    ):
        y = float(np.sqrt(max(error, 0.0)))
        fig.add_scatter(
            x=[0, last],
            y=[y, y],
            mode="lines",
            line={"color": INK, "width": 1, "dash": "dot"},
            showlegend=False,
            name=said,
        )
        fig.add_annotation(x=last, y=y, text=said, showarrow=False, xanchor="right", yanchor=side)
    ticks = np.array([0, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7])
    high = float(np.sqrt(top))
    fig.update_xaxes(dtick=1)
    fig.update_yaxes(
        range=[-0.12 * high, 1.05 * high],
        tickvals=np.sqrt(ticks),
        ticktext=[f"{tick:g}" for tick in ticks],
    )
    return fig


def draw_fits(figure: Figure) -> go.Figure:
    """Return a row a learner and a column a task: what the learner says after the shown numbers of
    steps, the examples, and what the ideal learner says.
    """
    x, ideal, support = (figure.data[name] for name in ("x", "ideal", "support"))
    learners, shown = map(str, figure.labels["learners"]), map(int, figure.labels["steps"])
    said = {name: figure.data[name] for name in learners}  # [task, steps, place]
    words = ["before" if n == 0 else f"after {n} step{'s' * (n > 1)}" for n in shown]
    n_tasks = len(ideal)
    fig = make_subplots(
        rows=len(said),
        cols=n_tasks,
        shared_xaxes=True,
        shared_yaxes="all",  # pyright: ignore[reportArgumentType]  (plotly has three words more)
        horizontal_spacing=0.03,
        vertical_spacing=0.06,
        row_titles=[escape(name) for name in said],
    )
    dress(fig, "What is said of three curves", 130 + 210 * len(said))
    tones = (QUIET, SECOND, ACCENT, *COLOURS[2:])
    for row, rows in enumerate(said.values(), start=1):
        for task in range(n_tasks):
            first = row == 1 and task == 0
            lines = [("ideal learner", ideal[task], {"color": FAINT, "width": 7})]
            for place, word in enumerate(words):
                dash = "dot" if word == "before" else "solid"
                look = {"color": tones[place], "width": 2, "dash": dash}
                lines.append((word, rows[task, place], look))
            for name, y, line in lines:
                fig.add_scatter(
                    x=x,
                    y=y,
                    mode="lines",
                    line=line,
                    name=name,
                    legendgroup=name,
                    showlegend=first,
                    row=row,
                    col=task + 1,
                )
            fig.add_scatter(
                x=support[task, :, 0],
                y=support[task, :, 1],
                mode="markers",
                marker={"color": INK, "size": 7, "symbol": "cross-thin", "line": {"width": 2}},
                name="examples",
                legendgroup="examples",
                showlegend=first,
                row=row,
                col=task + 1,
            )
    for task in range(n_tasks):
        fig.update_xaxes(title_text="x", row=len(said), col=task + 1)
    high = 1.25 * float(np.abs(ideal).max())
    fig.update_yaxes(range=[-high, high])
    return fig


def _test_key(seed: int) -> Any:
    return jax.random.fold_in(jax.random.key(seed), 1)
