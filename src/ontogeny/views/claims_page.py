"""The claims of a system's paper as one HTML page: how many hold, each with what decides it, the
figures, and how to measure them again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ontogeny.views import page
from ontogeny.views.figure import Figure
from ontogeny.views.machine_rows import machine_rows
from ontogeny.views.quantities import count, duration
from ontogeny.views.terminal.tables import claims_rows

WIDTHS = (11, 26, 17, 28, 18)  # percent of the table


class Measured(NamedTuple):
    """What was measured: whose paper, from when (seconds since 1970), how long, and how to repeat
    it. A `quick` look is under-powered, whatever it says.
    """

    title: str
    paper: str
    begun: float
    seconds: float
    seed: int
    quick: bool
    command: str
    machine: Mapping[str, Any]


def claims_html(
    told: Measured, claims: Sequence[Mapping[str, Any]], figures: Iterable[Figure]
) -> str:
    """Return the page. A claim has `claim`, `paper`, `measured`, `threshold` and `holds`."""
    hold = sum(bool(claim["holds"]) for claim in claims)
    when = time.strftime("%d %B %Y, %H:%M", time.localtime(told.begun))
    tiles = [
        ("hold", f"{hold:,}"),
        ("do not hold", f"{len(claims) - hold:,}"),
        ("size", "quick" if told.quick else "full"),
        ("seed", str(told.seed)),
        ("time", duration(told.seconds)),
    ]
    body = [
        f"<header>\n<h1>{page.text(told.title)}: claims, measured</h1>\n",
        page.paragraph(f"arXiv {told.paper}, measured {when}", "soft"),
        page.paragraph(_verdict(hold, len(claims), told.quick), "verdict"),
        page.tiles(tiles),
        "</header>\n",
        page.section("Claims", _table(claims, told.quick)),
        *map(page.drawn, figures),
        page.section(
            "Measure it again",
            f"<pre>{page.text(told.command)}</pre>\n",
            "<h3>The machine that it ran on</h3>\n",
            page.table(["", ""], machine_rows(told.machine), left=(0, 1)),
        ),
    ]
    return page.document(f"{told.title}: claims, measured - Ontogeny", body)


def _table(claims: Sequence[Mapping[str, Any]], quick: bool) -> str:
    columns, rows = claims_rows(claims, quick)
    marked = [
        [page.mark(said, _kind(claim["holds"], quick)), *words]
        for claim, (*words, said) in zip(claims, rows, strict=True)
    ]
    order = [columns[-1], *columns[:-1]]
    return page.table(order, marked, left=range(len(order)), widths=WIDTHS)


def _kind(holds: bool, quick: bool) -> page.Kind:
    return "doubtful" if quick else "good" if holds else "bad"


def _verdict(hold: int, n: int, quick: bool) -> str:
    said = f"{hold:,} of {count(n, 'claim')} hold{'s' if n == 1 and hold else ''} here."
    if quick:
        said += (
            " This was a quick look, with fewer seeds and less growth: it is under-powered, and "
            "decides nothing."
        )
    return said
