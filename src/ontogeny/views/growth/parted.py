"""Metrics of several parts, as `return/easy` and `return/hard` are those of `return`: the tasks of
an agent that learns several.
"""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go

from ontogeny.views.growth.across import ROUND, offer_ways
from ontogeny.views.growth.crowds import span
from ontogeny.views.growth.lineage import schedule
from ontogeny.views.growth.record import Record
from ontogeny.views.theme import COLOURS, add_band, empty


def winners_parts(record: Record) -> dict[str, dict[str, list[float]]]:
    """Return what each part was along the winner's line, oldest first, by metric; nothing where
    nobody lives.
    """
    return {
        metric: {part: schedule(values, record.line).tolist() for part, values in parts.items()}
        for metric, parts in (record.parted.items() if record.line else ())
    }


def parted_figure(record: Record, metric: str) -> go.Figure:
    """Return a line a part, of the winner's ancestry, over the range of all members."""
    fig = empty(metric.replace("_", " "), ROUND, metric.replace("_", " "), height=320)
    along = winners_parts(record)[metric]
    number = [number for number, _ in record.line]
    for index, (part, values) in enumerate(record.parted[metric].items()):
        colour: Any = COLOURS[index % len(COLOURS)]
        add_band(fig, *span(values), colour)
        fig.add_scatter(
            x=number,
            y=along[part],
            name=escape(part),
            mode="lines+markers" if record.rounds < 3 else "lines",
            line={"color": colour, "width": 2.5},
        )
    return offer_ways(fig, record)
