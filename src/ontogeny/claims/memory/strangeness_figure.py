"""The figure of how strange stored and new strings are, by two measures."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, QUIET, dress


def strangeness_figure(energies: np.ndarray, distances: np.ndarray, stored: int) -> Figure:
    """Return the figure of one seed's memories, [memory, string]: the first `stored` strings are
    those that were stored.
    """
    return Figure(
        "strangeness",
        "How strange strings are that were stored, and that were not, by their energy and by the "
        "bits that they differ in from the nearest that is kept. One seed's memories.",
        {
            "energy, stored": energies[:, :stored].ravel(),
            "energy, new": energies[:, stored:].ravel(),
            "distance, stored": distances[:, :stored].ravel(),
            "distance, new": distances[:, stored:].ravel(),
        },
        {},
        draw_strangeness,
    )


def draw_strangeness(figure: Figure) -> go.Figure:
    """Return histograms of both measures side by side."""
    measures = ("energy", "distance")
    fig = make_subplots(1, 2, subplot_titles=["energy", "bits from the nearest"])
    dress(fig, "Stored or not", 380)
    for column, measure in enumerate(measures, 1):
        for what, colour in (("stored", ACCENT), ("new", QUIET)):
            fig.add_histogram(
                x=figure.data[f"{measure}, {what}"],
                name=what,
                marker={"color": colour},
                opacity=0.7,
                nbinsx=40,
                showlegend=column == 1,
                row=1,
                col=column,
            )
    fig.update_layout(barmode="overlay")
    return fig
