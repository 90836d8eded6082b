"""A run in a few lines of HTML: what a notebook shows where a run is the last word of a cell."""

from __future__ import annotations

import numpy as np

from ontogeny.views import page
from ontogeny.views.curve import curve_svg
from ontogeny.views.growth.lineage import schedule
from ontogeny.views.growth.record import Record
from ontogeny.views.growth.scales import hyper_text, score_scale
from ontogeny.views.quantities import count, score_text

HYPERS = 8
POINTS = 200


def card_html(record: Record) -> str:
    """Return the best score, how far the run is, the winner's hypers and its line as a curve."""
    done = f"{record.rounds} of {count(record.planned, 'round')}, {count(record.pop, 'member')}"
    best = "-" if record.winner is None else score_text(record.last[record.winner])
    rows = [("best score", best), ("", f"{done}, {record.status}")]
    if record.line:
        for name, values in list(record.traits.items())[:HYPERS]:
            last = schedule(values, record.line)[-1]
            rows.append((name, hyper_text(record.spec(name), float(last), 4)))
    cells = "".join(
        f'<tr><td style="text-align:left">{page.text(name)}</td>'
        f'<td style="text-align:left">{page.text(value)}</td></tr>'
        for name, value in rows
    )
    return (
        f"<div><b>{page.text(record.name)}</b>{_curve(record)}"
        f"<table><tbody>{cells}</tbody></table></div>"
    )


def _curve(record: Record) -> str:
    """Return the winner's scores as a line; nothing of fewer than two."""
    if not record.line:
        return ""
    line = record.line[:: max(len(record.line) // POINTS, 1)]
    values = score_scale(record.finite).place(schedule(record.finite, line))
    rounds = np.array([r for r, _ in line], float)
    drawn = curve_svg(rounds, values, "score of the winning line by round")
    return f"<br>{drawn}" if drawn else ""
