"""Runs and claims as tables for the terminal, and as plain dictionaries for `--json`.

The dictionaries hold JSON values alone: what is not a finite number is None.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ontogeny.runtime.storage.folders import line_of, run_name
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.findings import verdict
from ontogeny.views.growth.lineage import last_scores, rounds_since_move
from ontogeny.views.growth.parted import winners_parts
from ontogeny.views.growth.record import Record, read_record
from ontogeny.views.growth.replays import replay_rows, replay_summary
from ontogeny.views.growth.scales import chosen, score_scale
from ontogeny.views.growth.statuses import status_word
from ontogeny.views.quantities import NOTHING, count, duration, number
from ontogeny.views.terminal.fitting import Fitting
from ontogeny.views.terminal.sparkline import sparkline

STATUS = {
    "finished": "green",
    "growing": "cyan",
    "interrupted": "yellow",
    "stopped": "yellow",
    "failed": "red",
}
MEMBERS = 32  # that a table lists, best first
SPARK = 12  # blocks of a run's course in the list


def run_summary(store: Store) -> dict[str, Any]:
    """Return what one line of a list says of a run, as JSON values. Times are seconds; `begun` is
    ISO 8601.
    """
    return _summary(read_record(store, hypers=False))


def run_details(store: Store) -> dict[str, Any]:
    """Return all that `show` says of a run, as JSON values: its summary, members, events, fields
    and machine.
    """
    record = read_record(store)
    return _summary(record) | {
        "verdict": verdict(record),
        "members": _members(record),
        "winning_line": [list(pair) for pair in record.line],
        "parts": winners_parts(record),
        "generations": [run_name(run) for run in line_of(record.folder)],
        "founders_alive": int(record.founders_alive[-1]) if record.rounds else None,
        "events": [event._asdict() for event in record.events],
        "artifacts": [artifact._asdict() for artifact in record.artifacts],
        "fields": record.fields,
        "machine": record.run.get("machine"),
        "repeat": record.run.get("repeat"),
        "papers": record.run.get("papers") or [],
        "replay": replay_summary(record),
    }


def runs_table(summaries: Iterable[Mapping[str, Any]]) -> RenderableType:
    """Return the list of runs, and below it those that can't be read, and why. The recipe has a
    column where the runs' names don't say it. Where it is too wide, columns that say less give way
    to the runs' whole names.
    """
    known = list(summaries)
    runs = [run for run in known if "error" not in run]
    broken = [Text(f"{run['name']}: {run['error']}", "red") for run in known if "error" in run]
    if not runs:
        return Group(*broken) if broken else Text("no runs yet; grow one with: ontogeny grow toy")
    named = all(str(run["name"]).startswith(str(run["recipe"])) for run in runs)
    words = ["run"] if named else ["run", "recipe"]
    notes = ["note"] if any(run.get("note") for run in runs) else []
    table = _table(*words, "status", "members", "rounds", "best", "course", "time", "begun", *notes)
    for column in table.columns:
        column.no_wrap = str(column.header) not in ("run", "note")  # which fold, and are never cut
        if str(column.header) in ("members", "rounds", "best", "time"):
            column.justify = "right"
    for run in runs:
        course = np.array(run["course"], float)  # None becomes NaN
        table.add_row(
            *(Text(str(run["name" if word == "run" else word])) for word in words),
            Text(status_word(run["status"]), STATUS.get(run["status"], "")),
            f"{run['population']:,}",
            f"{run['rounds']:,} of {run['planned']:,}",
            number(run["best"], 4),
            sparkline(score_scale(course).place(course), SPARK),
            duration(run["seconds"]),
            str(run["begun"] or NOTHING).replace("T", " ")[:16],
            *(Text(str(run.get("note") or "").partition("\n")[0]) for _ in notes),
        )
    table.spare = ("course", "members", "time", "begun", "recipe", "rounds", "best")
    return Group(table, *broken)


def run_table(details: Mapping[str, Any]) -> RenderableType:
    """Return what `show` prints of a run, from its details."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    lines = [
        ("folder", details["folder"]),
        ("recipe", details["recipe"]),
        (
            "status",
            f"{status_word(details['status'])}, {details['rounds']:,} of "
            f"{count(details['planned'], 'round')}",
        ),
        (
            "time",
            f"{duration(details['seconds'])} in rounds, "
            f"{duration(details['compile_seconds'])} before the first",
        ),
        (
            "work",
            f"{number(details['work'])} {details['unit']}"
            if details["work"] is not None
            else NOTHING,
        ),
        ("moves", f"{details['moves']:,}; deaths {details['deaths']:,}"),
    ]
    if details["repeat"]:
        lines.append(("repeat", details["repeat"]))
    if details["note"]:
        lines.insert(0, ("note", details["note"]))
    if len(details["generations"]) > 1:
        lines.insert(1, ("generations", ", ".join(details["generations"])))
    for name, value in lines:
        facts.add_row(name, Text(str(value)))
    parts: list[RenderableType] = [
        Text(str(details["name"]), style="bold"),
        Text(details["verdict"]),
        Text(),
        facts,
    ]
    if rows := [
        [f"{metric} {part}", sparkline(values, SPARK), number(values[-1], 4)]
        for metric, each in details["parts"].items()
        for part, values in each.items()
    ]:
        parts += [Text(), plain_table(["the winner's", "course", "last"], rows, right=(2,))]
    if details["replay"]:
        parts += [Text(), plain_table(*replay_rows(details["replay"]), right=(1, 2, 3))]
    if details["members"]:
        parts += [Text(), members_table(details["members"])]
    return Group(*parts)


