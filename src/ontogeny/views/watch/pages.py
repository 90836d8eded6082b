"""The pages of `watch` as HTML: the list of runs, one run, and runs beside each other.

Everything that a run says of itself goes through `page.text`; what is filled in later comes from
the same functions as the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ontogeny import __version__
from ontogeny.core.text import visible
from ontogeny.runtime.storage.folders import short_path
from ontogeny.views import page
from ontogeny.views.curve import curve_svg
from ontogeny.views.growth.scales import score_scale
from ontogeny.views.growth.statuses import WHY, how_on, status_mark
from ontogeny.views.quantities import NOTHING, count, duration, number
from ontogeny.views.terminal.sparkline import stretch_means
from ontogeny.views.watch.watchlist import Line

COURSE = 80  # points of a run's course in the list
COLUMNS = ("run", "status", "best", "course", "rounds", "members", "speed", "time", "begun")


def shell(title: str, body: Iterable[str], *, plots: bool = False, **data: str) -> str:
    """Return a whole page; with `plots`, plotly.js is fetched for it. `data` are what the page's
    script is told.
    """
    told = "".join(f' data-{name}="{page.text(value)}"' for name, value in data.items())
    scripts = ["/plotly.js"] if plots else []
    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<link rel="icon" href="data:,">\n',
            f'<link rel="stylesheet" href="/page.css?{__version__}">\n',
            f"<title>{page.text(visible(title))}</title>\n</head>\n<body{told}>\n<main>\n",
            '<p id="says" role="status" hidden></p>\n',
            *body,
            "</main>\n",
            *(f'<script src="{one}?{__version__}"></script>\n' for one in [*scripts, "/page.js"]),
            "</body>\n</html>\n",
        ]
    )


def list_page(folder: Path, lines: Iterable[Line], version: str) -> str:
    """Return the page of all runs in a folder."""
    lines = list(lines)
    head = "".join(f"<th>{page.text(name)}</th>" for name in COLUMNS)
    rows = "".join(map(row, lines))
    return shell(
        "Runs - Ontogeny",
        [
            f'<header>\n<h1>Runs</h1>\n<p class="soft">{page.text(visible(short_path(folder)))}'
            f'<span id="tally">{page.text(tally(lines))}</span></p>\n</header>\n',
            '<form class="tools" id="tools">\n<input id="filter" type="search" '
            'placeholder="Show runs with…" aria-label="Show runs with these words">\n'
            '<button id="compare" type="submit" disabled>Compare</button>\n</form>\n',
            f'<table class="runs">\n<thead><tr><th></th>{head}</tr></thead>\n'
            f'<tbody id="runs">\n{rows}</tbody>\n</table>\n',
            '<p id="none" class="soft" hidden>No runs yet. Grow one: <code>ontogeny grow toy'
            "</code></p>\n",
        ],
        page="list",
        version=version,
    )


def tally(lines: Sequence[Line]) -> str:
    """Return how many runs there are, and how many of them grow."""
    growing = sum(line.status == "growing" for line in lines)
    return f": {count(len(lines), 'run')}" + (f", {growing:,} growing" if growing else "")


def row(line: Line) -> str:
    """Return a run's row of the list."""
    name = page.text(visible(line.name))
    link = f'<a href="/run/{line.id}">{name}</a>'
    begin = f'<tr id="run-{line.id}" data-id="{line.id}" data-status="{page.text(line.status)}">'
    told = line.summary
    pick = f'<input type="checkbox" name="run" value="{line.id}" aria-label="Compare {name}">'
    if told is None or "error" in told:
        why = "" if told is None else page.text(visible(str(told["error"])))
        status = status_mark(line.status) if told else '<span class="soft">reading…</span>'
        cells = [link, status, f'<span class="soft">{why}</span>', *[""] * (len(COLUMNS) - 3)]
        pick = ""
    else:
        cells = [link, status_mark(line.status), *_facts(told)]
    inside = "".join(
        f'<td class="{name}" data-label="{name}">{cell}</td>'
        for name, cell in zip(COLUMNS, cells, strict=True)
    )
    return f'{begin}<td class="pick">{pick}</td>{inside}</tr>\n'


def _facts(told: Mapping[str, Any]) -> list[str]:
    course = np.array(told["course"], float)  # None becomes NaN
    means = np.array(stretch_means(score_scale(course).place(course), COURSE))
    drawn = curve_svg(np.arange(float(means.size)), means, "best score by round", 120, 26)
    done = min(told["rounds"] / max(told["planned"], 1), 1)
    bar = f'<progress max="1" value="{done:.4f}"></progress>'
    speed = "" if told["speed"] is None else _two(number(told["speed"]), f"{told['unit']}/s")
    left = f"{duration(told['seconds_left'])} left" if told["seconds_left"] else ""
    return [
        page.text(number(told["best"], 4)),
        drawn,
        f"{told['rounds']:,} of {told['planned']:,}" + (bar if told["status"] == "growing" else ""),
        f"{told['population']:,}",
        speed,
        _two(duration(told["seconds"] or None), left),
        page.text(str(told["begun"] or NOTHING).replace("T", " ")[:16]),
    ]


def _two(words: str, below: str) -> str:
    """Return words, and smaller ones below them."""
    return page.text(words) + (f" <small>{page.text(below)}</small>" if below else "")


def run_page(line: Line, parts: Iterable[str], version: str, key: str | None) -> str:
    """Return the page of one run, whose parts its script fills in. With a `key` it has the button
    that has the run stop.
    """
    name = visible(line.name)
    hidden = "" if line.status == "growing" else " hidden"
    stop = f'<button id="stop" type="button"{hidden}>Stop after this round</button>' if key else ""
    places = "".join(f'<div class="part" data-part="{part}"></div>\n' for part in parts)
    return shell(
        f"{name} - Ontogeny",
        [
            f'<nav><a href="/">All runs</a> <b>{page.text(name)}</b> '
            f'<span id="status">{status_mark(line.status)}</span> '
            f'<span id="then" class="soft">{page.text(then(line))}</span>{stop}</nav>\n',
            places,
        ],
        plots=True,
        page="run",
        version=version,
        run=line.id,
        parts=f"/run/{line.id}/part/",
        key=key or "",
    )


def then(line: Line) -> str:
    """Return what can be done about a run that does not grow any more and is not finished."""
    if line.status in ("stopped", "interrupted", "failed"):
        why = f"{WHY[line.status]}; " if line.status in WHY else ""
        learner = bool(line.summary and line.summary.get("learner"))
        return f"{why}go on with: {how_on(visible(line.name), learner)}"
    return ""


def compare_page(lines: Sequence[Line], parts: Iterable[str], version: str) -> str:
    """Return the page of some runs beside each other, whose parts its script fills in."""
    links = ", ".join(
        f'<a href="/run/{line.id}">{page.text(visible(line.name))}</a>' for line in lines
    )
    asked = "&".join(f"run={quote(line.id)}" for line in lines)
    places = "".join(f'<div class="part" data-part="{part}"></div>\n' for part in parts)
    return shell(
        "Compare - Ontogeny",
        [f'<nav><a href="/">All runs</a> <span>{links}</span></nav>\n', places],
        plots=True,
        page="compare",
        version=version,
        run=" ".join(line.id for line in lines),
        parts=f"/compare/part/?{asked}",
        key="",
    )
