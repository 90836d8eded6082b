"""What the x axis of a run's figure counts: rounds, what a member had done by their end, or the
time that they took. Figures are drawn by rounds, and offer the others as a menu.
"""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple, cast

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.views.growth.record import Record
from ontogeny.views.theme import round_ticks

ROUND = "round"
CLOCKS = (("hours", 3600.0, 10_800.0), ("minutes", 60.0, 180.0), ("seconds", 1.0, 0.0))
"""Units of time, what one is in seconds, and from how many seconds on it is the one to use."""


class Way(NamedTuple):
    """One way of counting: its word on the menu, the axis' title, and where each round ends."""

    word: str
    title: str
    ends: Float[np.ndarray, " rounds"]

    def axis(self) -> dict[str, Any]:
        """Return plotly's settings of the axis, which shows all rounds."""
        if self.word == ROUND:
            return {"dtick": None, "nticks": 0} | round_ticks(len(self.ends))
        low, high = float(self.ends[0]), float(self.ends[-1])
        margin = 0.015 * (high - low) or 0.5 * abs(high) or 0.5
        limits = [low - margin, high + margin]
        return {"range": limits, "tickformat": "", "dtick": None, "nticks": 0}


def ways(record: Record) -> list[Way]:
    """Return how the rounds of a run can be counted, as far as it says; rounds first."""
    found = [Way(ROUND, ROUND, np.arange(float(record.rounds)))]
    if record.unit is not None:
        unit = escape(record.unit[0])
        found.append(Way(unit, f"{unit} of one member", record.done))
    took = np.nancumsum(record.seconds)
    if took.size and took[-1] > 0:
        name, size, _ = next(clock for clock in CLOCKS if took[-1] >= clock[2])
        found.append(Way(name, f"{name} in rounds", took / size))
    return found


def offer_ways(fig: go.Figure, record: Record) -> go.Figure:
    """Return the figure, drawn by rounds, with a menu below its x axis of how they are counted;
    without one where there is no choice.
    """
    known, layout = ways(record), cast(Any, fig.layout)
    rounds = known[0].ends
    axes = [name for name in layout if name.startswith("xaxis")]
    titled = [name for name in axes if layout[name].title.text]
    fig.update_xaxes(**round_ticks(record.rounds))
    if len(known) < 2:
        return fig
    traces: Any = fig.data
    buttons: list[dict[str, Any]] = []
    for way in known:
        settings = {f"{name}.{key}": value for name in axes for key, value in way.axis().items()}
        settings |= {f"{name}.title.text": way.title for name in titled}
        x = [
            np.interp(np.asarray(trace.x, float), rounds, way.ends).astype("float32")
            for trace in traces
        ]
        buttons.append({"label": way.word, "method": "update", "args": [{"x": x}, settings]})
    menu = {
        "name": "across",
        "buttons": buttons,
        "type": "dropdown",
        "direction": "up",
        "showactive": True,
        **{"x": 1, "xanchor": "right", "y": 0, "yanchor": "top", "pad": {"t": 22}},
        **{"bgcolor": "white", "borderwidth": 0, "font": {"size": 12}},
    }
    fig.update_layout(updatemenus=[*layout.updatemenus, menu])
    return fig
