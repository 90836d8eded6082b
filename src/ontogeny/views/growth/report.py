"""The report of a run: one HTML file that shows what it did and how to repeat it."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from ontogeny.core.errors import StoreError
from ontogeny.core.files import inside, read_regular
from ontogeny.core.trees import dotted
from ontogeny.runtime.storage.store import Store
from ontogeny.views import page
from ontogeny.views.figure import Figure
from ontogeny.views.growth import run_figures
from ontogeny.views.growth.beside import beside_figure, check_beside, saved
from ontogeny.views.growth.crowds import is_crowd
from ontogeny.views.growth.findings import verdict
from ontogeny.views.growth.importance import importance_figure, importances
from ontogeny.views.growth.lineage import rounds_since_move
from ontogeny.views.growth.metric_figures import metric_figures, reported
from ontogeny.views.growth.parted import parted_figure, winners_parts
from ontogeny.views.growth.plasticity import plasticity_figure
from ontogeny.views.growth.record import Record, read_record
from ontogeny.views.growth.replays import replay_figure, replay_rows, replay_summary
from ontogeny.views.growth.scales import hyper_text
from ontogeny.views.growth.statuses import status_mark
from ontogeny.views.machine_rows import machine_rows
from ontogeny.views.quantities import count, duration, score_text

MEMBERS = 200  # members that the table lists, best first
HYPERS = 12  # hypers that get a figure; more stand in the table
METRICS = 24  # metrics that get a figure
EVENTS = 100  # events listed one by one
FILM_BYTES = 6_000_000  # a larger film is named, not embedded
KNOWN_EVENTS = {
    "dead": "death",
    "interrupted": "interruption",
    "resumed": "resumption",
    "failed": "failure",
    "stopped": "stop",
}


def write_report(
    store: Store,
    path: Path,
    portrait: Sequence[Figure] = (),
    story: Callable[[Record], Sequence[Figure]] = lambda record: (),
    note: str = "",
    beside: Record | None = None,
) -> Path:
    """Write the run's report as one HTML file and return where it is.

    `portrait` are figures of what the winner has become, `note` says why there are none; `story`
    tells those of the whole run from its record; `beside` is a run that it is held against. What
    stood at `path` is replaced whole, or not at
    all. Raises `StoreError` when it can't be written.
    """
    record = read_record(store)
    told = story(record) if record.rounds else ()
    if beside is not None:
        check_beside(record, beside)
    return page.write(Path(path), report_html(record, [*portrait, *told], note, beside))


def report_html(
    record: Record,
    figures: Iterable[Figure] = (),
    note: str = "",
    beside: Record | None = None,
) -> str:
    """Return the report as HTML, with the figures that its recipe gives, or why it gives none."""
    body = [headline(record)]
    if note:
        body.append(page.paragraph(note, "soft"))
    body += [_film(record), _replay(record)]
    if beside is not None:
        body.append(page.plot(beside_figure(record, beside), "beside", saved(record, beside)))
    body += map(page.drawn, figures)
    body += [part(record) for name, part in PARTS.items() if name not in FIRST]
    body.append(page.section("Repeat it", *_repeat(record)))
    if papers := record.run.get("papers"):
        items = "".join(f"<li>{page.text(paper)}</li>\n" for paper in papers)
        body.append(page.section("Papers to cite", f"<ul>\n{items}</ul>\n"))
    return page.document(f"{record.title} - Ontogeny", body)


def headline(record: Record) -> str:
    """Return what the run is, where it stands and what it found, as HTML."""
    begun = record.run.get("begun")
    when = time.strftime("begun %d %B %Y, %H:%M, ", time.localtime(begun)) if begun else ""
    best = None if record.winner is None else record.last[record.winner]
    facts = [
        ("best score", score_text(best)),
        ("members", f"{record.pop:,}"),
        (
            "rounds",
            f"{record.rounds:,}"
            + (f" of {record.planned:,}" if record.planned > record.rounds else ""),
        ),
        ("time in rounds", duration(np.nansum(record.seconds)) if record.rounds else "-"),
    ]
    if record.work is not None and record.unit is not None and record.rounds:
        facts.append((record.unit[0], f"{record.work.sum():,.0f}"))
    facts.append(("moves", f"{int(record.moved.sum()):,}"))
    replay = record.run.get("replay")
    title = f"{record.title}, a replay of {replay.get('source')}" if replay else record.title
    name = "" if record.name == title else f"{record.name}, "  # a bare learner's is its title
    return (
        f"<header>\n<h1>{page.text(title)}</h1>\n" + f'<p class="soft">{page.text(f"{name}{when}")}'
        f"{status_mark(record.status)}</p>\n"
        + (page.paragraph(f"Note: {record.note}", "soft") if record.note else "")
        + page.paragraph(verdict(record), "verdict")
        + page.tiles(facts)
        + "</header>\n"
    )


def _replay(record: Record) -> str:
    summary = replay_summary(record)
    if not summary:
        return ""
    return page.plot(
        replay_figure(record),
        "replay",
        "A replayed member begins with first weights of its own and inherits from nobody. "
        "The source's line is that of the member which its population selected in the "
        "end, so luck is in it.",
    ) + page.table(*replay_rows(summary), left=(0,))


def _scores(record: Record) -> str:
    if not record.rounds:
        return ""
    return page.plot(
        run_figures.score_figure(record),
        "scores",
        (
            "Grey is where the members are, darker where the middle half is"
            if is_crowd(record)
            else "Each grey line is a member, joined to the ancestor that it inherited from"
        )
        + "; the coloured line is the winner's whole ancestry.",
    )


def _plasticity(record: Record) -> str:
    if not record.rounds or (innate := plasticity_figure(record)) is None:
        return ""
    return page.plot(
        innate,
        "plasticity",
        "Everybody begins each round anew from its genes; what lies between the lines is what "
        "learning adds: plasticity.",
    )


def _parted(record: Record) -> str:
    return "".join(
        page.plot(
            parted_figure(record, metric),
            f"parted{index}",
            "Lines are the winner's ancestry, bands the range of all members.",
        )
        for index, metric in enumerate(winners_parts(record))
    )


def _importance(record: Record) -> str:
    told = importances(record)[:HYPERS] if record.rounds else []
    if not told:
        return ""
    plots = [
        page.plot(importance_figure(record, one), f"importance{i}", level=3)
        for i, one in enumerate(told)
    ]
    return page.section(
        "Which hypers mattered",
        f'<div class="pair">\n{"".join(plots)}</div>\n',
        page.paragraph(
            "A dot is a member, the coloured one the best; nobody moved, so each had one "
            "value. The correlation is Spearman's, of the ranks: near 1 or -1 more is "
            "always better or always worse; a best value in the midst has none.",
            "soft",
        ),
    )


def _lineage(record: Record) -> str:
    if record.pop < 2 or not record.moved.any():
        return ""
    return page.plot(
        run_figures.lineage_figure(record),
        "lineage",
        "Each row is a slot and each column a round, darker for a better score; a line that "
        "changes rows is an inheritance, and an empty cell is a dead member.",
    )


def _schedules(record: Record) -> str:
    shown = list(record.traits)[:HYPERS] if record.rounds else []
    if not shown:
        return ""
    plots = [
        page.plot(run_figures.hyper_figure(record, name), f"hyper{i}", level=3)
        for i, name in enumerate(shown)
    ]
    more = len(record.traits) - len(shown)
    return page.section(
        "Schedules that were found",
        f'<div class="pair">\n{"".join(plots)}</div>\n',
        page.paragraph(
            "The coloured steps are what the winner's line lived with, round by round; grey is "
            "everybody."
            + (f" {count(more, 'more hyper')} are in the run's store." if more else ""),
            "soft",
        ),
    )


def _diversity(record: Record) -> str:
    if record.pop < 2 or not record.rounds:
        return ""
    spread = (
        " Below, how far apart the members' hypers lie on their own scales: 0 when all agree, "
        "0.5 at most."
        if record.traits
        else ""
    )
    return page.plot(
        run_figures.diversity_figure(record),
        "diversity",
        f"How many of the first members still have living descendants.{spread}",
    )


def _metrics(record: Record) -> str:
    others = metric_figures(record, METRICS) if record.rounds else {}
    if not others:
        return ""
    plots = [page.plot(figure, f"metric{i}", level=3) for i, figure in enumerate(others.values())]
    left = len(reported(record)) - METRICS
    return page.section(
        "What else was reported",
        f'<div class="pair">\n{"".join(plots)}</div>\n',
        page.paragraph(
            "The band is the range of all members."
            + (f" {count(left, 'more metric')} are in the run's store." if left > 0 else ""),
            "soft",
        ),
    )


def _speed(record: Record) -> str:
    if not record.rounds or (speed := run_figures.speed_figure(record)) is None:
        return ""
    return page.plot(
        speed, "speed", "What all members did together, a second of the rounds' own time."
    )


def _members(record: Record) -> str:
    if not record.rounds:
        return ""
    return page.section("Members after the last round", _members_table(record))


def _members_table(record: Record) -> str:
    age = rounds_since_move(record.parent, record.lived)
    unit = "age (rounds)" if record.steps is None else "age (steps)"
    names = list(record.traits)[:HYPERS]
    order = sorted(
        range(record.pop), key=lambda slot: -np.nan_to_num(record.last[slot], nan=-np.inf)
    )
    rows = [
        [
            slot,
            score_text(record.last[slot]),
            f"{int(age[slot]) * (record.steps or 1):,}",
            *(
                hyper_text(record.spec(n), _last_finite(record.hypers[n][:, slot]), 4)
                for n in names
            ),
        ]
        for slot in order[:MEMBERS]
    ]
    chosen = None if record.winner is None else order.index(record.winner)
    left = len(order) - len(rows)
    return page.table(["slot", "score", unit, *names], rows, chosen=chosen) + page.paragraph(
        "A member's age counts from when its slot last inherited or began anew."
        + (f" {count(left, 'more member')} are in the run's store." if left else ""),
        "soft",
    )


def _events(record: Record) -> str:
    return page.section("Events", _events_told(record))


def _events_told(record: Record) -> str:
    told = [event for event in record.events if event.kind != "finished"]
    if not told:
        return page.paragraph("Nobody died, and nothing interrupted the run.")
    kinds = Counter(event.kind for event in told)
    summary = ", ".join(count(n, KNOWN_EVENTS.get(kind, kind)) for kind, n in kinds.most_common())
    rows = [
        [event.round, "" if event.slot is None else event.slot, event.kind, event.detail]
        for event in told[:EVENTS]
    ]
    note = f"{summary}." if len(told) <= EVENTS else f"{summary}. The first {EVENTS} are listed."
    return page.paragraph(note) + page.table(["round", "slot", "what", "detail"], rows, left=(2, 3))


def _repeat(record: Record) -> Iterable[str]:
    if repeat := record.run.get("repeat"):
        yield f"<pre>{page.text(repeat)}</pre>\n"
    rows = machine_rows(record.run.get("machine") or {})
    if seconds := record.run.get("compile_seconds"):
        rows.append(("before the first round", duration(seconds)))
    if rows:
        yield "<h3>The machine that it ran on</h3>\n" + page.table(["", ""], rows, left=(0, 1))
    if record.fields:
        fields = [
            (name, "default" if value is None else str(value))
            for name, value in dotted(record.fields).items()
        ]
        whose = (
            "Every field of the recipe" if record.run.get("recipe") else "What it was grown with"
        )
        yield f"<h3>{whose}</h3>\n" + page.table(["field", "value"], fields, left=(0, 1))


def _film(record: Record) -> str:
    films = [a for a in record.artifacts if a.kind == "film" and a.path.endswith(".gif")]
    if not films:
        return ""
    try:
        film = inside(record.folder, films[-1].path)
        data = read_regular(film) if film.stat().st_size <= FILM_BYTES else None
    except (OSError, StoreError):  # gone, or no film: what a link leads to is nobody's to tell
        return ""
    if data is None:
        return page.section("Film", page.paragraph(f"The film is at {films[-1].path}."))
    encoded = base64.b64encode(data).decode()
    return page.section(
        "Film",
        f'<img class="film" alt="the best member at work" src="data:image/gif;base64,{encoded}">\n',
    )


def _last_finite(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else float("nan")


PARTS: dict[str, Callable[[Record], str]] = {
    "headline": headline,
    "film": _film,
    "replay": _replay,
    "scores": _scores,
    "plasticity": _plasticity,
    "parted": _parted,
    "importance": _importance,
    "lineage": _lineage,
    "schedules": _schedules,
    "diversity": _diversity,
    "metrics": _metrics,
    "speed": _speed,
    "members": _members,
    "events": _events,
}
"""What is told of any run, in order: each part is HTML, and "" where there is nothing of it."""
FIRST = ("headline", "film", "replay")  # what comes before the figures that a recipe gives
