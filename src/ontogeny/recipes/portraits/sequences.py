"""What a predictor has become, beside exact Bayes: what it loses step by step, and one sequence."""

from __future__ import annotations

from html import escape

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.learners.sequential.forecaster import Forecaster
from ontogeny.learners.sequential.predictor import excess_along
from ontogeny.learners.sequential.tasks import Task
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, INK, QUIET, SECOND, dress, empty

TESTED = 2048  # fresh sequences


def portrait(task: Task, product: Forecaster, seed: int) -> list[Figure]:
    """Return the figures of a task's predictor, its test sequences drawn from the seed."""
    key = jax.random.key(seed)
    measure = jax.jit(
        lambda arrays: jnp.mean(excess_along(task, product.core, arrays, key, TESTED), axis=0)
    )
    excess = np.asarray(measure(product.arrays), np.float64)
    figures = [
        Figure(
            "excess",
            f"Over {TESTED:,} fresh sequences the winner loses {excess.sum():.4f} nats a sequence "
            "over exact Bayes, the zero line.",
            {task.name: excess[None]},
            {"sources": [task.name]},
            draw_excess,
        )
    ]
    if task.symbolic:
        sequence = task.draw(jax.random.fold_in(key, 1))
        figures.append(
            Figure(
                "forecast",
                "One fresh sequence (dots), and the probability of the last symbol before each "
                "step.",
                {
                    "sequence": np.asarray(sequence),
                    "said": np.asarray(product(sequence))[:-1, -1],
                    "exact": np.asarray(task.exact(sequence))[:, -1],
                },
                {"symbol": [task.n_out - 1]},
                draw_forecast,
            )
        )
    return figures


def draw_excess(figure: Figure) -> go.Figure:
    """Return a panel a source: the predictor's excess at every step, exact Bayes as the zero line.

    The rows called by a source are its predictor's; those called "source: other" are another's, and
    drawn dashed.
    """
    rows, sources = figure.data, [str(name) for name in figure.labels["sources"]]  # [seed, time]
    n_columns = min(2, len(sources))
    n_rows = -(-len(sources) // n_columns)
    fig = make_subplots(
        rows=n_rows,
        cols=n_columns,
        subplot_titles=[escape(name) for name in sources],
        horizontal_spacing=0.09,
        vertical_spacing=0.2 / n_rows,
    )
    dress(fig, "Excess over exact Bayes, step by step", 120 + 280 * n_rows)
    fig.update_layout(showlegend=False)
    for number, source in enumerate(sources):
        row, col = number // n_columns + 1, number % n_columns + 1
        length = rows[source].shape[1]
        step = np.arange(1, length + 1)
        fig.add_scatter(
            x=step[[0, -1]],
            y=[0, 0],
            mode="lines",
            line={"color": INK, "width": 1},
            row=row,
            col=col,
        )
        others = {n.split(": ")[1]: r for n, r in rows.items() if n.startswith(f"{source}: ")}
        lines = {"network": rows[source], **others}
        for place, (name, excess) in enumerate(lines.items()):
            mean = excess.mean(axis=0)
            own = name == "network"
            fig.add_scatter(
                x=step,
                y=mean,
                mode="lines",
                line={"color": ACCENT, "width": 2.5} if own else {"color": SECOND, "dash": "dash"},
                name=escape(name),
                row=row,
                col=col,
            )
            fig.add_annotation(
                x=length,
                y=mean[-1],
                text=escape(name),
                showarrow=False,
                xanchor="right",
                yanchor="bottom",
                yshift=2 + 12 * place * own,
                font={"color": ACCENT if own else SECOND, "size": 12},
                row=row,
                col=col,
            )
        if number >= len(sources) - n_columns:
            fig.update_xaxes(title_text="step", row=row, col=col)
        if col == 1:
            fig.update_yaxes(title_text="nats", row=row, col=col)
    fig.update_yaxes(exponentformat="power")
    return fig


def draw_forecast(figure: Figure) -> go.Figure:
    """Return the probability of a symbol before every step, the network's and Bayes', and whether
    the symbol came.
    """
    said = figure.data["said"]
    came = figure.data["sequence"] == figure.labels["symbol"][0]
    fig = empty("One sequence, as it is foretold", "step", "probability", height=340)
    step = np.arange(1, len(said) + 1)
    fig.add_scatter(
        x=step,
        y=came.astype(float),
        mode="markers",
        marker={"color": QUIET, "size": 7},
        name="what came",
    )
    fig.add_scatter(
        x=step,
        y=figure.data["exact"],
        mode="lines",
        line={"color": SECOND, "width": 5},
        name="exact Bayes",
    )
    fig.add_scatter(
        x=step, y=said, mode="lines", line={"color": ACCENT, "width": 2}, name="network"
    )
    fig.update_yaxes(range=[-0.05, 1.05])
    return fig
