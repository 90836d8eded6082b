"""Every metric that a learner reports, by round: the winner's line, the median member, and where
the others are.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.core.metrics import BIRTH, HYPERS, TAKEN
from ontogeny.views.growth.across import ROUND, offer_ways
from ontogeny.views.growth.crowds import span, stretches, thinned
from ontogeny.views.growth.lineage import schedule
from ontogeny.views.growth.outliers import offer_all, shown
from ontogeny.views.growth.record import Record
from ontogeny.views.theme import ACCENT, FAINT, SECOND, add_band, empty


def reported(record: Record) -> list[str]:
    """Return the metrics that have no figure of their own elsewhere: neither scores, hypers nor
    parts of one.
    """
    parts = {f"{name}/{part}" for name, parts in record.parted.items() for part in parts}
    return [
        name
        for name in record.metrics
        if name not in TAKEN and name != BIRTH and not name.startswith(HYPERS) and name not in parts
    ]


def metric_figure(
    record: Record, name: str, values: Float[np.ndarray, "rounds pop"]
) -> go.Figure | None:
    """Return the figure of one metric; None where nothing finite was recorded."""
    values = np.where(np.isfinite(values), values, np.nan)
    if np.isnan(values).all():
        return None
    of = shown(values, schedule(values, record.line))
    fig = empty(escape(name.replace("_", " ")), ROUND, "", height=300, **of.axis())
    placed = of.scale.place(values)
    mode = "lines+markers" if record.rounds < 3 else "lines"
    if record.pop > 1:
        told, low, high = span(placed)
        add_band(fig, told, low, high, FAINT, opacity=1)
        middles = [(some.start + some.stop - 1) / 2 for some in stretches(record.rounds)]
        fig.add_scatter(
            x=middles,
            y=_medians(placed),
            name="median member",
            mode=mode,
            line={"color": SECOND, "width": 2},
        )
    if record.line:
        line = thinned(record.line)
        fig.add_scatter(
            x=[r for r, _ in line],
            y=schedule(placed, line),
            name="winning line",
            mode=mode,
            line={"color": ACCENT, "width": 3},
        )
    return offer_ways(offer_all(fig, of), record)


def metric_figures(record: Record, most: int) -> Mapping[str, go.Figure]:
    """Return the figures of the first metrics by name, at most so many."""
    found: dict[str, go.Figure] = {}
    for name in reported(record)[:most]:
        if (figure := metric_figure(record, name, record.metric(name))) is not None:
            found[name] = figure
    return found


def _medians(values: np.ndarray) -> list[float]:
    found: list[float] = []
    for some in stretches(len(values)):
        seen = values[some][~np.isnan(values[some])]
        found.append(float(np.median(seen)) if seen.size else float("nan"))
    return found
