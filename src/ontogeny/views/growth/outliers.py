"""An axis that a few bad members do not stretch: it shows where most are, and the winner's line;
all else at a press of a button.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.views.growth.scales import Scale, score_scale
from ontogeny.views.quantities import count

QUARTERS = (0.25, 0.75)
NEARLY = (0.1, 1.0)  # of the line: who won may have begun badly
REACH = 1.0  # heights of the core that are shown above and below it
WORTH = 2.0  # an axis is cut where the whole would be at least so many times as high
EDGE = 0.05  # of the height, left free at both ends


class Shown(NamedTuple):
    """The scale of values with ticks for what is shown of them, the same with ticks for all, both
    ranges as places on it, and how many values are left out; `most` is None where all are shown.
    """

    scale: Scale
    whole: Scale
    most: tuple[float, float] | None
    all: tuple[float, float]
    out: int = 0

    def axis(self) -> dict[str, Any]:
        """Return plotly's settings of an axis that shows most of the values."""
        return self.scale.axis() | ({} if self.most is None else {"range": _edged(*self.most)})

    def colours(self) -> dict[str, Any]:
        """Return plotly's ends of a scale of colours, beyond which all have one colour."""
        return {} if self.most is None else {"zmin": self.most[0], "zmax": self.most[1]}


def shown(
    values: Float[np.ndarray, "..."], line: Float[np.ndarray, " line"] | None = None
) -> Shown:
    """Return what an axis shows of scores, of which a line is what the figure is about.

    The core spans nearly all of the line and the middle half of all values. What lies farther from
    it than its own height is left out, where the axis would be `WORTH` times as high with it.
    """
    whole = score_scale(values)
    placed = whole.place(values)
    every = placed[np.isfinite(placed)]
    if not every.size:
        return Shown(whole, whole, None, (0.0, 0.0))
    ends = float(every.min()), float(every.max())
    core = np.quantile(every, QUARTERS)
    if line is not None and np.isfinite(line).any():
        seen = whole.place(line[np.isfinite(line)])
        core = np.concatenate([core, np.quantile(seen, NEARLY, method="nearest")])
    reach = REACH * float(core.max() - core.min())
    inside = (placed >= core.min() - reach) & (placed <= core.max() + reach)
    low, high = float(placed[inside].min()), float(placed[inside].max())
    if high == low or ends[1] - ends[0] < WORTH * (high - low):
        return Shown(whole, whole, None, ends)
    out = every.size - int(inside.sum())
    return Shown(score_scale(values, ticked=values[inside]), whole, (low, high), ends, out)


def offer_all(fig: go.Figure, of: Shown) -> go.Figure:
    """Return the figure with a button that shows all values, and again most of them; without one
    where all are shown.
    """
    if of.most is None:
        return fig
    ticks = {"tickvals": None, "ticktext": None}

    def settings(scale: Scale, ends: tuple[float, float]) -> dict[str, Any]:
        axis = ticks | scale.axis() | {"range": _edged(*ends)}
        return {f"yaxis.{name}": value for name, value in axis.items()}

    button = {
        "label": f"show {count(of.out, 'outlier')}",
        "method": "relayout",
        "args": [settings(of.whole, of.all)],
        "args2": [settings(of.scale, of.most)],
    }
    menu = {
        "name": "all",
        "buttons": [button],
        "type": "buttons",
        "active": -1,
        "showactive": True,
        **{"x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": {"t": 22}},
        **{"bgcolor": "white", "borderwidth": 1, "font": {"size": 12}},
    }
    fig.update_layout(updatemenus=[*cast(Any, fig.layout).updatemenus, menu])
    return fig


def _edged(low: float, high: float) -> list[float]:
    edge = EDGE * (high - low)
    return [low - edge, high + edge]
