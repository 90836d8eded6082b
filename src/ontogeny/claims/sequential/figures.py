"""The figures of the claims about prediction and control: how agents learn, and what they earn."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import plotly.graph_objects as go

from ontogeny.recipes.portraits.bandits import LOOKS, OWN
from ontogeny.views.figure import Figure
from ontogeny.views.growth.scales import decades
from ontogeny.views.theme import ACCENT, COLOURS, add_seeds, empty

NEAREST = 1e-7  # nats: a mean excess below it is drawn there, on a logarithmic axis


def draw_excess_by_update(figure: Figure) -> go.Figure:
    """Return each source's excess over Bayes against the updates: a line a source, a dot a seed."""
    fig = empty("What is lost over exact Bayes", "updates", "excess log-loss in nats", type="log")
    low, high = np.inf, 0.0
    sources, units = (map(str, figure.labels[name]) for name in ("sources", "units"))
    for name, unit, colour in zip(sources, units, COLOURS, strict=False):
        shown = np.maximum(np.asarray(figure.data[name], float), NEAREST)
        low, high = min(low, shown.min()), max(high, shown.max())
        mean = np.exp(np.mean(np.log(shown), axis=1))
        updates = figure.data[f"{name} updates"]
        add_seeds(fig, updates, shown, colour, f"{name} ({unit})", mean=mean)
    if np.isfinite(low):
        fig.update_yaxes(tickvals=decades(low, high))
    return fig


def draw_learning(figure: Figure) -> go.Figure:
    """Return the return against the updates, with a level an exact policy, named at its right."""
    fig = empty("What the training needs", "updates", "return of an episode", height=460)
    for name, colour in zip(map(str, figure.labels["curves"]), OWN, strict=False):
        add_seeds(fig, figure.data["updates"], figure.data[name], colour, name)
    for name in map(str, figure.labels["levels"]):
        level = float(figure.data[f"exact {name}"])
        fig.add_hline(y=level, line=LOOKS[name])
        fig.add_annotation(
            x=1,
            xref="paper",
            y=level,
            text=f"{escape(name)} {level:.2f}",
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
            font={"size": 12},
        )
    return fig


def draw_returns(figure: Figure) -> go.Figure:
    """Return each world's returns on a scale from random play, 0, to the optimum, 1: the network's
    a dot a seed, the exact policies' a bar each.
    """
    worlds = [str(world) for world in figure.labels["worlds"]]
    policies = [str(policy) for policy in figure.labels["policies"]]
    exact = {w: {p: float(figure.data[f"{w} {p}"]) for p in policies} for w in worlds}
    fig = empty("How near the optimum", "fraction of what is to be gained", "")
    fig.update_layout(height=160 + 60 * len(worlds))
    for policy in ("greedy", "thompson", "optimal", "oracle"):
        fig.add_scatter(
            x=[_gained(exact[world][policy], exact[world]) for world in worlds],
            y=worlds,
            mode="markers",
            marker={
                "symbol": "line-ns-open",
                "size": 20,
                "color": LOOKS[policy]["color"],
                "line": {"width": 2.5},
            },
            name=policy,
        )
    fig.add_scatter(
        x=[_gained(value, exact[world]) for world in worlds for value in figure.data[world]],
        y=[world for world in worlds for _ in figure.data[world]],
        mode="markers",
        marker={"color": ACCENT, "size": 8, "opacity": 0.7},
        name="network",
    )
    fig.update_yaxes(autorange="reversed")
    return fig


def _gained(value: float, exact: Mapping[str, float]) -> float:
    return float((value - exact["random"]) / (exact["optimal"] - exact["random"]))
