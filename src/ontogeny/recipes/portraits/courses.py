"""Metrics over rounds, a panel a kind: bands of all members, and the winner's ancestry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.core.metrics import HYPERS
from ontogeny.views.figure import Figure
from ontogeny.views.growth.crowds import span
from ontogeny.views.growth.lineage import schedule
from ontogeny.views.growth.record import Record
from ontogeny.views.theme import COLOURS, add_band, dress, round_ticks

SMALLEST = 1e-6  # what is drawn of nothing on a log scale


def courses(
    record: Record,
    name: str,
    title: str,
    panels: Mapping[str, Sequence[str]],
    caption: str,
    log: Sequence[str] = (),
) -> Figure:
    """Return the figure called `name`, a panel each of these titles with the recorded metrics that
    it names ("score" is one); those that were not recorded are left out. Panels in `log` have a log
    scale.
    """
    shown = [
        (panel, metric)
        for panel, metrics in panels.items()
        for metric in metrics
        if metric == "score" or metric in record.metrics
    ]
    values = [record.finite if m == "score" else record.metric(m) for _, m in shown]
    data = {
        "members": np.array(values).reshape(len(shown), record.rounds, record.pop),
        "line": np.array([schedule(one, record.line) for one in values]),
        "rounds": np.array([number for number, _ in record.line]),
    }
    labels = {
        "title": [title],
        "panels": [panel for panel, _ in shown],
        "shown": [metric.removeprefix(HYPERS) for _, metric in shown],
        "log": list(log),
    }
    caption += " Bands are all members, lines the winner's ancestry."
    return Figure(name, caption, data, labels, draw_courses)


def draw_courses(figure: Figure) -> go.Figure:
    """Return the panels, one above another."""
    members, line = figure.data["members"], figure.data["line"]
    panels = list(dict.fromkeys(map(str, figure.labels["panels"])))
    rows = max(len(panels), 1)
    fig = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.16 / rows)
    dress(fig, str(figure.labels["title"][0]), 200 + 190 * rows)
    for index, (panel, metric) in enumerate(
        zip(figure.labels["panels"], figure.labels["shown"], strict=True)
    ):
        colour: Any = COLOURS[index % len(COLOURS)]
        least = SMALLEST if panel in figure.labels["log"] else -np.inf
        place: Any = {"row": panels.index(str(panel)) + 1, "col": 1}
        add_band(fig, *span(np.maximum(members[index], least)), colour, **place)
        fig.add_scatter(
            x=figure.data["rounds"],
            y=np.maximum(line[index], least),
            name=str(metric).replace("_", " "),
            mode="lines+markers" if members.shape[1] < 3 else "lines",
            line={"color": colour, "width": 2.5},
            **place,
        )
    for row, panel in enumerate(panels, 1):
        fig.update_yaxes(title_text=panel, row=row, col=1)
        if panel in figure.labels["log"]:
            fig.update_yaxes(type="log", dtick=1, row=row, col=1)
    fig.update_xaxes(title_text="round", row=rows, col=1, **round_ticks(members.shape[1]))
    return fig
