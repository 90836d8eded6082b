"""Figures of few-shot methods side by side: what they come to, and how they get there."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from ontogeny.views.theme import ACCENT, COLOURS, INK, QUIET, SECOND, figure

MARGIN = 2  # pixels of ground around a picture of an episode


def accuracies_figure(title: str, arms: Mapping[str, Float[np.ndarray, " seed"]]) -> go.Figure:
    """Return a row an arm, the best on top: a dot a seed, and the mean as a line with its number.
    Accuracies are in percent; the first arm is what the figure is about.
    """
    first = next(iter(arms))
    order = sorted(arms, key=lambda name: float(np.mean(arms[name])))
    fig = figure(escape(title), "accuracy in percent", "", height=110 + 34 * len(order))
    for row, name in enumerate(order):
        values = np.asarray(arms[name], float)
        colour = ACCENT if name == first else SECOND
        fig.add_scatter(
            x=values,
            y=np.full(values.shape, row),
            mode="markers",
            marker={"color": colour, "size": 8, "opacity": 0.55},
            name=escape(name),
        )
        mean = float(values.mean())
        fig.add_shape(
            type="line",
            x0=mean,
            x1=mean,
            y0=row - 0.32,
            y1=row + 0.32,
            line={"color": colour, "width": 2.5},
        )
        fig.add_annotation(
            x=float(values.max()),
            y=row,
            text=f"{mean:.1f}",
            showarrow=False,
            xanchor="left",
            xshift=10,
            font={"color": colour, "size": 13},
        )
    low = min(float(np.min(values)) for values in arms.values())
    high = max(float(np.max(values)) for values in arms.values())
    room = max(high - low, 1.0)
    fig.update_xaxes(range=[low - 0.06 * room, high + 0.12 * room])
    fig.update_yaxes(
        tickvals=list(range(len(order))),
        ticktext=[escape(name) for name in order],
        range=[-0.6, len(order) - 0.4],
    )
    fig.update_layout(showlegend=False)
    return fig


def learning_figure(
    title: str,
    arms: Mapping[str, Float[np.ndarray, "round seed"]],
    updates: Int[np.ndarray, " round"],
) -> go.Figure:
    """Return each arm's accuracy in percent against the updates: a line an arm, a dot a seed."""
    fig = figure(escape(title), "updates", "accuracy in percent")
    for (name, values), colour in zip(arms.items(), (*COLOURS, QUIET), strict=False):
        shown = np.asarray(values, float)
        fig.add_scatter(
            x=updates,
            y=shown.mean(axis=1),
            mode="lines",
            line={"color": colour, "width": 2.5},
            name=escape(name),
        )
        fig.add_scatter(
            x=np.repeat(updates, shown.shape[1]),
            y=shown.ravel(),
            mode="markers",
            marker={"color": colour, "size": 5, "opacity": 0.5},
            showlegend=False,
            hoverinfo="skip",
        )
    return fig


def episode_figure(
    support: Float[np.ndarray, "way shot height width"],
    query: Float[np.ndarray, "way query height width"],
    told: Int[np.ndarray, "way query"],
) -> go.Figure:
    """Return an episode of pictures (ink high): a row a class, what was learned from, a line, what
    was asked. A frame marks what was told wrong, with the row that it was taken for.
    """
    n_ways, n_shots = support.shape[:2]
    room = ((0, 0), (0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))
    cells = np.pad(np.concatenate([support, query], axis=1), room)
    height, width = cells.shape[2:]
    sheet = cells.transpose(0, 2, 1, 3).reshape(n_ways * height, -1)
    fig = figure("One episode", "", "", height=90 + 64 * n_ways)
    fig.add_heatmap(
        z=sheet,
        colorscale=[[0, "#ffffff"], [1, INK]],
        showscale=False,
        hoverinfo="skip",
    )
    edge = n_shots * width - 0.5
    fig.add_shape(
        type="line",
        x0=edge,
        x1=edge,
        y0=-0.5,
        y1=n_ways * height - 0.5,
        line={"color": SECOND, "width": 2},
    )
    for row, column in np.argwhere(told != np.arange(n_ways)[:, None]):
        left, top = (n_shots + column) * width - 0.5, row * height - 0.5
        fig.add_shape(
            type="rect",
            x0=left + 0.5,
            x1=left + width - 0.5,
            y0=top + 0.5,
            y1=top + height - 0.5,
            line={"color": ACCENT, "width": 2},
        )
        fig.add_annotation(
            x=left + width - 2,
            y=top + 2.5,
            text=str(int(told[row, column]) + 1),
            showarrow=False,
            font={"color": ACCENT, "size": 12},
        )
    places = [row * height + height / 2 for row in range(n_ways)]
    fig.update_yaxes(
        autorange="reversed",
        scaleanchor="x",
        tickvals=places,
        ticktext=[str(row + 1) for row in range(n_ways)],
        showgrid=False,
    )
    fig.update_xaxes(visible=False, constrain="domain")
    return fig
