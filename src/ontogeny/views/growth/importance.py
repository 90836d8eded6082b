"""Which hypers mattered, where members never moved: each member's hyper against its last score.

The rank correlation (Spearman's) of the two is told beside each. It says nothing of hypers that
matter only together, nor of a best value in the midst of the range: look at the picture.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.ops.rank_correlation import spearman
from ontogeny.views.growth.outliers import offer_all, shown
from ontogeny.views.growth.record import Record
from ontogeny.views.growth.scales import has_words, hyper_scale, hyper_text
from ontogeny.views.quantities import number, score_text
from ontogeny.views.theme import ACCENT, QUIET, empty

LEAST = 4  # members


class Importance(NamedTuple):
    """A hyper, its last values, and how their ranks go along with those of the scores."""

    name: str
    values: Float[np.ndarray, " pop"]
    correlation: float
    """NaN of words, which have no order."""


def importances(record: Record) -> list[Importance]:
    """Return the hypers of a run in which nobody moved, the strongest correlation first; nothing of
    other runs, of fewer than four living members, and of hypers that never varied.
    """
    alive = np.isfinite(record.last)
    if record.moved.any() or alive.sum() < LEAST:
        return []
    found: list[Importance] = []
    for name, table in record.traits.items():
        values = np.where(alive, _last(table), np.nan)
        told = np.isfinite(values)
        if len(np.unique(values[told])) < 2:
            continue
        plain = has_words(record.spec(name)) or len(np.unique(record.last[told])) < 2
        rank = float("nan") if plain else float(spearman(values[told], record.last[told]))
        found.append(Importance(name, values, rank))
    return sorted(found, key=lambda one: -np.nan_to_num(abs(one.correlation), nan=-1.0))


def importance_figure(record: Record, one: Importance) -> go.Figure:
    """Return every member's last score against one hyper."""
    told = np.isfinite(one.values)
    values, scores = one.values[told], record.last[told]
    spec = record.spec(one.name)
    across, up = hyper_scale(spec, values[:, None]), shown(scores, scores.max(keepdims=True))
    said = "" if np.isnan(one.correlation) else f", rank correlation {number(one.correlation, 2)}"
    fig = empty(f"{escape(one.name)}{said}", "", "last score", height=300, **up.axis())
    fig.update_xaxes(**across.axis())
    best = int(np.argmax(scores))
    slots = np.flatnonzero(told)
    fig.add_scatter(
        x=across.place(values),
        y=up.scale.place(scores),
        mode="markers",
        marker={
            "color": [ACCENT if row == best else QUIET for row in range(len(values))],
            "size": [11 if row == best else 7 for row in range(len(values))],
        },
        text=[
            f"slot {slot}: {escape(hyper_text(spec, v, 4))}, score {score_text(s)}"
            for slot, v, s in zip(slots, values, scores, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    return offer_all(fig, up)


def _last(table: Float[np.ndarray, "rounds pop"]) -> Float[np.ndarray, " pop"]:
    """Return each member's last finite value."""
    told = np.isfinite(table)
    last = len(table) - 1 - np.argmax(told[::-1], axis=0)
    return np.where(told.any(axis=0), table[last, np.arange(table.shape[1])], np.nan)
