"""The figures of one run, each a function of its `Record`: scores, lineage, schedules, and more."""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.views.growth.across import ROUND, offer_ways
from ontogeny.views.growth.crowds import add_members, is_crowd, means, stretches, thinned
from ontogeny.views.growth.lineage import BORN, kinship_order, schedule, survivors
from ontogeny.views.growth.outliers import Shown, offer_all, shown
from ontogeny.views.growth.record import Record
from ontogeny.views.growth.scales import hyper_scale, hyper_text, unit_positions
from ontogeny.views.quantities import score_text
from ontogeny.views.theme import (
    ACCENT,
    COLOURS,
    GROWING,
    INK,
    QUIET,
    SECOND,
    count_ticks,
    dress,
    empty,
    round_ticks,
)

ALL_MOVES = 400  # moves that the ribbon draws at most; of more, those that lead to the last round
ROW_LABELS = 40  # members up to which the ribbon labels each row


def score_figure(record: Record) -> go.Figure:
    """Return every member's score by round, the winner's whole ancestry drawn over them."""
    of = _shown_scores(record)
    fig = empty("Score of every member", ROUND, "score (bigger is better)", **of.axis())
    placed = of.scale.place(record.finite)
    add_members(fig, record, placed)
    dots = record.rounds == 1
    number, slot = np.nonzero(record.moved & np.isfinite(record.finite))
    if number.size and not is_crowd(record):
        fig.add_scatter(
            x=number.astype("float32"),
            y=placed[number, slot].astype("float32"),
            name="inherited at this round's start",
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 5, "color": QUIET, "line": {"width": 1}},
            hoverinfo="skip",
        )
    deaths = np.flatnonzero(record.dead.any(axis=1))
    if deaths.size:
        fig.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False})
        fig.add_scatter(
            x=deaths,
            y=np.full(deaths.size, 0.015),  # of the height, wherever the scores are
            yaxis="y2",
            name="a member is dead",
            mode="markers",
            marker={"symbol": "x-thin-open", "size": 8, "color": INK, "line": {"width": 1.5}},
            text=[f"round {r}: {record.dead[r].sum()} dead" for r in deaths.tolist()],
            hovertemplate="%{text}<extra></extra>",
        )
    if record.line:
        line = thinned(record.line)
        values = schedule(record.finite, line)
        fig.add_scatter(
            x=[r for r, _ in line],
            y=of.scale.place(values),
            name=f"winning line (ends in slot {record.winner})",
            mode="markers" if dots else "lines",
            line={"color": ACCENT, "width": 3},
            marker={"color": ACCENT, "size": 10},
            text=[
                f"round {r}, slot {s}: {score_text(v)}"
                for (r, s), v in zip(line, values, strict=True)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    return offer_ways(offer_all(fig, of), record)


def lineage_figure(record: Record) -> go.Figure:
    """Return the ribbon: a row a slot, a column a round, coloured by score.

    Lines are inheritance. Rows are ordered by kinship: who shares an ancestor for long lies near.
    """
    order = kinship_order(record.parent, record.before)
    row = np.argsort(order)
    of = _shown_scores(record)
    height = int(min(720, 170 + max(16 * record.pop, 120)))
    fig = empty(
        "Who descends from whom", ROUND, "slot, kin side by side", height=height, showgrid=False
    )
    fig.update_xaxes(showgrid=False, **round_ticks(record.rounds))
    if record.pop <= ROW_LABELS:
        fig.update_yaxes(
            tickmode="array", tickvals=list(range(record.pop)), ticktext=[str(s) for s in order]
        )
    else:
        fig.update_yaxes(showticklabels=False, ticks="")
    placed = means(of.scale.place(record.finite)[:, order]).T.astype("float32")
    fig.add_heatmap(
        z=placed,
        x=[(some.start + some.stop - 1) / 2 for some in stretches(record.rounds)],
        y=np.arange(record.pop),
        customdata=np.broadcast_to(np.array(order, "int16")[:, None], placed.shape),
        colorscale=GROWING,
        colorbar={"title": {"text": "score"}, "thickness": 12, "outlinewidth": 0, "len": 1.0}
        | of.scale.axis(),
        **of.colours(),
        hovertemplate="round %{x}, slot %{customdata}<extra></extra>",
        hoverongaps=False,
        xgap=1 if record.rounds <= 80 else 0,
        ygap=1 if record.pop <= ROW_LABELS else 0,
    )
    moves = record.moved & (record.parent != BORN)
    if moves.sum() > ALL_MOVES:
        moves &= survivors(record.parent, record.before)
    number, slot = np.nonzero(moves)
    if number.size:
        came = number - 1 if record.before is None else record.before[number, slot]
        x = np.stack([came, number, np.full(number.size, np.nan)], axis=1)
        y = np.stack(
            [row[record.parent[number, slot]], row[slot], np.full(number.size, np.nan)], axis=1
        )
        fig.add_scatter(
            x=x.ravel().astype("float32"),
            y=y.ravel().astype("float32"),
            mode="lines",
            line={"color": "rgba(25, 25, 25, 0.6)", "width": 1},
            showlegend=False,
            hoverinfo="skip",
        )
    if record.line:
        line = thinned(record.line)
        at = {"x": [r for r, _ in line], "y": [int(row[s]) for _, s in line]}
        mode = "lines" if len(record.line) > 1 else "markers"
        width = 3 if record.rounds <= 150 else 1.5
        fig.add_scatter(
            **at,
            mode=mode,
            line={"color": "white", "width": 2 * width},
            marker={"color": "white", "size": 14},
            showlegend=False,
            hoverinfo="skip",
        )
        fig.add_scatter(
            **at,
            name=f"winning line (ends in slot {record.winner})",
            mode=mode,
            showlegend=True,
            line={"color": ACCENT, "width": width},
            marker={"color": ACCENT, "size": 10},
            hoverinfo="skip",
        )
    fig.update_xaxes(range=[-0.5, max(record.rounds, 1) - 0.5])
    fig.update_yaxes(range=[-0.5, record.pop - 0.5])
    return fig


def hyper_figure(record: Record, name: str) -> go.Figure:
    """Return one hyper by round: its schedule along the winner's ancestry, against all members."""
    values = np.where(np.isfinite(record.hypers[name]), record.hypers[name], np.nan)
    scale = hyper_scale(record.spec(name), values)
    fig = empty(escape(name), ROUND, "", height=300, **scale.axis())
    placed = scale.place(values)
    if np.isfinite(placed).any() and np.nanmax(placed) - np.nanmin(placed) < 1e-9:
        middle = float(np.nanmean(placed))  # a constant: plotly would zoom into its rounding
        fig.update_yaxes(range=[middle - max(abs(middle), 0.1), middle + max(abs(middle), 0.1)])
    add_members(fig, record, placed)
    dots = record.rounds == 1
    if record.line:
        line = thinned(record.line)
        along = schedule(values, line)
        fig.add_scatter(
            x=[r for r, _ in line],
            y=scale.place(along),
            name="winning line",
            mode="markers" if dots else "lines",
            line={"color": ACCENT, "width": 3, "shape": "hvh"},
            marker={"color": ACCENT, "size": 10},
            text=[
                f"round {r}, slot {s}: {escape(hyper_text(record.spec(name), v, 4))}"
                for (r, s), v in zip(line, along, strict=True)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    return offer_ways(fig, record)


def diversity_figure(record: Record) -> go.Figure:
    """Return how many founders have living descendants, and how far apart the hypers are.

    The spread of a hyper is the standard deviation, over the living, of its place between its
    bounds on its own scale: 0 when all agree, 0.29 when spread evenly, 0.5 at most.
    """
    names = list(record.traits)[: len(COLOURS)]
    panels = 2 if names else 1
    fig = make_subplots(rows=panels, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    dress(fig, "How diverse the population stays", 220 + 180 * panels)
    rounds = np.arange(record.rounds)
    fig.add_scatter(
        x=rounds,
        y=record.founders_alive,
        name="founders alive",
        mode="lines+markers" if record.rounds < 3 else "lines",
        line={"color": INK, "width": 2, "shape": "hvh"},
        showlegend=False,
        row=1,
        col=1,
    )
    whole = count_ticks(record.pop)
    fig.update_yaxes(title_text="founders alive", rangemode="tozero", **whole, row=1, col=1)
    for index, name in enumerate(names):
        places = unit_positions(record.spec(name), record.hypers[name])
        fig.add_scatter(
            x=rounds,
            y=_deviation(np.where(np.isfinite(record.score), places, np.nan)),
            name=escape(name),
            mode="lines+markers" if record.rounds < 3 else "lines",
            line={"color": COLOURS[index], "width": 2},
            row=2,
            col=1,
        )
    if names:
        fig.update_yaxes(title_text="spread of hypers", rangemode="tozero", row=2, col=1)
        fig.update_layout(showlegend=True)
    fig.update_xaxes(title_text=ROUND, row=panels, col=1)
    return offer_ways(fig, record)


def speed_figure(record: Record) -> go.Figure | None:
    """Return what all members did a second; None when the run doesn't say how long it took."""
    seconds = np.where(record.seconds > 0, record.seconds, np.nan)
    if record.work is None or record.unit is None or not np.isfinite(seconds).any():
        return None
    fig = empty("Speed", ROUND, f"{escape(record.unit[0])}/s", height=280, rangemode="tozero")
    fig.add_scatter(
        x=np.arange(record.rounds),
        y=record.work / seconds,
        mode="lines+markers" if record.rounds < 3 else "lines",
        line={"color": SECOND, "width": 2},
        name="speed",
        showlegend=False,
        customdata=np.arange(record.rounds),
        hovertemplate="round %{customdata}: %{y:.3s}<extra></extra>",
    )
    return offer_ways(fig, record)


def _shown_scores(record: Record) -> Shown:
    return shown(record.finite, schedule(record.finite, record.line))


def _deviation(places: np.ndarray) -> np.ndarray:
    """Return the standard deviation along the last axis of what is not NaN; NaN of nothing."""
    seen = ~np.isnan(places)
    n = seen.sum(axis=1)
    mean = np.where(seen, places, 0).sum(axis=1) / np.maximum(n, 1)
    spread = np.where(seen, (places - mean[:, None]) ** 2, 0).sum(axis=1) / np.maximum(n, 1)
    return np.where(n > 0, np.sqrt(spread), np.nan)
