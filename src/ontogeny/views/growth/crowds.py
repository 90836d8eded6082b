"""How a run's many members are drawn behind the line that a figure is about.

A few are a line each, joined to their ancestors. Of a crowd only where it is: a page with every
point of a run of days would be slow to open, and a thousand pixels can't show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from ontogeny.views.growth.lineage import Line, along_ancestry
from ontogeny.views.growth.record import Record
from ontogeny.views.theme import FAINT, QUIET, add_band

CROWD = 60_000  # members times rounds from which members are not drawn one by one
COLUMNS = 500  # stretches of rounds that a long run is drawn in
QUARTERS = (0.0, 0.25, 0.75, 1.0)


def is_crowd(record: Record) -> bool:
    """Return whether the members are too many points to be drawn one by one."""
    return record.score.size > CROWD


def add_members(fig: go.Figure, record: Record, placed: Float[np.ndarray, "rounds pop"]) -> None:
    """Add every member as a grey line along its ancestry; or a crowd as two bands, between the
    lowest and the highest member, and between the quartiles.
    """
    if is_crowd(record):
        middle, bands = (part.astype("float32") for part in quartiles(placed))
        add_band(fig, middle, bands[0], bands[3], FAINT, name="all members", opacity=1)
        add_band(fig, middle, bands[1], bands[2], QUIET, name="the middle half", opacity=1)
        return
    x, y = along_ancestry(placed, record.parent, record.before)
    dots = record.rounds == 1
    fig.add_scatter(
        x=x.astype("float32"),
        y=y.astype("float32"),
        name="members",
        mode="markers" if dots else "lines",
        line={"color": FAINT, "width": 1},
        marker={"color": QUIET, "size": 6},
        hoverinfo="skip",
    )


def span(
    values: Float[np.ndarray, "rounds pop"],
) -> tuple[Int[np.ndarray, " told"], Float[np.ndarray, " told"], Float[np.ndarray, " told"]]:
    """Return the rounds in which any value is finite, and the least and the greatest of each."""
    told = np.flatnonzero(np.isfinite(values).any(axis=1))
    seen = np.where(np.isfinite(values[told]), values[told], np.nan)
    return told, np.nanmin(seen, axis=1), np.nanmax(seen, axis=1)


def stretches(rounds: int) -> list[slice]:
    """Return at most `COLUMNS` stretches of neighbouring rounds, as even as they can be."""
    cuts = np.unique(np.linspace(0, rounds, min(rounds, COLUMNS) + 1).astype(int))
    return [slice(int(a), int(b)) for a, b in pairwise(cuts)]


def quartiles(
    values: Float[np.ndarray, "rounds pop"],
) -> tuple[Float[np.ndarray, " column"], Float[np.ndarray, "quarter column"]]:
    """Return the middle round of every stretch, and the least, the quartiles and the greatest of
    what lies in it. Stretches with nothing in them are left out.
    """
    middles: list[float] = []
    bands: list[np.ndarray] = []
    for some in stretches(len(values)):
        inside = values[some]
        if (seen := inside[np.isfinite(inside)]).size:
            middles.append((some.start + some.stop - 1) / 2)
            bands.append(np.quantile(seen, QUARTERS))
    return np.array(middles), np.array(bands).reshape(-1, len(QUARTERS)).T


def means(values: Float[np.ndarray, "rounds pop"]) -> Float[np.ndarray, "column pop"]:
    """Return the mean of every stretch and slot over what is not NaN; NaN of nothing."""
    seen = ~np.isnan(values)
    filled = np.where(seen, values, 0.0)
    parts = stretches(len(values))
    n = np.array([seen[some].sum(axis=0) for some in parts])
    total = np.array([filled[some].sum(axis=0) for some in parts])
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def thinned(line: Line) -> Line:
    """Return a line's places, evenly thinned to twice `COLUMNS`, the first and the last among
    them.
    """
    kept: Iterable[int] = range(len(line))
    if len(line) > 2 * COLUMNS:
        kept = np.unique(np.linspace(0, len(line) - 1, 2 * COLUMNS).astype(int)).tolist()
    return [line[place] for place in kept]
