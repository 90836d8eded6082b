"""The figures of the claims about Population Based Training, drawn from what was measured.

Source of the toy's: Jaderberg et al. 2017 (arXiv 1711.09846), figure 2.
"""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.growth.scales import decades
from ontogeny.views.theme import (
    ACCENT,
    COLOURS,
    GROWING,
    INK,
    QUIET,
    SECOND,
    add_band,
    dress,
    empty,
)

CONTOURS = 60  # points a side


def draw_toy(figure: Figure) -> go.Figure:
    """Return the paper's figure, a panel an arm: the members' paths over the contours of
    Q = 1.2 - (t0^2 + t1^2). A jump is a copy.
    """
    paths = np.asarray(figure.data["paths"], float)  # [arm, round, member, 2]
    columns = 2 if len(paths) > 1 else 1
    rows = -(-len(paths) // columns)
    fig = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[escape(str(name)) for name in figure.labels["paths"]],
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.06,
        vertical_spacing=0.1,
    )
    dress(
        fig, "Where two members went, over the score that neither can see whole", 130 + 330 * rows
    )
    low, high = min(-0.1, paths.min() - 0.05), max(1.0, paths.max() + 0.05)
    grid = np.linspace(low, high, CONTOURS)
    q = 1.2 - (grid[None, :] ** 2 + grid[:, None] ** 2)
    for arm, path in enumerate(paths):
        at = {"row": arm // columns + 1, "col": arm % columns + 1}
        fig.add_contour(
            x=grid,
            y=grid,
            z=q,
            colorscale=GROWING,
            contours={"start": -0.8, "end": 1.2, "size": 0.2, "coloring": "fill"},
            line={"width": 0.5, "color": "white"},
            opacity=0.6,
            showscale=arm == 0,
            colorbar={"title": {"text": "Q"}, "thickness": 12, "outlinewidth": 0},
            hoverinfo="skip",
            **at,
        )
        for member in range(path.shape[1]):
            colour = COLOURS[member % len(COLOURS)] if member != 1 else INK
            fig.add_scatter(
                x=path[:, member, 0],
                y=path[:, member, 1],
                name=f"member {member}",
                legendgroup=str(member),
                showlegend=arm == 0,
                mode="lines+markers",
                line={"color": colour, "width": 1},
                marker={"color": colour, "size": 4},
                hovertemplate="(%{x:.2f}, %{y:.2f})<extra></extra>",
                **at,
            )
            fig.add_scatter(
                x=path[-1:, member, 0],
                y=path[-1:, member, 1],
                mode="markers",
                marker={
                    "color": colour,
                    "size": 12,
                    "symbol": "circle-open",
                    "line": {"width": 2.5},
                },
                showlegend=False,
                hoverinfo="skip",
                **at,
            )
    fig.update_layout(legend_y=1.05, margin_t=100)  # above the panels' own titles
    fig.update_xaxes(range=[low, high], showgrid=False)
    fig.update_yaxes(range=[low, high], showgrid=False)
    fig.update_xaxes(title_text="t0", row=rows)
    fig.update_yaxes(title_text="t1", col=1)
    return fig


def draw_losses(figure: Figure) -> go.Figure:
    """Return the loss of each arm by population size, a mean and an interval over seeds, on a log
    axis. The last arm is the one that the figure is about.
    """
    (title,), sizes = figure.labels["title"], [str(size) for size in figure.labels["populations"]]
    arms, loss = figure.labels["arms"], figure.data["loss"]  # [population, arm, seed]
    found = np.array([[bootstrap_interval(seeds) for seeds in row] for row in loss])
    fig = empty(str(title), "population", "loss (smaller is better)", type="log")
    fig.update_xaxes(type="category")
    shades = [*COLOURS[1:][: len(arms) - 1], ACCENT]
    for index, arm in enumerate(arms):
        mean, low, high = found[:, index].T
        fig.add_scatter(
            x=sizes,
            y=mean,
            error_y={"array": high - mean, "arrayminus": mean - low, "thickness": 1.5, "width": 4},
            name=escape(str(arm)),
            mode="lines+markers",
            line={
                "color": shades[index % len(shades)],
                "width": 3 if index == len(arms) - 1 else 1.5,
            },
            marker={"size": 8},
        )
    fig.update_yaxes(tickvals=decades(found[found > 0].min(), found.max()))
    return fig


def draw_schedule(figure: Figure) -> go.Figure:
    """Return the learning rates that the populations found, their geometric mean and the middle
    half of them, against the best fixed rate.
    """
    rates, constant = np.asarray(figure.data["schedule"], float), float(figure.labels["best"][0])
    low, high = np.quantile(rates, (0.25, 0.75), axis=0)
    fig = empty("The learning rate that was found", "round", "learning rate", type="log")
    fig.update_yaxes(tickvals=decades(min(low.min(), constant), max(high.max(), constant)))
    x = np.arange(rates.shape[1])
    add_band(fig, x, low, high, ACCENT, name=f"middle half of {len(rates)} runs", opacity=0.2)
    fig.add_scatter(
        x=x,
        y=np.exp(np.log(rates).mean(axis=0)),
        mode="lines",
        line={"color": ACCENT, "width": 3},
        name="geometric mean",
    )
    fig.add_scatter(
        x=x[[0, -1]],
        y=[constant, constant],
        mode="lines",
        line={"color": SECOND, "width": 2, "dash": "dash"},
        name="best constant",
    )
    return fig


def draw_arms(figure: Figure) -> go.Figure:
    """Return each arm's best member and mean against what was spent, as means over seeds with their
    range.
    """
    across, up = map(str, figure.labels["axes"])
    fig = empty("PBT against random search", across, up, height=420)
    score = np.where(np.isfinite(figure.data["score"]), figure.data["score"], np.nan)
    spent = figure.data["spent"]
    for index, arm in enumerate(figure.labels["arms"]):
        colour = ACCENT if arm == "PBT" else SECOND
        for kind, dash, curves in (
            ("best member", "solid", np.nanmax(score[index], axis=-1)),
            ("mean", "dot", np.nanmean(score[index], axis=-1)),
        ):
            add_band(fig, spent, curves.min(axis=0), curves.max(axis=0), colour)
            fig.add_scatter(
                x=spent,
                y=curves.mean(axis=0),
                mode="lines",
                line={"color": colour, "width": 2.5, "dash": dash},
                name=f"{arm}: {kind}",
            )
    return fig


def draw_schedules(figure: Figure) -> go.Figure:
    """Return what each hyper was along the winner's ancestry: a panel a hyper, a line a seed."""
    names = list(figure.data)
    fig = make_subplots(1, len(names), subplot_titles=names, horizontal_spacing=0.08)
    dress(fig, "The schedules that were found", 380)
    for column, (name, values) in enumerate(figure.data.items(), 1):
        for seed, line in enumerate(values):
            fig.add_scatter(
                x=np.arange(line.size),
                y=line,
                mode="lines",
                line={"color": COLOURS[seed % len(COLOURS)], "width": 2, "shape": "hv"},
                name=f"seed {seed + 1}",
                legendgroup=str(seed),
                showlegend=column == 1,
                row=1,
                col=column,
            )
        fig.update_xaxes(title_text="round", row=1, col=column)
        if name in figure.labels["logarithmic"]:
            fig.update_yaxes(type="log", exponentformat="power", row=1, col=column)
        else:
            fig.update_yaxes(rangemode="tozero", row=1, col=column)
    fig.update_layout(legend={"y": 1.09})
    return fig


def draw_settings(figure: Figure) -> go.Figure:
    """Return the held-out loss of each way to use what a population found: seeds, and means with
    intervals.
    """
    fig = empty("What a schedule is worth", "", "loss on held-out images", type="log")
    for arm, losses in zip(figure.labels["arms"], figure.data["loss"], strict=True):
        mean, low, high = bootstrap_interval(losses)
        spread = np.linspace(-0.15, 0.15, len(losses))
        place = list(figure.labels["arms"]).index(arm)
        fig.add_scatter(
            x=place + spread,
            y=losses,
            mode="markers",
            marker={"color": QUIET, "size": 5},
            showlegend=False,
        )
        fig.add_scatter(
            x=[place],
            y=[mean],
            error_y={"array": [high - mean], "arrayminus": [mean - low], "width": 8},
            mode="markers",
            marker={"color": ACCENT, "size": 11},
            showlegend=False,
        )
    names = [str(arm) for arm in figure.labels["arms"]]
    fig.update_xaxes(tickvals=list(range(len(names))), ticktext=names)
    return fig
