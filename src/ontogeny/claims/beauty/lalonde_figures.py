"""The figure of LaLonde's data: estimates by specification."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.social.matching.matched import Matched
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, QUIET, SECOND, empty, whiskers


def estimates_figure(found: Mapping[str, Matched], trial: float) -> Figure:
    """Return the figure of every specification's effect with its interval, in dollars."""
    effects = [one.effect for one in found.values()]
    return Figure(
        "lalonde",
        "The effect of job training on a year's earnings: what a trial found, and what matching "
        "finds from the trained and a survey, by specification, with 95 % intervals.",
        {
            "effect": np.array([[e.low, e.value, e.high] for e in effects]),
            "trial": np.array([trial]),
        },
        {"effect": list(found)},
        draw_estimates,
    )


def draw_estimates(figure: Figure) -> go.Figure:
    """Return a row a specification, and a line at the trial's effect."""
    low, value, high = figure.data["effect"].T
    trial = float(figure.data["trial"][0])
    names = [str(name) for name in figure.labels["effect"]]
    fig = empty("Job training", "dollars a year", "", height=120 + 24 * len(names))
    fig.add_scatter(
        x=value,
        y=names,
        mode="markers",
        marker={"color": ACCENT, "size": 8},
        error_x=whiskers(low, value, high, QUIET),
        name="matched",
    )
    fig.add_vline(x=trial, line={"color": SECOND, "dash": "dash"}, annotation_text="the trial")
    fig.update_yaxes(autorange="reversed")
    return fig
