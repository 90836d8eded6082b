"""Figures of curves learned from a few examples: the error step by step, and what was fitted. What
is exactly optimal is drawn in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from ontogeny.views.theme import ACCENT, COLOURS, FAINT, INK, QUIET, SECOND, dress, figure

CEILING = 8.0  # of the squared error that is drawn: what diverges leaves the figure there


def error_by_step_figure(
    curves: Mapping[str, Float[np.ndarray, "seed step"]], innate: float, ideal: float
) -> go.Figure:
    """Return the error after each step of adaptation: a line a method, a dot a seed.

    `innate` is the least possible error before any example, `ideal` that after them. The axis is
    stretched by the square root, which shows zero and tells small errors apart.
    """
    last = max(rows.shape[1] for rows in curves.values()) - 1
    fig = figure(
        "Error after each step of adaptation",
        "steps of gradient descent",
        "squared error",
        height=440,
    )
    top = 0.0
    for (name, rows), colour in zip(curves.items(), (*COLOURS, INK), strict=False):
        rows = np.where(np.isfinite(rows) & (rows < CEILING), rows, np.nan)
        step = np.arange(rows.shape[1])
        mean = np.mean(rows, axis=0)  # no line where a seed has diverged
        top = max(top, float(np.nanmax(mean, initial=innate)))
        fig.add_scatter(
            x=step,
            y=np.sqrt(mean),
            mode="lines",
            line={"color": colour, "width": 2.5},
            name=escape(name),
        )
        fig.add_scatter(
            x=np.tile(step, len(rows)),
            y=np.sqrt(rows.ravel()),
            mode="markers",
            marker={"color": colour, "size": 4, "opacity": 0.6},
            showlegend=False,
            hoverinfo="skip",
        )
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


def fits_figure(
    x: Float[np.ndarray, " place"],
    ideal: Float[np.ndarray, "task place"],
    support: Float[np.ndarray, "task shot two"],
    said: Mapping[str, Float[np.ndarray, "task shown place"]],
    shown: Sequence[int],
) -> go.Figure:
    """Return a row a learner and a column a task: what the learner says after the shown numbers of
    steps, the examples, and what the ideal learner says.
    """
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
            for place, steps in enumerate(shown):
                word = "before" if steps == 0 else f"after {steps} step{'s' * (steps > 1)}"
                look = {"color": tones[place], "width": 2, "dash": "dot" if steps == 0 else "solid"}
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
