"""The figure of what strings are given back as, by how they were written."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, add_seeds, empty


def online_figure(wrong: Mapping[str, np.ndarray]) -> Figure:
    """Return wrong bits of each string, [seed, string], for each way of writing."""
    return Figure(
        "online",
        "Wrong bits of each string, in the order in which they were written. Half erased: the first"
        " half was written again with the sign turned; written over: as many others were written "
        "after them. Dots are seeds.",
        dict(wrong),
        {"names": list(wrong)},
        draw_online,
    )


def draw_online(figure: Figure) -> go.Figure:
    """Return a line for each way of writing."""
    fig = empty("One after another", "string", "wrong bits")
    for name, colour in zip(figure.labels["names"], COLOURS, strict=False):
        rows = figure.data[str(name)].T
        add_seeds(fig, np.arange(1.0, len(rows) + 1), rows, colour, str(name))
    return fig
