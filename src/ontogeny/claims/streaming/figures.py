"""Figures that several of the claims about streaming draw: arms side by side, and curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, COLOURS, INK, QUIET, add_seeds, empty


def bars_figure(
    name: str, what: str, found: Mapping[str, np.ndarray], beside: Mapping[str, float]
) -> Figure:
    """Return a row an arm: the mean over seeds, every seed, and a number beside where there is
    one.
    """
    told = "Dots are seeds, lines their means" + (", rings the pilot's." if beside else ".")
    return Figure(
        name,
        f"{what}, on a video that nothing was learned from. {told}",
        {**found, "beside": np.array([beside.get(arm, np.nan) for arm in found])},
        {"names": list(found), "what": [what]},
        draw_bars,
    )


def draw_bars(figure: Figure) -> go.Figure:
    """Return a row an arm."""
    names = [str(name) for name in figure.labels["names"]][::-1]
    fig = empty("", str(figure.labels["what"][0]), "", height=140 + 34 * len(names))
    look = {
        "seeds": {"color": QUIET, "size": 6},
        "means": {"color": ACCENT, "size": 16, "symbol": "line-ns-open", "line": {"width": 3}},
        "pilot": {"color": INK, "size": 11, "symbol": "circle-open"},
    }
    places = {
        "seeds": [(x, name) for name in names for x in figure.data[name]],
        "means": [(figure.data[name].mean(), name) for name in names],
        "pilot": list(zip(figure.data["beside"][::-1], names, strict=True)),
    }
    for what, marker in look.items():
        x, y = zip(*places[what], strict=True)
        fig.add_scatter(x=x, y=y, mode="markers", marker=marker, showlegend=False)
    fig.update_yaxes(automargin=True, categoryorder="array", categoryarray=names)
    fig.update_xaxes(rangemode="tozero")
    return fig


def curves_figure(
    name: str, what: str, axis: str, x: np.ndarray, rows: Mapping[str, np.ndarray]
) -> Figure:
    """Return a line an arm, [x, seed] each."""
    return Figure(
        name,
        f"{what}, on a video that nothing was learned from. Dots are seeds.",
        {"x": x, **rows},
        {"names": list(rows), "what": [what], "axis": [axis]},
        draw_curves,
    )


def draw_curves(figure: Figure) -> go.Figure:
    """Return a line an arm."""
    fig = empty("", str(figure.labels["axis"][0]), str(figure.labels["what"][0]))
    for name, colour in zip(figure.labels["names"], COLOURS, strict=False):
        add_seeds(fig, figure.data["x"], figure.data[str(name)], colour, str(name))
    return fig
