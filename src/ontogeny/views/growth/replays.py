"""What a replay found: how good the schedule is by itself, beside the population that found it, and
beside its last hypers fixed.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ontogeny.ops.statistics import bootstrap_interval, interquartile_mean
from ontogeny.views.growth.record import Record
from ontogeny.views.growth.scales import score_scale
from ontogeny.views.quantities import number
from ontogeny.views.theme import ACCENT, INK, QUIET, SECOND, empty, round_ticks

WORDS = {"schedule": "the schedule, replayed", "fixed": "its last hypers, fixed"}
LOOKS = {"schedule": ACCENT, "fixed": SECOND}


def replay_summary(record: Record) -> list[dict[str, Any]]:
    """Return a row for the source and one for each arm, as JSON values: what it is, how many
    members, how many are dead, and the interquartile mean of the living with its bootstrap
    interval. Empty for a run that is no replay, or has no rounds yet.
    """
    about = record.run.get("replay")
    if not about or not record.rounds or not {"source", "score", "arms"} <= about.keys():
        return []
    at = min(record.rounds, len(about["score"])) - 1
    rows: list[dict[str, Any]] = [
        {
            "what": f"{about['source']}: its winner's line",
            "members": 1,
            "dead": 0,
            "iqm": {"value": about["score"][at], "low": None, "high": None},
        }
    ]
    for arm, slots in about["arms"].items():
        scores = record.last[[slot for slot in slots if slot < record.pop]]
        alive = scores[np.isfinite(scores)]
        found = bootstrap_interval(alive, interquartile_mean)._asdict() if alive.size else None
        if found and alive.size == 1:
            found |= {"low": None, "high": None}  # one member has no interval
        rows.append(
            {
                "what": WORDS[arm],
                "members": len(slots),
                "dead": len(slots) - int(alive.size),
                "iqm": found or {"value": None, "low": None, "high": None},
            }
        )
    return rows


def replay_rows(summary: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return the columns and rows of a table of the summary."""
    columns = ["after as many rounds", "members", "dead", "IQM of the score", "95 % interval"]
    rows = [
        [
            str(row["what"]),
            str(row["members"]),
            str(row["dead"]),
            number(row["iqm"]["value"], 4),
            ""
            if row["iqm"]["low"] is None
            else f"{number(row['iqm']['low'], 4)} to {number(row['iqm']['high'], 4)}",
        ]
        for row in summary
    ]
    return columns, rows


def replay_figure(record: Record) -> go.Figure:
    """Return every replayed member's score by round, and that of the source's winning line."""
    about = record.run["replay"]
    source = np.array(about["score"], float)[: record.rounds]
    scale = score_scale(np.concatenate([record.finite.ravel(), source]))
    fig = empty("The schedule by itself", "round", "score (bigger is better)", **scale.axis())
    fig.update_xaxes(**round_ticks(record.rounds))
    for arm, slots in about["arms"].items():
        for place, slot in enumerate(slot for slot in slots if slot < record.pop):
            fig.add_scatter(
                x=np.arange(record.rounds),
                y=scale.place(record.finite[:, slot]),
                mode="lines+markers" if record.rounds < 3 else "lines",
                line={"color": LOOKS[arm], "width": 1.5},
                name=WORDS[arm],
                legendgroup=arm,
                showlegend=place == 0,
                hovertemplate=f"round %{{x}}, slot {slot}<extra></extra>",
            )
    fig.add_scatter(
        x=np.arange(source.size),
        y=scale.place(source),
        mode="lines+markers" if source.size < 3 else "lines",
        line={"color": INK, "width": 2.5},
        marker={"color": QUIET},
        name=f"{escape(str(about['source']))}: the winner's line",
        hoverinfo="skip",
    )
    return fig
