"""The figures of the claims about rooms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_band, empty

FRAMES = "frames of one agent"


def curves(score: Mapping[str, np.ndarray], frames: float, level: float) -> Figure:
    """Return the returns of each arm, [round, seed], over its frames, and the level to reach."""
    values = np.stack(list(score.values()))
    spent = frames * np.arange(1, values.shape[1] + 1)
    data = {"values": values, "frames": spent, "level": np.array(level)}
    caption = "Exact discounted return of the last component alone, of PBT the mean of its "
    caption += "populations; bands are the seeds' range. Dotted: the return to reach."
    return Figure("rooms", caption, data, {"arms": list(score)}, draw_curves)


def alphas(alpha: np.ndarray, frames: float, rises: float) -> Figure:
    """Return alpha along the line of each population's best, [round, seed], and by schedule."""
    spent = frames * np.arange(1, len(alpha) + 1)
    by_hand = np.minimum(1, np.arange(len(alpha)) / (rises * len(alpha)))
    data = {"alpha": alpha, "schedule": by_hand, "frames": spent}
    caption = "The last component's weight along the ancestry of each population's best at the "
    caption += "end, a line a seed. Dotted: by schedule."
    return Figure("rooms_alpha", caption, data, {}, draw_alphas)


def draw_curves(figure: Figure) -> go.Figure:
    """Return a line an arm, with the seeds' range."""
    fig = empty("Few actions into many, in four rooms", FRAMES, "return of the last component")
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
