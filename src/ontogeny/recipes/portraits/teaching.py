"""How a lesson went: how far students agreed with their teacher, how much it counted, and how
teachers and students followed each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import numpy as np
import plotly.graph_objects as go

from ontogeny.core.errors import OntogenyError
from ontogeny.core.metrics import HYPERS
from ontogeny.recipes.portraits.courses import courses
from ontogeny.runtime.storage.folders import line_of
from ontogeny.runtime.storage.store import FILE, Store
from ontogeny.views.figure import Figure
from ontogeny.views.growth.crowds import span
from ontogeny.views.growth.lineage import schedule
from ontogeny.views.growth.record import Record, read_record
from ontogeny.views.theme import COLOURS, QUIET, add_band, empty

LONGEST = 20  # generations that are looked for
AGREED = ("agreement", "kl")


def story(record: Record, name: str) -> Sequence[Figure]:
    """Return the figures of a run whose lesson, its hyper and metrics, is called `name`."""
    figures = [lesson(record, name)]
    line = followed(record)
    return [*figures, generations(line)] if len(line) > 1 else figures


def followed(record: Record) -> list[Record]:
    """Return the runs that taught and learned one after another, this one among them: all of its
    line, and before it each one's teacher, as far back as there was one, and it was a run that can
    be read.
    """
    line = [record if run == record.folder else _read(run) for run in line_of(record.folder)]
    found = [each for each in line if each is not None]
    while len(found) < LONGEST:
        taught = found[0].fields.get("teacher") or ()
        teacher = _read(Path(str(taught[0]))) if len(taught) == 1 else None
        if teacher is None:
            break
        found.insert(0, teacher)
    return found


def _read(run: Path) -> Record | None:
    """Return what is recorded of a run; None of one without rounds, or that can't be read."""
    if (run / FILE).is_file():
        with suppress(OntogenyError), Store(run) as store:
            record = read_record(store)
            return record if record.rounds else None
    return None


def lesson(record: Record, name: str) -> Figure:
    """Return agreement with the teacher on the student's states, and the weight of the lesson."""
    names = record.metrics
    agreed = [m for what in AGREED for m in names if m.startswith(f"{name}_{what}")]
    weights = [m for m in (f"{name}_weight", f"{HYPERS}{name}") if m in names][:1]
    tasks = [m for m in names if m.startswith(f"{HYPERS}{name}_")]
    return courses(
        record,
        "lesson",
        "What the teacher was to the student",
        {"agreement": agreed[:1], "weight": [*weights, *tasks]},
        "Agreement with the teacher on the student's states, and how much the teacher counts.",
        log=["weight"],
    )


def generations(records: Sequence[Record]) -> Figure:
    """Return scores of teachers and their students one after another: every member's range, and the
    line of each winner, who taught the next.
    """
    data: dict[str, np.ndarray] = {}
    for index, record in enumerate(records):
        data[f"frames{index}"] = record.done
        data[f"scores{index}"] = record.finite
        data[f"rounds{index}"] = np.array([number for number, _ in record.line], int)
        data[f"line{index}"] = schedule(record.finite, record.line)
    unit = records[-1].unit
    labels = {
        "runs": [record.name for record in records],
        "unit": [unit[0] if unit else "rounds"],
    }
    caption = "Teachers and students one after another: bands are all members, the line is the "
    caption += "winner's ancestry in each, who taught the next. Dotted: what each teacher scored."
    return Figure("generations", caption, data, labels, draw_generations)


def draw_generations(figure: Figure) -> go.Figure:
    """Return the runs one beside another, each where the one before it ends."""
    unit = str(figure.labels["unit"][0])
    fig = empty("Teachers and students", f"{unit} of one member, one run after another", "score")
    begun = 0.0
    for index, name in enumerate(figure.labels["runs"]):
        names = ("frames", "scores", "rounds", "line")
        done, scores, rounds, line = (figure.data[f"{each}{index}"] for each in names)
        x, colour = begun + done, cast(Any, COLOURS[index % len(COLOURS)])
        told, low, high = span(scores)
        add_band(fig, x[told], low, high, colour)
        fig.add_scatter(
            x=x[rounds],
            y=line,
            name=str(name),
            mode="lines+markers" if len(x) < 3 else "lines",
            line={"color": colour, "width": 2.5},
        )
        if index + 1 < len(figure.labels["runs"]) and line.size:
            after = figure.data[f"frames{index + 1}"][-1]
            fig.add_scatter(
                x=[x[-1], x[-1] + after],
                y=[line[-1], line[-1]],
                mode="lines",
                line={"color": QUIET, "dash": "dot", "width": 2},
                showlegend=False,
            )
        begun = float(x[-1])
    return fig
