"""The figures of the claims about one teacher."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, empty


def curves(score: dict[str, np.ndarray], level: float, frames: float) -> Figure:
    """Return the scores of each arm, [round, seed], over its frames, and the teacher's."""
    data = {
        "score": np.stack(list(score.values())),
        "frames": frames * np.arange(1, len(next(iter(score.values()))) + 1),
        "level": np.array(level),
    }
    caption = "Mean return of the last games, mean of the seeds (of PBT: of whole populations). "
    caption += "Dotted: what the teacher earns."
    return Figure("one_teacher", caption, data, {"arms": list(score)}, draw_curves)


def weights(weight: np.ndarray, frames: float) -> Figure:
    """Return the weight along the line of each population's best, [round, seed]."""
    data = {"weight": weight, "frames": frames * np.arange(1, len(weight) + 1)}
    caption = "The weight along the ancestry of each population's best at the end; a line a seed."
    return Figure("weights_by_pbt", caption, data, {}, draw_weights)


def draw_curves(figure: Figure) -> go.Figure:
    """Return a line an arm, and a dotted one for the teacher."""
    fig = empty("Students of one small teacher", "frames of one student", "return")
    for index, (arm, score) in enumerate(
        zip(figure.labels["arms"], figure.data["score"], strict=True)
    ):
        turn, which = divmod(index, len(COLOURS))
        line = {"color": COLOURS[which], "width": 2.5, "dash": "dash" if turn else "solid"}
        x, y = figure.data["frames"], score.mean(axis=1)
        fig.add_scatter(x=x, y=y, mode="lines", line=line, name=str(arm))
    fig.add_hline(float(figure.data["level"]), line={"color": QUIET, "dash": "dot"})
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
