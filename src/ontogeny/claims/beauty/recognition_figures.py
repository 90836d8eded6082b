"""The figure of quality and recognition from the rim of a network to its core."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, QUIET, SECOND, empty

COLOURS = {"quality": SECOND, "recognition": ACCENT, "dealt anew": QUIET}


def cores_by_kind(profile: Mapping[str, np.ndarray], where: str) -> Figure:
    """Return the figure of one platform's means by core number, over those of all."""
    return Figure(
        f"cores_{where}",
        "The mean of users by core number, as a multiple of that of all, on one platform: their "
        "photos' quality, the favourites that a photo has, and these dealt anew to users.",
        {"mean": np.stack([profile[name] for name in COLOURS])},
        {"kind": list(COLOURS), "core": [int(core) for core in profile["core"]]},
        draw_cores,
    )


def draw_cores(figure: Figure) -> go.Figure:
    """Return a line a quantity."""
    fig = empty("From the rim to the core", "core number, from", "times the mean of all users")
    for name, mean in zip(figure.labels["kind"], figure.data["mean"], strict=True):
        fig.add_scatter(
            x=[str(core) for core in figure.labels["core"]],
            y=mean,
            mode="lines+markers",
            line={"color": COLOURS[str(name)], "width": 2.5},
            name=str(name),
        )
    fig.update_xaxes(type="category")
    return fig
