"""The figures of the claims about LEO, drawn from what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.leo.arms import Outcome
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, COLOURS, QUIET, SECOND, add_seeds, empty


def accuracies_of(name: str, title: str, found: Mapping[str, Outcome]) -> Figure:
    """Return the figure of test accuracies."""
    tested = next(iter(found.values())).accuracy.shape[1]
    return Figure(
        name,
        f"Accuracy on {tested:,} episodes of unseen classes, 5 ways, 1 shot: a dot a seed, and the "
        "mean.",
        {arm: outcome.by_seed for arm, outcome in found.items()},
        {"arms": list(found), "title": [title]},
        draw_accuracies,
    )


def learning_of(name: str, title: str, found: Mapping[str, Outcome]) -> Figure:
    """Return the figure of validation accuracies along the training of what is trained."""
    trained = {arm: outcome for arm, outcome in found.items() if outcome.updates.size}
    data = {arm: 100 * outcome.validation for arm, outcome in trained.items()}
    first = next(iter(trained.values()))
    return Figure(
        name,
        "Accuracy on episodes of validation classes while it trains, mean of "
        f"{len(first.by_seed)} seeds.",
        data | {"updates": first.updates},
        {"arms": list(trained), "title": [title]},
        draw_learning,
    )


def draw_accuracies(figure: Figure) -> go.Figure:
    """Return a row an arm, the best on top: a dot a seed, and the mean as a line with its number.
    Accuracies are in percent; the first arm is what the figure is about.
    """
    (title,), arms = figure.labels["title"], _arms(figure)
    first = next(iter(arms))
    order = sorted(arms, key=lambda name: float(np.mean(arms[name])))
    fig = empty(escape(str(title)), "accuracy in percent", "", height=110 + 34 * len(order))
    for row, name in enumerate(order):
        values = arms[name]
        colour = ACCENT if name == first else SECOND
        fig.add_scatter(
            x=values,
            y=np.full(values.shape, row),
            mode="markers",
            marker={"color": colour, "size": 8, "opacity": 0.55},
            name=escape(name),
        )
        mean = float(values.mean())
        fig.add_shape(
            type="line",
            x0=mean,
            x1=mean,
            y0=row - 0.32,
            y1=row + 0.32,
            line={"color": colour, "width": 2.5},
        )
        fig.add_annotation(
            x=float(values.max()),
            y=row,
            text=f"{mean:.1f}",
            showarrow=False,
            xanchor="left",
            xshift=10,
            font={"color": colour, "size": 13},
        )
    low = min(float(values.min()) for values in arms.values())
    high = max(float(values.max()) for values in arms.values())
    room = max(high - low, 1.0)
    fig.update_xaxes(range=[low - 0.06 * room, high + 0.12 * room])
    fig.update_yaxes(
        tickvals=list(range(len(order))),
        ticktext=[escape(name) for name in order],
        range=[-0.6, len(order) - 0.4],
    )
    fig.update_layout(showlegend=False)
    return fig


def draw_learning(figure: Figure) -> go.Figure:
    """Return each arm's accuracy in percent against the updates: a line an arm, a dot a seed."""
    (title,), updates = figure.labels["title"], figure.data["updates"]
    fig = empty(escape(str(title)), "updates", "accuracy in percent")
    for (name, rows), colour in zip(_arms(figure).items(), (*COLOURS, QUIET), strict=False):
        add_seeds(fig, updates, rows, colour, name, size=5)
    return fig


def _arms(figure: Figure) -> dict[str, np.ndarray]:
    return {str(arm): np.asarray(figure.data[str(arm)], float) for arm in figure.labels["arms"]}
