"""Figures of predictors beside exact Bayes: what they lose while they train, and step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float, Int
from plotly.subplots import make_subplots

from ontogeny.views.scales import decades
from ontogeny.views.theme import ACCENT, COLOURS, INK, QUIET, SECOND, dress, figure

NEAREST = 1e-7  # nats: a mean excess below it is drawn there, on a logarithmic axis


def excess_by_update_figure(
    curves: Mapping[str, Float[np.ndarray, "round seed"]],
    updates: Mapping[str, Int[np.ndarray, " round"]],
    units: Sequence[str],
) -> go.Figure:
    """Return each source's excess over Bayes against the updates: a line a source, a dot a seed."""
    fig = figure("What is lost over exact Bayes", "updates", "excess log-loss in nats", type="log")
    low, high = np.inf, 0.0
    for (name, excess), unit, colour in zip(curves.items(), units, COLOURS, strict=False):
        shown = np.maximum(np.asarray(excess, float), NEAREST)
        low, high = min(low, shown.min()), max(high, shown.max())
        x = np.asarray(updates[name])
        fig.add_scatter(
            x=x,
            y=np.exp(np.mean(np.log(shown), axis=1)),
            mode="lines",
            line={"color": colour, "width": 2.5},
            name=f"{escape(name)} ({escape(unit)})",
        )
        fig.add_scatter(
            x=np.repeat(x, shown.shape[1]),
            y=shown.ravel(),
            mode="markers",
            marker={"color": colour, "size": 4, "opacity": 0.5},
            showlegend=False,
            hoverinfo="skip",
        )
    if np.isfinite(low):
        fig.update_yaxes(tickvals=decades(low, high))
    return fig


def excess_by_step_figure(
    sources: Sequence[str], rows: Mapping[str, Float[np.ndarray, "seed time"]]
) -> go.Figure:
    """Return a panel a source: the predictor's excess at every step, exact Bayes as the zero line.

    `rows[source]` is the predictor's; `rows["source: other"]` another's, drawn dashed.
    """
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


def forecast_figure(
    came: Bool[np.ndarray, " time"],
    said: Float[np.ndarray, " time"],
    exact: Float[np.ndarray, " time"],
) -> go.Figure:
    """Return the probability of a symbol before every step, the network's and Bayes', and whether
    the symbol came.
    """
    fig = figure("One sequence, as it is foretold", "step", "probability", height=340)
    step = np.arange(1, len(said) + 1)
    fig.add_scatter(
        x=step,
        y=came.astype(float),
        mode="markers",
        marker={"color": QUIET, "size": 7},
        name="what came",
    )
    fig.add_scatter(
        x=step, y=exact, mode="lines", line={"color": SECOND, "width": 5}, name="exact Bayes"
    )
    fig.add_scatter(
        x=step, y=said, mode="lines", line={"color": ACCENT, "width": 2}, name="network"
    )
    fig.update_yaxes(range=[-0.05, 1.05])
    return fig
