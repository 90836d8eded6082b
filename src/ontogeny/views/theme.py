"""How figures look: white ground, grey members, one accent, colours for colour-blind eyes too.

Source of the colours: Okabe and Ito 2008, "Color Universal Design".
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

ACCENT = "#d55e00"  # what the figure is about: the winning line, what was found
SECOND = "#0072b2"  # what it is held against
COLOURS = (ACCENT, SECOND, "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
FAINT = "rgba(128, 128, 128, 0.35)"  # the crowd; legible on white and on black
QUIET = "rgba(128, 128, 128, 0.8)"  # marks beside the crowd
GRID = "rgba(128, 128, 128, 0.18)"
INK = "#1c1c1c"
GROWING = [[0.0, "#f1f4f7"], [0.5, "#b3cde0"], [1.0, "#4a8bbd"]]  # worst to best score
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def figure(title: str, x: str, y: str, *, height: int = 380, **axis: Any) -> go.Figure:
    """Return an empty figure. `x` and `y` are the axes' titles with their units; `axis` goes to the
    y axis.
    """
    empty = go.Figure()
    dress(empty, title, height)
    empty.update_xaxes(title_text=x)
    empty.update_yaxes(title_text=y, **axis)
    return empty


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
    whole = {"tickformat": ",d", "range": [-margin, max(rounds - 1, 0) + margin]}
    return whole | {"dtick": 1} if rounds <= 10 else whole
