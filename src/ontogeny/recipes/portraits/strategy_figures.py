"""Figures of agents with memory beside exact policies: rewards step by step, probabilities against
the posterior's, returns while they train and in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int
from plotly.subplots import make_subplots

from ontogeny.views.theme import ACCENT, COLOURS, INK, QUIET, SECOND, dress, figure

# Exact policies have the same look in every figure.
LOOKS = {
    "oracle": {"color": QUIET, "dash": "dot", "width": 1.5},
    "optimal": {"color": INK, "dash": "solid", "width": 1.5},
    "greedy": {"color": COLOURS[2], "dash": "dash", "width": 1.5},
    "thompson": {"color": COLOURS[3], "dash": "dash", "width": 1.5},
    "random": {"color": QUIET, "dash": "dashdot", "width": 1.5},
}
# Networks: the one that the figure is about, and those that it is held against.
OWN = (ACCENT, COLOURS[5], SECOND, COLOURS[4])


def rewards_figure(
    title: str,
    exact: Mapping[str, Float[np.ndarray, " time"]],
    networks: Mapping[str, Float[np.ndarray, "seed time"]],
) -> go.Figure:
    """Return the expected reward of each step: a line a policy, a dot a seed of a network."""
    fig = figure(title, "step", "expected reward", height=440)
    for name, rewards in exact.items():
        fig.add_scatter(
            x=np.arange(1, len(rewards) + 1),
            y=rewards,
            mode="lines",
            line=LOOKS[name.lower()],
            name=escape(name),
        )
    for (name, rewards), colour in zip(networks.items(), OWN, strict=False):
        _with_seeds(fig, np.arange(1, rewards.shape[1] + 1), rewards.T, colour, name)
    return fig


def learning_figure(
    title: str,
    curves: Mapping[str, Float[np.ndarray, "round seed"]],
    updates: Int[np.ndarray, " round"],
    levels: Mapping[str, float],
) -> go.Figure:
    """Return the return against the updates, with a level an exact policy, named at its right."""
    fig = figure(title, "updates", "return of an episode", height=460)
    for (name, returns), colour in zip(curves.items(), OWN, strict=False):
        _with_seeds(fig, updates, returns, colour, name)
    for name, level in levels.items():
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


def matching_figure(panels: Mapping[str, Float[np.ndarray, "point 3"]]) -> go.Figure:
    """Return a panel a network: how likely it takes an action against how likely that is the best,
    a point a state of belief, coloured by the time.

    A point is (the exact probability, the network's, the time); on the diagonal they agree.
    """
    fig = make_subplots(
        rows=1,
        cols=len(panels),
        subplot_titles=[escape(name) for name in panels],
        horizontal_spacing=0.09,
    )
    dress(fig, "Probability matching", 480)
    fig.update_layout(legend={"y": 1.09})
    for column, points in enumerate(panels.values(), start=1):
        fig.add_scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": INK, "width": 1},
            showlegend=False,
            hoverinfo="skip",
            row=1,
            col=column,
        )
        times = np.unique(points[:, 2])
        for time, colour in zip(times, (INK, COLOURS[4], SECOND, ACCENT), strict=False):
            some = points[points[:, 2] == time]
            fig.add_scatter(
                x=some[:, 0],
                y=some[:, 1],
                mode="markers",
                marker={"color": colour, "size": 6, "opacity": 0.6},
                name=f"t = {time:.0f}",
                legendgroup=f"{time:.0f}",
                showlegend=column == 1,
                row=1,
                col=column,
            )
        fig.update_xaxes(title_text="probability that it is the best", row=1, col=column)
        fig.update_xaxes(range=[-0.03, 1.03], row=1, col=column)
        fig.update_yaxes(range=[-0.03, 1.03], row=1, col=column)
    fig.update_yaxes(title_text="probability that it is taken", row=1, col=1)
    return fig


def returns_figure(
    returns: Mapping[str, Float[np.ndarray, " seed"]], exact: Mapping[str, Mapping[str, float]]
) -> go.Figure:
    """Return each world's returns on a scale from random play, 0, to the optimum, 1: the network's
    a dot a seed, the exact policies' a bar each.
    """
    worlds = list(returns)
    fig = figure("How near the optimum", "fraction of what is to be gained", "")
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
        x=[_gained(value, exact[world]) for world in worlds for value in returns[world]],
        y=[world for world in worlds for _ in returns[world]],
        mode="markers",
        marker={"color": ACCENT, "size": 8, "opacity": 0.7},
        name="network",
    )
    fig.update_yaxes(autorange="reversed")
    return fig


def _gained(value: float, exact: Mapping[str, float]) -> float:
    return float((value - exact["random"]) / (exact["optimal"] - exact["random"]))


def _with_seeds(
    fig: go.Figure, x: np.ndarray, rows: Float[np.ndarray, "x seed"], colour: str, name: str
) -> None:
    """Add the mean as a line and every seed as dots."""
    fig.add_scatter(
        x=x,
        y=rows.mean(axis=1),
        mode="lines",
        line={"color": colour, "width": 2.5},
        name=escape(name),
    )
    fig.add_scatter(
        x=np.repeat(x, rows.shape[1]),
        y=rows.ravel(),
        mode="markers",
        marker={"color": colour, "size": 4, "opacity": 0.5},
        showlegend=False,
        hoverinfo="skip",
    )
