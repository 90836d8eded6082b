"""The figures of the claims about rooms and errands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_band, dress, empty

FRAMES = "frames of one agent"


def curves(
    name: str,
    title: str,
    score: Mapping[str, np.ndarray],
    frames: float,
    level: float,
    what: str = "Exact discounted return of the last component alone",
) -> Figure:
    """Return the returns of each arm, [round, seed], over its frames, and the level to reach."""
    values = np.stack(list(score.values()))
    spent = frames * np.arange(1, values.shape[1] + 1)
    data = {"values": values, "frames": spent, "level": np.array(level)}
    caption = f"{what}, of PBT the mean of its populations; bands are the seeds' range. Dotted: "
    caption += "the return to reach."
    labels = {"title": [title], "arms": list(score)}
    return Figure(name, caption, data, labels, draw_curves)


def alphas(name: str, alpha: np.ndarray, frames: float, rises: float) -> Figure:
    """Return alpha along the line of each population's best, [round, seed], and by schedule."""
    spent = frames * np.arange(1, len(alpha) + 1)
    by_hand = np.minimum(1, np.arange(len(alpha)) / (rises * len(alpha)))
    data = {"alpha": alpha, "schedule": by_hand, "frames": spent}
    caption = "The last component's weight along the ancestry of each population's best at the "
    caption += "end, a line a seed. Dotted: by schedule."
    return Figure(name, caption, data, {}, draw_alphas)


def panels(
    name: str, title: str, tasks: Sequence[str], arms: Mapping[str, np.ndarray], frames: float
) -> Figure:
    """Return the returns of each arm, [task, round, seed], over its frames, a panel a task."""
    values = np.stack(list(arms.values()))
    data = {"values": values, "frames": frames * np.arange(1, values.shape[2] + 1)}
    caption = "Exact discounted return of the last component alone, of PBT the mean of its "
    caption += "populations; bands are the seeds' range."
    labels = {"title": [title], "tasks": list(tasks), "arms": list(arms)}
    return Figure(name, caption, data, labels, draw_panels)


def draw_panels(figure: Figure) -> go.Figure:
    """Return a panel a task and a line an arm, with the seeds' range."""
    tasks, spent = [str(task) for task in figure.labels["tasks"]], figure.data["frames"]
    fig = make_subplots(1, len(tasks), subplot_titles=tasks, shared_yaxes=True)
    dress(fig, str(figure.labels["title"][0]), 420)
    for arm, each, colour in zip(
        figure.labels["arms"], figure.data["values"], COLOURS, strict=False
    ):
        for column, values in enumerate(each, 1):
            at: Any = {"row": 1, "col": column}
            add_band(fig, spent, values.min(axis=1), values.max(axis=1), colour, opacity=0.08, **at)
            line = {"color": colour, "width": 2.5}
            look = {"line": line, "name": str(arm), "legendgroup": str(arm)}
            mean = values.mean(axis=1)
            fig.add_scatter(x=spent, y=mean, mode="lines", showlegend=column == 1, **look, **at)
    fig.update_xaxes(title_text=FRAMES)
    fig.update_yaxes(title_text="return", col=1)
    fig.update_layout(legend={"y": 1.12})
    return fig


def draw_curves(figure: Figure) -> go.Figure:
    """Return a line an arm, with the seeds' range."""
    fig = empty(str(figure.labels["title"][0]), FRAMES, "return")
    spent = figure.data["frames"]
    for index, (arm, values) in enumerate(
        zip(figure.labels["arms"], figure.data["values"], strict=True)
    ):
        turn, which = divmod(index, len(COLOURS))
        low, high = values.min(axis=1), values.max(axis=1)
        add_band(fig, spent, low, high, COLOURS[which], opacity=0.08)
        dash = "dash" if turn else "solid"
        line = {"color": COLOURS[which], "width": 2.5, "dash": dash}
        fig.add_scatter(x=spent, y=values.mean(axis=1), mode="lines", line=line, name=str(arm))
    fig.add_hline(float(figure.data["level"]), line={"color": QUIET, "dash": "dot"})
    return fig


def draw_alphas(figure: Figure) -> go.Figure:
    """Return a line a seed, and the schedule."""
    fig = empty("Alpha by PBT", FRAMES, "alpha", range=[-0.02, 1.02])
    spent = figure.data["frames"]
    for index, line in enumerate(figure.data["alpha"].T):
        look = {"color": COLOURS[index % len(COLOURS)]}
        fig.add_scatter(x=spent, y=line, mode="lines", line=look, name=f"seed {index + 1}")
    dotted = {"color": QUIET, "dash": "dot"}
    fig.add_scatter(
        x=spent, y=figure.data["schedule"], mode="lines", line=dotted, name="by schedule"
    )
    return fig
