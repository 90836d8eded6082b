"""How figures look: white ground, grey members, one accent, colours for colour-blind eyes too.

Source of the colours: Okabe and Ito 2008, "Color Universal Design".
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

ACCENT = "#d55e00"  # what the figure is about: the winning line, what was found
SECOND = "#0072b2"  # what it is held against
COLOURS = (ACCENT, SECOND, "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
FAINT = "rgba(128, 128, 128, 0.35)"  # the crowd; legible on white and on black
QUIET = "rgba(128, 128, 128, 0.8)"  # marks beside the crowd
GRID = "rgba(128, 128, 128, 0.18)"
INK = "#1c1c1c"
GROWING = [[0.0, "#f1f4f7"], [0.5, "#b3cde0"], [1.0, "#4a8bbd"]]  # worst to best score
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def empty(title: str, x: str, y: str, *, height: int = 380, **axis: Any) -> go.Figure:
    """Return an empty figure. `x` and `y` are the axes' titles with their units; `axis` goes to the
    y axis.
    """
    fig = go.Figure()
    dress(fig, title, height)
    fig.update_xaxes(title_text=x)
    fig.update_yaxes(title_text=y, **axis)
    return fig


def dress(plain: go.Figure, title: str, height: int) -> None:
    """Give a figure the house's look."""
    plain.update_layout(
        template=go.layout.Template(),
        title={"text": title, "x": 0, "xref": "paper", "xanchor": "left", "font": {"size": 17}},
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        height=height,
        margin={"l": 64, "r": 20, "t": 76, "b": 52},
        legend={"orientation": "h", "x": 0, "y": 1.01, "xanchor": "left", "yanchor": "bottom"},
        colorway=list(COLOURS),
        hovermode="closest",
    )
    look: dict[str, Any] = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": FAINT,
        "automargin": True,
        "title_standoff": 10,
    }
    plain.update_xaxes(showline=True, ticks="outside", tickcolor=FAINT, **look)
    plain.update_yaxes(**look)


def round_ticks(rounds: int) -> dict[str, Any]:
    """Return the settings of an axis of rounds, which shows all of them: whole numbers only."""
    margin = 0.5 if rounds < 3 else 0.015 * (rounds - 1)
    return count_ticks(rounds - 1) | {"range": [-margin, max(rounds - 1, 0) + margin]}


def count_ticks(most: int) -> dict[str, Any]:
    """Return the settings of an axis of counts up to so many: whole numbers only."""
    return {"tickformat": ",d"} | ({"dtick": 1} if most < 10 else {"nticks": 10})


def add_seeds(
    fig: go.Figure,
    x: Float[np.ndarray, " x"],
    rows: Float[np.ndarray, "x seed"],
    colour: str,
    name: str,
    *,
    mean: Float[np.ndarray, " x"] | None = None,
    **dots: Any,
) -> None:
    """Add the mean over seeds as a line, and every seed as dots. `mean` is drawn where it is not
    the arithmetic one; `dots` are plotly's settings of a marker.
    """
    fig.add_scatter(
        x=x,
        y=rows.mean(axis=1) if mean is None else mean,
        mode="lines",
        line={"color": colour, "width": 2.5},
        name=escape(name),
    )
    fig.add_scatter(
        x=np.repeat(x, rows.shape[1]),
        y=rows.ravel(),
        mode="markers",
        marker={"color": colour, "size": 4, "opacity": 0.5} | dots,
        showlegend=False,
        hoverinfo="skip",
    )


def add_band(
    fig: go.Figure,
    x: Float[np.ndarray, " x"],
    low: Float[np.ndarray, " x"],
    high: Float[np.ndarray, " x"],
    colour: str,
    *,
    name: str | None = None,
    opacity: float = 0.15,
    **place: Any,
) -> None:
    """Add the band between two curves; one with a name is in the legend. `place` is the row and the
    column of its panel.
    """
    fig.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=colour,
        opacity=opacity,
        name=name,
        showlegend=name is not None,
        hoverinfo="skip",
        **place,
    )


def whiskers(
    low: Float[np.ndarray, " x"],
    value: Float[np.ndarray, " x"],
    high: Float[np.ndarray, " x"],
    colour: str,
) -> dict[str, Any]:
    """Return plotly's error bars of values between their bounds."""
    return {
        "type": "data",
        "symmetric": False,
        "array": high - value,
        "arrayminus": value - low,
        "color": colour,
    }
