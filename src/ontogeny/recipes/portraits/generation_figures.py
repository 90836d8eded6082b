"""Figures of what generates: a sheet of images, a table of sentences, and the schedules that
several populations found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from ontogeny.views.theme import COLOURS, FAINT, dress

CLEAR = "rgba(0, 0, 0, 0)"  # the page's own ground


def sheet_figure(
    sheets: Mapping[str, Float[np.ndarray, "batch height width"]], columns: int = 10
) -> go.Figure:
    """Return sheets of images side by side, each under its name; ink is dark."""
    fig = make_subplots(1, len(sheets), subplot_titles=list(sheets), horizontal_spacing=0.04)
    dress(fig, "Images", 470)
    for number, images in enumerate(sheets.values(), 1):
        pixels = _tiled(images, columns)
        fig.add_heatmap(
            z=np.round(pixels[::-1], 3).astype("float32"),  # row 0 at the bottom
            zmin=0,
            zmax=1,
            colorscale=[[0, "white"], [1, "black"]],
            showscale=False,
            hoverinfo="skip",
            row=1,
            col=number,
        )
        across = "x" if number == 1 else f"x{number}"
        fig.update_yaxes(visible=False, scaleanchor=across, constrain="domain", row=1, col=number)
        fig.update_xaxes(visible=False, constrain="domain", row=1, col=number)
    fig.update_layout(margin={"l": 8, "r": 8, "b": 8})
    return fig


def sentences_figure(title: str, columns: Mapping[str, Sequence[str]]) -> go.Figure:
    """Return a table of sentences, a column each."""
    fig = go.Figure()
    rows = max(map(len, columns.values()), default=0)
    dress(fig, title, 130 + 30 * rows)
    fig.add_table(
        header={
            "values": [f"<b>{escape(name)}</b>" for name in columns],
            "align": "left",
            "fill": {"color": CLEAR},
            "line": {"color": FAINT},
        },
        cells={
            "values": [[escape(said) for said in column] for column in columns.values()],
            "align": "left",
            "height": 28,
            "fill": {"color": CLEAR},
            "line": {"color": FAINT},
        },
    )
    fig.update_layout(margin={"l": 8, "r": 8, "b": 8})
    return fig


def schedules_figure(
    schedules: Mapping[str, Float[np.ndarray, "seed round"]], logarithmic: Sequence[str]
) -> go.Figure:
    """Return what each hyper was along the winner's ancestry: a panel a hyper, a line a seed."""
    names = list(schedules)
    fig = make_subplots(1, len(names), subplot_titles=names, horizontal_spacing=0.08)
    dress(fig, "The schedules that were found", 380)
    for column, (name, values) in enumerate(schedules.items(), 1):
        for seed, line in enumerate(values):
            fig.add_scatter(
                x=np.arange(line.size),
                y=line,
                mode="lines",
                line={"color": COLOURS[seed % len(COLOURS)], "width": 2, "shape": "hv"},
                name=f"seed {seed + 1}",
                legendgroup=str(seed),
                showlegend=column == 1,
                row=1,
                col=column,
            )
        fig.update_xaxes(title_text="round", row=1, col=column)
        if name in logarithmic:
            fig.update_yaxes(type="log", exponentformat="power", row=1, col=column)
        else:
            fig.update_yaxes(rangemode="tozero", row=1, col=column)
    fig.update_layout(legend={"y": 1.09})
    return fig


def _tiled(images: Float[np.ndarray, "batch height width"], columns: int) -> np.ndarray:
    """Return the images in rows of `columns`, a pixel of white around each."""
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    missing = -len(framed) % columns
    framed = np.concatenate([framed, np.zeros((missing, *framed.shape[1:]))])
    count, height, width = framed.shape
    rows = framed.reshape(count // columns, columns, height, width)
    return rows.transpose(0, 2, 1, 3).reshape(count // columns * height, columns * width)
