"""Runs beside each other while they grow: how good each is so far, and in what they differ. What
can be said of groups of finished runs is `comparison.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ontogeny.core.errors import ConfigError
from ontogeny.views import page
from ontogeny.views.comparisons.contenders import differs, settings_of
from ontogeny.views.growth.beside import best_figure
from ontogeny.views.growth.record import Record
from ontogeny.views.growth.statuses import status_mark
from ontogeny.views.quantities import duration, score_text


def _best(records: Sequence[Record]) -> str:
    return page.plot(
        best_figure(records, "Best score so far"),
        "best",
        "Of each run, the best score that any member has had by then.",
    )


def _settings(records: Sequence[Record]) -> str:
    each = [settings_of(record) for record in records]
    known = sorted({name for settings in each for name in settings})
    fields = [name for name in known if name != "rounds" and differs(name, each)]
    rows = [
        [
            record.name,
            status_mark(record.status),
            score_text(None if record.winner is None else record.last[record.winner]),
            f"{record.rounds:,} of {record.planned:,}",
            duration(np.nansum(record.seconds)),
            *(str(settings.get(name, "")) for name in fields),
        ]
        for record, settings in zip(records, each, strict=True)
    ]
    columns = ["run", "status", "best", "rounds", "time", *fields]
    return page.section(
        "In what they differ",
        page.table(columns, rows, left=(0, 1)),
        "" if fields else page.paragraph("Their settings are the same.", "soft"),
    )


def _groups(records: Sequence[Record]) -> str:
    from ontogeny.views.comparisons.comparison import compare
    from ontogeny.views.comparisons.comparison_page import comparison_html

    if growing := [record.name for record in records if record.status != "finished"]:
        said = "How surely one is better is told of finished runs; not finished yet: "
        return page.section("Groups", page.paragraph(said + ", ".join(growing), "soft"))
    try:
        found = compare([record.folder for record in records])
    except ConfigError as error:
        return page.section("Groups", page.paragraph(str(error), "soft"))
    return page.section("How surely", *comparison_html(found))


TOGETHER: dict[str, Callable[[Sequence[Record]], str]] = {
    "best": _best,
    "settings": _settings,
    "groups": _groups,
}
"""What is told of some runs together, in order: each part is HTML."""
