"""A run beside another of the same task, such as one from scratch, and how much sooner it was as
good.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.core.errors import ConfigError
from ontogeny.views.growth.record import Record
from ontogeny.views.growth.scales import score_scale
from ontogeny.views.quantities import number, score_text
from ontogeny.views.theme import COLOURS, empty


def check_beside(record: Record, other: Record) -> None:
    """Raise `ConfigError` where two runs can't stand beside each other: one has no living member,
    they lived in two worlds, or one does not say what a round costs.
    """
    worlds = [run.fields.get("world", run.title) for run in (record, other)]
    said = None
    if any(run.winner is None for run in (record, other)):
        said = "one of the runs has no score"
    elif worlds[0] != worlds[1]:
        said = f"one run is of {worlds[0]}, and the other of {worlds[1]}"
    elif record.unit is None or other.unit is None or record.unit[0] != other.unit[0]:
        said = "the runs don't count in one unit"
    if said:
        raise ConfigError(
            said, where=f"--beside {other.folder}", hint="take two runs of one task, with scores"
        )


def saved(record: Record, other: Record) -> str:
    """Return how much one member had done when the best was as good as both runs were at least, and
    how many times more it was in the other.
    """
    level = min(np.nanmax(run.finite) for run in (record, other))
    mine, its = (_until(run, float(level)) for run in (record, other))
    unit = record.unit[0] if record.unit else "updates"
    if mine == its:
        ratio = "as much"
    else:
        ratio = (
            f"{number(max(mine, its) / min(mine, its), 3)} times {'more' if its > mine else 'less'}"
        )
    return (
        f"A score of {score_text(level)} took {record.name} {mine:,.0f} {unit} of one "
        f"member, and {other.name} {its:,.0f}: {ratio}. What a teacher took is not counted."
    )


def beside_figure(record: Record, other: Record) -> go.Figure:
    """Return the best score so far in both, over what one member had done."""
    return best_figure([record, other], "Beside another run")


def best_figure(records: Sequence[Record], title: str) -> go.Figure:
    """Return the best score so far in each run, over what one member had done; over rounds where
    the runs do not count in one unit.
    """
    units = {record.unit[0] if record.unit else "updates" for record in records}
    told = f"{units.pop()} of one member" if len(units) == 1 else "round"
    best = [_best(run) for run in records]
    scale = score_scale(np.concatenate(best))
    fig = empty(title, told, "best score so far", **scale.axis())
    for place, (run, scores) in enumerate(zip(records, best, strict=True)):
        fig.add_scatter(
            x=run.done if told != "round" else np.arange(run.rounds),
            y=scale.place(scores),
            name=escape(run.name, quote=False),  # plotly knows no &quot;
            mode="lines" if run.rounds > 2 else "lines+markers",
            line={"color": COLOURS[place % len(COLOURS)], "width": 2.5, "shape": "hv"},
        )
    return fig


def _until(run: Record, level: float) -> float:
    return float(run.done[np.flatnonzero(_best(run) >= level)[0]])


def _best(run: Record) -> Float[np.ndarray, " rounds"]:
    scores = np.where(np.isfinite(run.finite), run.finite, -np.inf).max(axis=1, initial=-np.inf)
    best = np.maximum.accumulate(scores)
    return np.where(np.isfinite(best), best, np.nan)
