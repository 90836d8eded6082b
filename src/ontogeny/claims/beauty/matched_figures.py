"""The figures of matching where the effect is known: errors by arm, and the place of the edge."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, QUIET, SECOND, empty


def errors_figure(errors: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Return the figure of how far the plain and the matched difference are from the truth, [table]
    each, by arm.
    """
    return Figure(
        "matched",
        "How far from the truth the plain difference and the matched one are, a dot a table, by "
        "what is planted.",
        {"error": np.array([list(both) for both in errors.values()])},
        {"arm": list(errors), "estimate": ["plain", "matched"]},
        draw_errors,
    )


def draw_errors(figure: Figure) -> go.Figure:
    """Return boxes side by side."""
    fig = empty("Errors", "", "estimate minus truth", height=420)
    names = [str(name) for name in figure.labels["arm"]]
    for i, (estimate, colour) in enumerate(
        zip(figure.labels["estimate"], (QUIET, ACCENT), strict=True)
    ):
        values = figure.data["error"][:, i]
        fig.add_box(
            x=np.repeat(names, values.shape[1]),
            y=values.ravel(),
            name=str(estimate),
            marker={"color": colour, "size": 3},
            boxpoints="all",
            jitter=0.5,
        )
    fig.add_hline(y=0, line={"color": SECOND, "dash": "dash"})
    fig.update_layout(boxmode="group")
    return fig


def turns_figure(turns: np.ndarray, planted: float) -> Figure:
    """Return the figure of where the effect was found to turn, [table]; NaN where it was not."""
    return Figure(
        "turns",
        "The dose at which the effect was found to change its sign, over tables in which it does "
        f"at {planted:g}.",
        {"turn": turns, "planted": np.array([planted])},
        {},
        draw_turns,
    )


def draw_turns(figure: Figure) -> go.Figure:
    """Return a histogram, and a line at the truth."""
    fig = empty("Where the edge turns", "dose", "tables")
    found = figure.data["turn"]
    fig.add_histogram(x=found[np.isfinite(found)], marker={"color": ACCENT}, nbinsx=40)
    fig.add_vline(x=float(figure.data["planted"][0]), line={"color": SECOND, "dash": "dash"})
    return fig
