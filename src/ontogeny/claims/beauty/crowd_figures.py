"""The figures of a simulated crowd: what is known of an order by how many pairs were judged."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, add_seeds, empty


def recovery_figure(
    name: str, title: str, per_photo: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]
) -> Figure:
    """Return the correlation with the truth, [measurement, seed], of each way of choosing pairs,
    by judgements a photo.
    """
    return Figure(
        f"pairs_{name}",
        f"{title}: rank correlation (Spearman) of the strengths with the true quality, by "
        "judgements a photo. Dots are seeds.",
        {
            f"{way} {what}": values[way]
            for way in found
            for what, values in (("judgements a photo", per_photo), ("correlation", found))
        },
        {"ways": list(found), "title": [title]},
        draw_recovery,
    )


def draw_recovery(figure: Figure) -> go.Figure:
    """Return a line for each way of choosing pairs."""
    fig = empty(str(figure.labels["title"][0]), "judgements a photo", "rank correlation")
    for way, colour in zip(figure.labels["ways"], COLOURS, strict=False):
        at, rows = (figure.data[f"{way} {what}"] for what in ("judgements a photo", "correlation"))
        add_seeds(fig, at, rows, colour, str(way))
    return fig


def promise_figure(promised: np.ndarray, kept: np.ndarray) -> Figure:
    """Return what Kendall's correlation was said to be, beside what it was: all measurements."""
    return Figure(
        "promised",
        "Kendall's correlation with the truth that the posterior expects, as the page tells it, "
        "beside what it is. The line is where they are the same.",
        {"expected": promised, "true": kept},
        {},
        draw_promise,
    )


def draw_promise(figure: Figure) -> go.Figure:
    """Return a dot for each measurement, and the diagonal."""
    fig = empty("What the page promises", "expected correlation", "true correlation")
    fig.add_scatter(
        x=figure.data["expected"],
        y=figure.data["true"],
        mode="markers",
        marker={"color": COLOURS[0], "size": 5, "opacity": 0.6},
        name="measurements",
    )
    fig.add_scatter(
        x=np.array([0.0, 1.0]),
        y=np.array([0.0, 1.0]),
        mode="lines",
        line={"color": COLOURS[1], "width": 1, "dash": "dot"},
        name="as expected",
    )
    return fig


def known_figure(known: Mapping[str, np.ndarray], measured: Mapping[str, np.ndarray]) -> Figure:
    """Return what is known of a crowd beside what was measured of it, a row of seeds each."""
    return Figure(
        "known_values",
        "What is known of each simulated crowd, and what was measured from its ratings. The line "
        "is where they are the same.",
        {
            f"{name}, {what}": values[name]
            for name in known
            for what, values in (("known", known), ("measured", measured))
        },
        {"names": list(known)},
        draw_known,
    )


def draw_known(figure: Figure) -> go.Figure:
    """Return the measured values over the known ones."""
    fig = empty("Known values", "known", "measured")
    for name, colour in zip(figure.labels["names"], COLOURS, strict=False):
        fig.add_scatter(
            x=figure.data[f"{name}, known"],
            y=figure.data[f"{name}, measured"],
            mode="markers",
            marker={"color": colour, "size": 7, "opacity": 0.7},
            name=str(name),
        )
    ends = np.array([min(map(np.min, figure.data.values())), 1.0])
    fig.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": "gray", "dash": "dot"}, name="the same"
    )
    return fig
