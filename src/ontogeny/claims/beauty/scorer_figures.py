"""The figures of the claims about scorers: methods beside each other, and kinds of damage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, COLOURS, QUIET, SECOND, empty

CHANCE = 0.5
SHARE = "share of damaged versions below their original"


def methods_figure(asked: Mapping[str, Float[np.ndarray, " photo"]], part: str) -> Figure:
    """Return the figure of every method: how often a photograph is above its damaged versions."""
    return Figure(
        f"methods_{part}",
        "How often a photograph that was held is above its damaged versions, by what it is scored "
        "with. A dot a photograph; bars are means. Dotted: chance.",
        {f"method {number}": values for number, values in enumerate(asked.values())},
        {"names": list(asked)},
        draw_methods,
    )


def kinds_figure(
    table: Mapping[str, Float[np.ndarray, " strength"]],
    unseen: Mapping[str, Float[np.ndarray, " photo"]],
    part: str,
) -> Figure:
    """Return the figure of every kind of damage: by strength where heads learned from it (or never
    could), and where it was left out.
    """
    names = list(table)
    return Figure(
        f"kinds_{part}",
        "The same by kind of damage and strength, mild to strong. Diamonds: where that kind was in "
        "nothing that was learned from.",
        {
            "table": np.stack(list(table.values())),
            "unseen": np.array([unseen[n].mean() if n in unseen else np.nan for n in names]),
        },
        {"names": names},
        draw_kinds,
    )


def draw_methods(figure: Figure) -> go.Figure:
    """Return a bar a method, and a dot a photograph."""
    fig = empty("Original above damaged", "", SHARE, height=420, range=[0, 1.04])
    for number, name in enumerate(map(str, figure.labels["names"])):
        values = figure.data[f"method {number}"]
        colour = ACCENT if number == 0 else SECOND
        fig.add_bar(x=[name], y=[values.mean()], marker={"color": colour, "opacity": 0.55})
        dots = {"color": colour, "size": 5, "opacity": 0.7}
        fig.add_scatter(x=[name] * len(values), y=values, mode="markers", marker=dots)
    fig.add_hline(y=CHANCE, line={"color": QUIET, "dash": "dot", "width": 1})
    fig.update_layout(showlegend=False)
    return fig


def draw_kinds(figure: Figure) -> go.Figure:
    """Return three bars a kind, by strength, and a diamond where it was left out."""
    names = list(map(str, figure.labels["names"]))
    fig = empty("Original above damaged, by kind", "", SHARE, height=440, range=[0, 1.04])
    words = ("mild", "middling", "strong")
    for word, colour, column in zip(words, COLOURS[4::-2], figure.data["table"].T, strict=False):
        fig.add_bar(x=names, y=column, name=word, marker={"color": colour})
    diamonds = {"symbol": "diamond", "size": 9, "color": "#000000"}
    unseen = figure.data["unseen"]
    fig.add_scatter(x=names, y=unseen, mode="markers", marker=diamonds, name="never learned from")
    fig.add_hline(y=CHANCE, line={"color": QUIET, "dash": "dot", "width": 1})
    return fig
