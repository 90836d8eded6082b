"""The figures of two studies: the two-parameter toy, and the noisy quadratic.

Source of the first: Jaderberg et al. 2017 (arXiv 1711.09846), figure 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from ontogeny.core.errors import ConfigError
from ontogeny.views.scales import decades
from ontogeny.views.theme import ACCENT, COLOURS, GROWING, INK, SECOND, dress, figure

CONTOURS = 60  # points a side


def toy_figure(paths: Float[np.ndarray, "arm rounds pop 2"], names: Sequence[str]) -> go.Figure:
    """Return the members' paths over the contours of Q = 1.2 - (t0^2 + t1^2), one panel an arm.

    `paths[arm, round, member]` is where the member stood; a jump is a copy. Raises `ConfigError`
    when there is not one name an arm.
    """
    paths = np.asarray(paths, float)
    if paths.ndim != 4 or paths.shape[-1] != 2 or len(names) != len(paths):
        raise ConfigError(
            f"paths of shape {list(paths.shape)} and {len(names)} names",
            where="toy_figure",
            hint="give paths [arm, rounds, pop, 2] and one name an arm",
        )
    columns = 2 if len(paths) > 1 else 1
    rows = -(-len(paths) // columns)
    fig = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[escape(name) for name in names],
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


def found_schedule_figure(
    rates: Float[np.ndarray, "run rounds"],
    constant: float | None = None,
    label: str = "learning rate",
) -> go.Figure:
    """Return the schedules that several runs found: their geometric mean, and the middle half of
    them.

    `constant` is the best fixed rate, drawn as a line to hold them against.
    """
    rates = np.asarray(rates, float)
    low, middle, high = (
        np.quantile(rates, 0.25, axis=0),
        np.exp(np.log(rates).mean(0)),
        np.quantile(rates, 0.75, axis=0),
    )
    ends = min(low.min(), constant or np.inf), max(high.max(), constant or 0)
    fig = figure(f"The {escape(label)} that was found", "round", escape(label), type="log")
    fig.update_yaxes(tickvals=decades(*ends))
    x = np.arange(rates.shape[1])
    fig.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor="rgba(213, 94, 0, 0.2)",
        line={"width": 0},
        name=f"middle half of {len(rates)} runs",
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=x, y=middle, mode="lines", line={"color": ACCENT, "width": 3}, name="geometric mean"
    )
    if constant is not None:
        fig.add_scatter(
            x=x[[0, -1]],
            y=[constant, constant],
            mode="lines",
            line={"color": SECOND, "width": 2, "dash": "dash"},
            name="best constant",
        )
    return fig


def loss_by_size_figure(
    sizes: Sequence[int],
    losses: Mapping[str, Float[np.ndarray, "sizes 3"]],
    title: str | None = None,
) -> go.Figure:
    """Return the loss of each arm by population size, as points with intervals on a log axis.

    `losses[arm][i]` is (mean, low, high) for `sizes[i]`. The last arm is the one that the figure is
    about. Raises `ConfigError` when an arm does not have one row a size.
    """
    fig = figure(
        title or "Loss of the best member", "population", "loss (smaller is better)", type="log"
    )
    fig.update_xaxes(type="category")
    shades = [*COLOURS[1:][: len(losses) - 1], ACCENT]
    everything = []
    for index, (arm, rows) in enumerate(losses.items()):
        table = np.asarray(rows, float)
        if table.shape != (len(sizes), 3):
            raise ConfigError(
                f"{arm!r} has shape {list(table.shape)} for {len(sizes)} sizes",
                where="loss_by_size_figure",
                hint="give (mean, low, high) for each size",
            )
        mean, low, high = table.T
        everything.append(table)
        fig.add_scatter(
            x=[str(size) for size in sizes],
            y=mean,
            error_y={"array": high - mean, "arrayminus": mean - low, "thickness": 1.5, "width": 4},
            name=escape(arm),
            mode="lines+markers",
            line={
                "color": shades[index % len(shades)],
                "width": 3 if arm == list(losses)[-1] else 1.5,
            },
            marker={"size": 8},
        )
    if everything:
        values = np.concatenate(everything)
        fig.update_yaxes(tickvals=decades(values[values > 0].min(), values.max()))
    return fig
