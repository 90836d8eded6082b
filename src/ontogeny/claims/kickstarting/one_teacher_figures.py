"""The figures of the claims about one teacher and about entropy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_band, dress, empty


def curves(
    name: str,
    title: str,
    caption: str,
    panels: Mapping[str, Mapping[str, np.ndarray]],
    frames: float,
    levels: Sequence[float] = (),
) -> Figure:
    """Return what each panel says of the same arms, [round, seed], over their frames; lines at the
    levels. The figure's array is [panel, arm, round, seed].
    """
    values = np.stack([np.stack(list(arms.values())) for arms in panels.values()])
    spent = frames * np.arange(1, values.shape[2] + 1)
    data = {"values": values, "frames": spent, "levels": np.asarray(levels, float)}
    labels = {"title": [title], "panels": list(panels), "arms": list(next(iter(panels.values())))}
    return Figure(name, caption, data, labels, draw_curves)


def weights(weight: np.ndarray, frames: float) -> Figure:
    """Return the weight along the line of each population's best, [round, seed]."""
    data = {"weight": weight, "frames": frames * np.arange(1, len(weight) + 1)}
    caption = "The weight along the ancestry of each population's best at the end; a line a seed."
    return Figure("weights_by_pbt", caption, data, {}, draw_weights)


def draw_curves(figure: Figure) -> go.Figure:
    """Return the mean over seeds and their range, a panel each and a line an arm."""
    panels, spent = figure.labels["panels"], figure.data["frames"]
    fig = make_subplots(1, len(panels))
    dress(fig, str(figure.labels["title"][0]), 420)
    for column, arms in enumerate(figure.data["values"], 1):
        for index, (arm, values) in enumerate(zip(figure.labels["arms"], arms, strict=True)):
            turn, which = divmod(index, len(COLOURS))
            low, high = values.min(axis=1), values.max(axis=1)
            place: Any = {"row": 1, "col": column}
            add_band(fig, spent, low, high, COLOURS[which], opacity=0.08, **place)
            fig.add_scatter(
                x=spent,
                y=values.mean(axis=1),
                mode="lines",
                line={"color": COLOURS[which], "width": 2.5, "dash": "dash" if turn else "solid"},
                name=str(arm),
                legendgroup=str(arm),
                showlegend=column == 1,
                **place,
            )
        fig.update_yaxes(title_text=str(panels[column - 1]), row=1, col=column)
    for level in figure.data["levels"]:
        fig.add_hline(float(level), line={"color": QUIET, "dash": "dot"})
    fig.update_xaxes(title_text="frames of one student")
    return fig


def draw_weights(figure: Figure) -> go.Figure:
    """Return a line a seed, on a log scale."""
    fig = empty("The weight by PBT", "frames of one student", "weight", type="log")
    for index, line in enumerate(figure.data["weight"].T):
        colour = {"color": COLOURS[index % len(COLOURS)]}
        fig.add_scatter(
            x=figure.data["frames"], y=line, mode="lines", line=colour, showlegend=False
        )
    return fig
