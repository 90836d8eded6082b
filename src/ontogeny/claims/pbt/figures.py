"""The figures of the claims about Population Based Training, drawn from what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ontogeny.ops.statistics import bootstrap_interval

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ontogeny.views.figure import Figure


def draw_toy(figure: Figure) -> go.Figure:
    """Return the paper's figure: the members' paths, one panel an arm."""
    from ontogeny.claims.pbt.study_figures import toy_figure

    return toy_figure(figure.data["paths"], [str(panel) for panel in figure.labels["paths"]])


def draw_losses(figure: Figure) -> go.Figure:
    """Return the loss of each arm by population, with intervals."""
    from ontogeny.claims.pbt.study_figures import loss_by_size_figure

    sizes = [int(size) for size in figure.labels["populations"]]
    return loss_by_size_figure(sizes, intervals(figure))


def draw_schedule(figure: Figure) -> go.Figure:
    """Return the schedules that the populations found, against the best fixed rate."""
    from ontogeny.claims.pbt.study_figures import found_schedule_figure

    return found_schedule_figure(figure.data["schedule"], float(figure.labels["best"][0]))


def draw_arms(figure: Figure) -> go.Figure:
    """Return each arm's best member and mean against what was spent, as means over seeds with their
    range.
    """
    from ontogeny.views.theme import ACCENT, SECOND
    from ontogeny.views.theme import figure as empty

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
            fig.add_scatter(
                x=np.concatenate([spent, spent[::-1]]),
                y=np.concatenate([curves.max(axis=0), curves.min(axis=0)[::-1]]),
                fill="toself",
                fillcolor=colour,
                opacity=0.15,
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
            )
            fig.add_scatter(
                x=spent,
                y=curves.mean(axis=0),
                mode="lines",
                line={"color": colour, "width": 2.5, "dash": dash},
                name=f"{arm}: {kind}",
            )
    return fig


def draw_schedules(figure: Figure) -> go.Figure:
    """Return the schedules that were found: a panel a hyper, a line a seed."""
    from ontogeny.recipes.portraits.generation_figures import schedules_figure

    return schedules_figure(figure.data, [str(name) for name in figure.labels["logarithmic"]])


def draw_sizes(figure: Figure) -> go.Figure:
    """Return the loss of each strategy by population, with intervals."""
    from ontogeny.claims.pbt.study_figures import loss_by_size_figure

    return loss_by_size_figure(
        [int(size) for size in figure.labels["populations"]],
        intervals(figure),
        "Loss by population and strategy",
    )


def draw_settings(figure: Figure) -> go.Figure:
    """Return the held-out loss of each way to use what a population found: seeds, and means with
    intervals.
    """
    from ontogeny.views.theme import ACCENT, QUIET
    from ontogeny.views.theme import figure as empty

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


def intervals(figure: Figure) -> dict[str, np.ndarray]:
    """Return (mean, low, high) of each arm for each population, of a loss [population, arm,
    seed].
    """
    loss = figure.data["loss"]
    return {
        str(arm): np.array([bootstrap_interval(values) for values in loss[:, index]])
        for index, arm in enumerate(figure.labels["arms"])
    }