def members_table(members: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return the members, best first; of more than fit a screen, the best."""
    hypers = list(members[0]["hypers"]) if members else []
    table = _table("slot", "score", "age", *hypers)
    for column in table.columns:
        column.justify, column.no_wrap = "right", True
    for i, member in enumerate(members[:MEMBERS]):
        table.add_row(
            str(member["slot"]),
            number(member["score"], 4) if member["alive"] else "dead",
            f"{member['age']:,}",
            *(
                Text(value) if isinstance(value, str) else number(value, 4)
                for value in (member["hypers"][name] for name in hypers)
            ),
            style="bold" if i == 0 and member["alive"] else None,
        )
    if len(members) > MEMBERS:
        table.caption = f"and {len(members) - MEMBERS:,} more"
        table.caption_justify = "left"
    table.spare, table.told = hypers[::-1], True
    return table


def plain_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()
) -> RenderableType:
    """Return a table of words; `right` are its columns of numbers."""
    table = _table(*columns)
    for place in right:
        table.columns[place].justify, table.columns[place].no_wrap = "right", True
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def claims_table(claims: Iterable[Mapping[str, Any]], quick: bool = False) -> RenderableType:
    """Return the claims of `reproduce`, and whether each holds; of a quick look, doubtfully."""
    columns, rows = claims_rows(claims, quick)
    table = _table(*columns)
    for *words, said in rows:
        look = "yellow" if quick else "green" if said == "holds" else "bold red"
        table.add_row(*map(Text, words), Text(said, look))
    return table


def claims_rows(
    claims: Iterable[Mapping[str, Any]], quick: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Return the columns and the rows of the table of claims, for a page and for the terminal. The
    verdict comes last; of a quick look it says that it is under-powered.
    """
    words = ["claim", "paper", "measured", "threshold"]
    verdicts = {True: "holds", False: "does not hold"}
    weak = ", under-powered" if quick else ""
    rows = [
        [*(_cell(claim[word]) for word in words), verdicts[bool(claim["holds"])] + weak]
        for claim in claims
    ]
    return [*words, "verdict"], rows


def _summary(record: Record) -> dict[str, Any]:
    begun = record.run.get("begun")
    best = None if record.winner is None else record.last[record.winner]
    alive = record.last[np.isfinite(record.last)]
    compiling = record.run.get("compile_seconds")
    left = None
    if record.status == "growing" and record.pace is not None:
        left = record.pace * max(record.planned - record.rounds, 0)
    course = np.full(record.rounds, -np.inf)
    np.max(record.score, axis=1, initial=-np.inf, where=np.isfinite(record.score), out=course)
    return {
        "name": record.name,
        "folder": str(record.folder),
        "recipe": record.title,
        "learner": not record.run.get("recipe"),  # a bare one, which Python alone can go on with
        "status": record.status,
        "enough": record.enough,
        "note": record.note,
        "population": record.pop,
        "rounds": record.rounds,
        "planned": record.planned,
        "best": _json(best),
        "best_slot": record.winner,
        "median": _json(np.median(alive)) if alive.size else None,
        "course": [_json(value) for value in course],
        "seconds": float(np.nansum(record.seconds)),
        "seconds_left": left,
        "speed": _json(record.speed),
        "compile_seconds": _json(compiling),
        "begun": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(begun)) if begun else None,
        "work": None if record.work is None else float(record.work.sum()),
        "unit": None if record.unit is None else record.unit[0],
        "moves": int(record.moved.sum()),
        "deaths": int(record.dead.sum()),
    }


def _members(record: Record) -> list[dict[str, Any]]:
    if not record.rounds:
        return []
    age = rounds_since_move(record.parent, record.lived) * (record.steps or 1)
    hypers = {name: last_scores(values) for name, values in record.traits.items()}
    order = sorted(
        range(record.pop), key=lambda slot: -np.nan_to_num(record.last[slot], nan=-np.inf)
    )
    return [
        {
            "slot": slot,
            "score": _json(record.last[slot]),
            "alive": bool(np.isfinite(record.last[slot])),
            "age": int(age[slot]),
            "hypers": {
                name: chosen(record.spec(name), _json(values[slot]))
                for name, values in hypers.items()
            },
        }
        for slot in order
    ]


def _table(*columns: str) -> Fitting:
    table = Fitting(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    return table


def _cell(value: Any) -> str:
    return number(value, 4) if isinstance(value, float) else str(value)


def _json(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
