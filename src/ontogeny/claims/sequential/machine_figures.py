"""Figures of a predictor as a state machine: its memory, its automaton, and how far it is from
exact Bayes, which is drawn in.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, FAINT, INK, QUIET, SECOND, dress, empty

CHANCES = [[0.0, SECOND], [0.5, "#dcdcdc"], [1.0, ACCENT]]  # from a sure 0 to a sure 1
DASHES = ("solid", "dash", "dot", "dashdot")


def draw_memory(figure: Figure) -> go.Figure:
    """Return memories in their first two principal components, over the lattice of counts.

    `nodes` is the mean memory of each count, `edges` pairs of nodes one symbol apart; a point has
    the colour of its posterior mean. `paths` are named histories.
    """
    points, nodes, edges, paths, share = (
        figure.data[name] for name in ("points", "nodes", "edges", "paths", "share")
    )
    axis = [f"principal component {i + 1} ({100 * part:.0f} %)" for i, part in enumerate(share)]
    fig = empty("Where histories lie in the memory", axis[0], axis[1], height=560)
    fig.add_scatter(
        **_segments(nodes[edges[:, 0]], nodes[edges[:, 1]]),
        mode="lines",
        line={"color": FAINT, "width": 1},
        name="counts one symbol apart",
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        marker={"size": 4, "color": figure.data["chance"], "opacity": 0.75}
        | _colours("posterior mean"),
        showlegend=False,
        hovertemplate="posterior mean %{marker.color:.2f}<extra></extra>",
    )
    for name, path, dash in zip(figure.labels["paths"], paths, DASHES, strict=False):
        fig.add_scatter(
            x=path[:, 0],
            y=path[:, 1],
            mode="lines",
            line={"color": INK, "width": 2, "dash": dash},
            name=escape(str(name)),
            hoverinfo="skip",
        )
    ends = paths[:, -1]
    fig.add_scatter(
        x=ends[:, 0],
        y=ends[:, 1],
        mode="markers",
        marker={"size": 11, "color": INK, "symbol": "circle-open", "line": {"width": 2}},
        name="where they end",
        hoverinfo="skip",
    )
    fig.update_xaxes(showgrid=False)
    fig.update_yaxes(showgrid=False, showline=True, linecolor=FAINT)
    return fig


def draw_automaton(figure: Figure) -> go.Figure:
    """Return an automaton of two symbols over the lattice of counts, drawn as rings.

    A state stands at the mean counts (of 0, of 1) of its visits, and has the colour of its
    prediction; -1 in `successor` is no edge.
    """
    fig = empty(
        "The automaton, over the lattice of counts",
        "symbols read",
        "more 1s than 0s",
        height=600,
    )
    place, successor, chance, visits = (
        figure.data[name] for name in ("place", "successor", "chance", "visits")
    )
    length = int(figure.labels["length"][0])
    n = np.concatenate([np.full(k + 1, k) for k in range(length)])
    excess = np.concatenate([2 * np.arange(k + 1) - k for k in range(length)])
    lived = visits > 0
    at = np.stack([place.sum(axis=1), place[:, 1] - place[:, 0]], axis=1)
    for symbol, colour in enumerate((SECOND, ACCENT)):
        begin = np.flatnonzero((successor[:, symbol] >= 0) & lived)
        fig.add_scatter(
            **_segments(at[begin], at[successor[begin, symbol]]),
            mode="lines",
            line={"color": colour, "width": 1},
            opacity=0.6,
            name=f"reads {symbol}",
            hoverinfo="skip",
        )
    fig.add_scatter(
        x=n,
        y=excess,
        mode="markers",
        marker={"symbol": "circle-open", "size": 11, "color": QUIET, "line": {"width": 1}},
        name="a count (exact Bayes)",
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=at[lived, 0],
        y=at[lived, 1],
        mode="markers",
        marker={"size": 7, "color": chance[lived], "line": {"width": 0.5, "color": INK}}
        | _colours("P(1)"),
        customdata=visits[lived],
        name="a state",
        hovertemplate="P(1) %{marker.color:.3f}, %{customdata} visits<extra></extra>",
    )
    fig.update_xaxes(showgrid=False)
    fig.update_yaxes(showgrid=False)
    return fig


def draw_calibration(figure: Figure) -> go.Figure:
    """Return how far from what was said the frequencies are, bin by bin: a dot a seed.

    Calibration is the zero line; `exact` is what chance leaves exact Bayes on as many outcomes.
    """
    fig = make_subplots(
        rows=1,
        cols=2,
        horizontal_spacing=0.13,
        subplot_titles=["frequency", "frequency less prediction"],
    )
    dress(fig, "What was said, and what came of it", 400)
    fig.update_layout(legend_y=1.1, margin_t=100)
    look: dict[str, Any] = {
        "mode": "lines",
        "line": {"color": INK, "width": 1},
        "hoverinfo": "skip",
    }
    fig.add_scatter(x=[0, 1], y=[0, 1], name="calibrated", row=1, col=1, **look)
    fig.add_scatter(x=[0, 1], y=[0, 0], showlegend=False, row=1, col=2, **look)
    exact, observed = figure.data["exact"], figure.data["observed"].ravel()
    middle = (np.arange(len(exact)) + 0.5) / len(exact)
    fig.add_scatter(
        x=middle,
        y=exact,
        mode="lines",
        line={"color": SECOND, "dash": "dash", "width": 1.5},
        name="exact Bayes, as many outcomes",
        row=1,
        col=2,
    )
    dots: dict[str, Any] = {
        "mode": "markers",
        "marker": {"color": ACCENT, "size": 6, "opacity": 0.7},
        "hovertemplate": "said %{x:.3f}: %{y:.3f}<extra></extra>",
    }
    x = figure.data["predicted"].ravel()
    fig.add_scatter(x=x, y=observed, name="predictor, a dot a seed", row=1, col=1, **dots)
    fig.add_scatter(x=x, y=observed - x, showlegend=False, row=1, col=2, **dots)
    fig.update_xaxes(title_text="predicted P(1)", range=[0, 1])
    return fig


def draw_longer(figure: Figure) -> go.Figure:
    """Return the excess over exact Bayes (the zero line) at every step: a line a seed, their mean.

    The length that was trained on is marked, and exact Bayes that stops learning there is dashed.
    """
    excess, length = figure.data["excess"], int(figure.labels["length"][0])
    fig = empty("What is lost over exact Bayes, step by step", "step", "excess in nats")
    x = np.arange(1, excess.shape[1] + 1)
    mean = excess.mean(axis=0)
    for index, row in enumerate(excess):
        fig.add_scatter(
            x=x,
            y=row,
            mode="lines",
            line={"color": FAINT, "width": 1},
            name="one seed",
            legendgroup="seed",
            showlegend=index == 0,
            hoverinfo="skip",
        )
    fig.add_scatter(
        x=x,
        y=figure.data["frozen"],
        mode="lines",
        line={"color": SECOND, "dash": "dash"},
        name=f"Bayes that stops learning at {length}",
    )
    fig.add_scatter(
        x=x, y=mean, mode="lines", line={"color": ACCENT, "width": 3}, name="predictor, mean"
    )
    fig.add_scatter(
        x=x[[0, -1]],
        y=[0, 0],
        mode="lines",
        line={"color": INK, "width": 1.5},
        name="exact Bayes",
        hoverinfo="skip",
    )
    fig.add_vline(
        x=length + 0.5,
        line={"color": QUIET, "dash": "dot", "width": 1.5},
        annotation={"text": "trained up to here", "font": {"size": 12}, "xanchor": "left"},
    )
    return fig


def draw_biases(figure: Figure) -> go.Figure:
    """Return what not knowing a coin's bias costs, by the bias: the predictor beside exact Bayes,
    and what the predictor loses over exact Bayes (the zero line). In nats a sequence.

    `exact` is biases and exact Bayes's loss at them.
    """
    fig = make_subplots(
        rows=1,
        cols=2,
        horizontal_spacing=0.13,
        subplot_titles=["loss over one who knows the bias", "loss over exact Bayes"],
    )
    dress(fig, "Coins of one bias", 400)
    fig.update_layout(legend_y=1.1, margin_t=100)
    biases, regret, exact, excess = (
        figure.data[name] for name in ("biases", "regret", "exact", "excess")
    )
    dots: dict[str, Any] = {
        "x": np.tile(biases, len(regret)),
        "mode": "markers",
        "marker": {"color": ACCENT, "size": 6, "opacity": 0.7},
        "hovertemplate": "bias %{x:.2f}: %{y:.4f} nats<extra></extra>",
    }
    fig.add_scatter(
        x=exact[0],
        y=exact[1],
        mode="lines",
        line={"color": SECOND, "width": 2},
        name="exact Bayes",
        row=1,
        col=1,
    )
    fig.add_scatter(y=regret.ravel(), name="predictor, a dot a seed", row=1, col=1, **dots)
    fig.add_scatter(
        x=[0, 1],
        y=[0, 0],
        mode="lines",
        line={"color": SECOND, "width": 2},
        showlegend=False,
        hoverinfo="skip",
        row=1,
        col=2,
    )
    fig.add_scatter(y=excess.ravel(), showlegend=False, row=1, col=2, **dots)
    fig.update_xaxes(title_text="the coin's true P(1)", range=[0, 1])
    fig.update_yaxes(title_text="nats a sequence", rangemode="tozero", col=1)
    return fig


def _segments(begin: np.ndarray, end: np.ndarray) -> dict[str, np.ndarray]:
    """Return x and y of lines from each beginning to its end, with gaps between."""
    gap = np.full(len(begin), np.nan)
    x, y = (np.stack([begin[:, i], end[:, i], gap], axis=1).ravel() for i in range(2))
    return {"x": x, "y": y}


def _colours(title: str) -> dict[str, Any]:
    bar = {"title": {"text": title}, "thickness": 12, "outlinewidth": 0}
    return {"colorscale": CHANCES, "cmin": 0, "cmax": 1, "colorbar": bar}
