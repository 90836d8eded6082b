"""What learning adds to what members are born with, round by round: their plasticity."""

from __future__ import annotations

import warnings

import numpy as np
import plotly.graph_objects as go

from ontogeny.views.growth.across import ROUND, offer_ways
from ontogeny.views.growth.record import Record
from ontogeny.views.theme import ACCENT, SECOND, empty


def plasticity_figure(record: Record) -> go.Figure | None:
    """Return the population's mean score before and after learning; None for a run whose members
    do not begin each round anew.
    """
    if record.innate is None:
        return None
    alive = np.isfinite(record.score)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a round in which nobody lives has no mean
        after = np.nanmean(record.finite, axis=1)
        before = np.nanmean(np.where(alive, record.innate, np.nan), axis=1)
    rounds = np.arange(record.rounds)
    fig = empty("Before and after learning", ROUND, "score, mean of the population", height=320)
    for name, values, colour in (
        ("before learning", before, SECOND),
        ("after learning", after, ACCENT),
    ):
        fig.add_scatter(
            x=rounds,
            y=values,
            name=name,
            mode="lines+markers" if record.rounds < 3 else "lines",
            line={"color": colour, "width": 2.5},
            fill="tonexty" if name == "after learning" else None,
            fillcolor="rgba(128, 128, 128, 0.15)",
        )
    return offer_ways(fig, record)
