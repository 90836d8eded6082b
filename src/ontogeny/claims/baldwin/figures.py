"""The figures of the claims about the Baldwin effect, drawn from what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_band, dress, empty

NAMES = {"darwin": "no learning", "baldwin": "Baldwin", "lamarck": "Lamarck"}
SHADES = {"baldwin": 0, "lamarck": 1, "darwin": 2}  # of the theme's colours


def draw_needle(figure: Figure) -> go.Figure:
    """Return the shares of right, wrong and open places by generation, a panel an inheritance."""
    modes = list(figure.data)
    fig = make_subplots(
        rows=1, cols=len(modes), shared_yaxes=True, subplot_titles=[NAMES[m] for m in modes]
    )
    dress(fig, "What becomes of the places of a genome", 380)
    for column, mode in enumerate(modes, 1):
        for index, name in enumerate(figure.labels[mode]):
            rows = figure.data[mode][index]  # [seed, generation]
            _mean(
                fig,
                np.arange(rows.shape[1]),
                rows,
                str(name),
                COLOURS[index],
                row=1,
                col=column,
                shown=column == 1,
            )
        fig.update_xaxes(title_text="generation", row=1, col=column)
    fig.update_yaxes(title_text="share of places", row=1, col=1)
    fig.update_yaxes(range=[-0.02, 1.02])
    fig.update_layout(legend_y=1.1, margin_t=110)
    return fig


def draw_direction(figure: Figure) -> go.Figure:
    """Return scores before and after learning by generation, and what a longer life makes."""
    fig = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        column_widths=[0.6, 0.4],
        horizontal_spacing=0.05,
        subplot_titles=["while they evolve", "a life of the last generation's best"],
    )
    dress(fig, "Return towards a hidden direction", 420)
    for mode in map(str, figure.labels["modes"]):
        colour, name = COLOURS[SHADES[mode]], NAMES[mode]
        after, before = figure.data[f"{mode} after"], figure.data[f"{mode} before"]
        rounds = np.arange(after.shape[1])
        _mean(fig, rounds, after, name, colour, row=1, col=1)
        _mean(fig, rounds, before, name, colour, row=1, col=1, shown=False, dash="dot")
        best = figure.data[f"{mode} best"]
        _mean(fig, np.arange(best.shape[1]), best, name, colour, row=1, col=2, shown=False)
    for bound in figure.labels["bound"]:  # where it is known
        fig.add_hline(y=float(bound), line={"color": QUIET, "width": 1.5})
    fig.update_xaxes(title_text="generation", row=1, col=1)
    fig.update_xaxes(title_text="steps of learning", dtick=1, row=1, col=2)
    fig.update_yaxes(title_text="return", row=1, col=1)
    fig.update_layout(legend_y=1.1, margin_t=110)
    return fig


def draw_evaluations(figure: Figure) -> go.Figure:
    """Return the error after learning by how many tasks were lived or trained on."""
    fig = empty(
        "Sinusoids: error after learning",
        "task evaluations",
        "squared error",
        height=440,
        type="log",
    )
    fig.update_xaxes(type="log", dtick=1)
    for index, arm in enumerate(map(str, figure.labels["arms"])):
        errors, evaluations = figure.data[arm], figure.data[f"{arm} evaluations"]
        _mean(fig, evaluations, errors, arm, COLOURS[index])
    ticks = (0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5)
    fig.update_yaxes(tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    return fig


def _mean(
    fig: go.Figure,
    x: np.ndarray,
    rows: np.ndarray,
    name: str,
    colour: str,
    shown: bool = True,
    dash: str = "solid",
    **place: Any,
) -> None:
    """Draw the mean over seeds with its interval."""
    found = np.array([bootstrap_interval(column) for column in rows.T])
    add_band(fig, x, found[:, 1], found[:, 2], colour, **place)
    fig.add_scatter(
        x=x,
        y=found[:, 0],
        mode="lines",
        name=name,
        legendgroup=name,
        showlegend=shown,
        line={"color": colour, "width": 2.5, "dash": dash},
        **place,
    )
