"""The figure of the study on simulated platforms: effects beside the truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, QUIET, SECOND, empty

KINDS = ("truth", "plain difference", "matched")


def platforms_figure(shown: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """Return the figure of each experiment's effects on each kind of platform."""
    return Figure(
        "platforms",
        "Effects on simulated platforms, a dot a platform: the truth on all who were treated, the "
        "plain difference, and the matched one. E1 is following better people, E2 a large gap.",
        {"effect": np.array([np.stack(three) for three in shown.values()])},
        {"experiment": list(shown), "kind": list(KINDS)},
        draw_platforms,
    )


def draw_platforms(figure: Figure) -> go.Figure:
    """Return a row an experiment and kind of platform."""
    names = [str(name) for name in figure.labels["experiment"]]
    fig = empty("Effects", "difference of shares", "", height=140 + 44 * len(names))
    fig.add_vline(x=0, line={"color": QUIET})
    for place, (name, colour) in enumerate(
        zip(figure.labels["kind"], (SECOND, QUIET, ACCENT), strict=True)
    ):
        values = figure.data["effect"][:, place]
        rows = np.repeat(np.arange(len(names)) + 0.25 * (place - 1), values.shape[1])
        fig.add_scatter(
            x=values.ravel(),
            y=rows,
            mode="markers",
            marker={"color": colour, "size": 6, "opacity": 0.7},
            name=str(name),
        )
    fig.update_yaxes(autorange="reversed", tickvals=list(range(len(names))), ticktext=names)
    return fig
