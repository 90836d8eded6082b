"""The curves of students of several rooms, and the weights of their experts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.claims.kickstarting.students import Experts, Grown
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_band, dress

EXPERTS = "Dotted: what the task's expert earned when it had learned."


def lines(
    name: str,
    title: str,
    caption: str,
    found: Mapping[str, Grown],
    tuned: str,
    frames: float,
    taught: Experts,
) -> Figure:
    """Return a panel a task with a line an arm, and one of each task's weight in the arm called
    `tuned`; `frames` are a round's. Beside the arrays of `returns_of_arms` is `weights`, [task,
    round, seed].
    """
    returns = {arm: one.returns for arm, one in found.items()}
    plain = returns_of_arms(name, title, returns, frames, taught.earned)
    hypers = found[tuned].hypers
    factors = np.stack([hypers[f"task{k}"] for k in range(len(taught.earned))])
    data = {**plain.data, "weights": hypers["whole"] * factors}
    return Figure(name, f"{caption} {EXPERTS}", data, plain.labels, draw_lines)


def returns_of_arms(
    name: str,
    title: str,
    found: Mapping[str, Mapping[str, np.ndarray]],
    frames: float,
    earned: Sequence[float],
) -> Figure:
    """Return a panel a task with a line an arm, given the returns by both, [round, seed], and what
    each task's expert earned. The figure's array is `returns`, [task, arm, round, seed].
    """
    tasks = list(next(iter(found.values())))
    returns = np.stack([np.stack([arm[task] for arm in found.values()]) for task in tasks])
    data = {
        "returns": returns,
        "frames": frames * np.arange(1, returns.shape[2] + 1),
        "experts": np.array(earned),
    }
    labels = {"title": [title], "arms": list(found), "tasks": tasks}
    caption = f"Mean return of the last episodes; bands are the seeds' range. {EXPERTS}"
    return Figure(name, caption, data, labels, draw_lines)


def draw_lines(figure: Figure) -> go.Figure:
    """Return the means over seeds and their range; weights as powers of ten."""
    tasks, arms, frames = figure.labels["tasks"], figure.labels["arms"], figure.data["frames"]
    weights = figure.data.get("weights", ())
    titles = [*map(str, tasks), *(["weight, power of ten"] if len(weights) else [])]
    fig = make_subplots(1, len(titles), subplot_titles=titles)
    dress(fig, str(figure.labels["title"][0]), 420)

    def line(score: np.ndarray, name: str, colour: str, first: bool, column: int) -> None:
        place = column_of(column)
        add_band(fig, frames, score.min(axis=1), score.max(axis=1), colour, **place)
        fig.add_scatter(
            x=frames,
            y=score.mean(axis=1),
            mode="lines",
            line={"color": colour, "width": 2.5},
            name=name,
            legendgroup=name,
            showlegend=first,
            **place,
        )

    for k, of_task in enumerate(figure.data["returns"]):
        for arm, score in enumerate(of_task):
            line(score, str(arms[arm]), COLOURS[arm], k == 0, k + 1)
        level, place = float(figure.data["experts"][k]), column_of(k + 1)
        fig.add_hline(level, line={"color": QUIET, "dash": "dot"}, **place)
    for k, weight in enumerate(weights):
        colour = COLOURS[(len(arms) + k) % len(COLOURS)]
        line(np.log10(weight), f"weight of {tasks[k]}", colour, True, len(titles))
    below = {
        "orientation": "h",
        "x": 0,
        "y": -0.25,
        "yanchor": "top",
    }  # the panels' titles are above
    fig.update_layout(legend=below, margin={"b": 110})
    fig.update_xaxes(title_text="frames of one student")
    fig.update_yaxes(title_text="return", col=1)
    return fig


def column_of(number: int) -> dict[str, Any]:
    """Return the place of a panel."""
    return {"row": 1, "col": number}
