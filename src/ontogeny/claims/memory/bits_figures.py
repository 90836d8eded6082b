"""The figures of the claims about strings of bits: wrong bits by number of strings, and the course
of learning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.trainings import Trained
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, add_seeds, empty


def by_number_figure(
    wrong: Mapping[str, np.ndarray], asked: Sequence[int], numbers: Mapping[str, int]
) -> Figure:
    """Return wrong bits by number of strings, [number, seed] for each memory."""
    told = ", ".join(f"{name} {count}" for name, count in numbers.items())
    return Figure(
        "by_number",
        f"Wrong bits of what is given back, by how many strings are stored; numbers stored: {told}."
        " Dots are seeds.",
        dict(wrong),
        {"asked": list(asked), "names": list(wrong)},
        draw_by_number,
    )


def draw_by_number(figure: Figure) -> go.Figure:
    """Return a line for each memory."""
    asked = np.array(figure.labels["asked"])
    fig = empty("Equal numbers", "strings stored", "wrong bits")
    for name, colour in zip(figure.labels["names"], COLOURS, strict=False):
        add_seeds(fig, asked, figure.data[str(name)], colour, str(name))
    fig.update_xaxes(tickvals=asked)
    return fig


def course_figure(learned: Mapping[str, Trained]) -> Figure:
    """Return the error by update of each training, [round, seed]."""
    data: dict[str, np.ndarray] = {}
    for name, one in learned.items():
        data[f"{name} updates"], data[f"{name} error"] = one.updates, -one.score
    return Figure(
        "course",
        "Squared error of what is given back, on strings that nothing was learned from, over the "
        "updates. Dots are seeds.",
        data,
        {"names": list(learned)},
        draw_course,
    )


def draw_course(figure: Figure) -> go.Figure:
    """Return a line for each training."""
    fig = empty("Learning to store", "updates", "squared error of a string")
    for name, colour in zip(figure.labels["names"], COLOURS, strict=False):
        updates, error = (figure.data[f"{name} {what}"] for what in ("updates", "error"))
        add_seeds(fig, updates, error, colour, str(name))
    return fig
