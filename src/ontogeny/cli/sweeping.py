"""`grow --seeds 0..5 --vary FIELD=VALUE,VALUE`: several runs, one after another."""

from __future__ import annotations

import dataclasses
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.cli.fields import option_value, parted
from ontogeny.cli.growth import INTERRUPTED, Growing
from ontogeny.cli.words import say
from ontogeny.core.config import whole
from ontogeny.core.errors import ConfigError, OntogenyError
from ontogeny.core.text import quoted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ontogeny.sweeping import Planned

OWN = ("--seeds", "--vary", "--name", "--folder")  # options of a sweep, which its runs have not
UNNAMED = re.compile(r"[^\w.+-]+")  # what no run's name has
RANGE = re.compile(r"([0-9]+)\.\.([0-9]+)")
MOST = 10_000  # runs of a sweep
FAILED = 3


def sweep(
    read: Callable[[Sequence[str]], Any],
    keeping: Growing,
    arguments: Sequence[str],
    words: Sequence[str],
) -> int:
    """Grow all the runs that the arguments ask for, tell what came of each, and return the exit
    code. Nothing is grown when one of them can't be read.
    """
    from ontogeny.growth import Watched
    from ontogeny.runtime import hosts
    from ontogeny.runtime.limits import limits
    from ontogeny.runtime.sinks import sinks
    from ontogeny.sweeping import grow_each

    if hosts.count() > 1:
        raise ConfigError(
            "several runs are grown by one host",
            where="grow --seeds, --vary",
            hint="leave --coordinator out, or grow one run over several hosts",
        )
    runs = planned(read, keeping, arguments, words)
    limits(keeping.max_time, keeping.target_score, "grow")  # what can't be used is refused at once

    def watched(one: Planned) -> Watched:
        if keeping.told:
            print(f"run {runs.index(one) + 1} of {len(runs)}: {_told(one.settings)}", flush=True)
        return Watched(
            keeping.told,
            sinks(keeping.track),
            keeping.checkpoint_seconds,
            limits(keeping.max_time, keeping.target_score, "grow"),
            keeping.note,
        )

    wrong: dict[Path, str] = {}
    code, stopped = 0, None
    try:
        for outcome in grow_each(runs, watched):
            if outcome.error is not None:
                code = FAILED
                wrong[outcome.planned.folder] = _said(outcome.error)
                if keeping.told:
                    print(f"{_said(outcome.error)}\n", file=sys.stderr)
    except (KeyboardInterrupt, SystemExit) as error:
        stopped = error
    rows = [_row(one, wrong.get(one.folder)) for one in runs]
    command = shlex.join(["ontogeny", *words, *arguments])
    then = command if stopped else _then(runs, rows, command)
    say({"runs": rows}, keeping.json, lambda: _table(rows), then)
    if stopped is None:
        return code
    ended = sum(row["status"] == "finished" for row in rows)
    print(f"interrupted: {ended} of {len(rows)} runs are finished", file=sys.stderr)
    raise SystemExit(stopped.code if isinstance(stopped, SystemExit) else INTERRUPTED) from None


def planned(
    read: Callable[[Sequence[str]], Any],
    keeping: Growing,
    arguments: Sequence[str],
    words: Sequence[str],
) -> list[Planned]:
    """Return the runs of a sweep: of every combination of the fields' values, each seed."""
    from ontogeny.recipes import recipe_name
    from ontogeny.runtime.storage.folders import named_folder
    from ontogeny.sweeping import Planned, combined

    if keeping.name is not None and keeping.folder is not None:
        raise ConfigError("--name and --folder both say where runs are kept", hint="give one")
    if keeping.seeds is not None and option_value("--seed", arguments) is not None:
        raise ConfigError("--seed and --seeds both give the seed", hint="give one of them")
    seeds = [None] if keeping.seeds is None else seeds_of(keeping.seeds)
    varied = [_field(told) for told in keeping.vary]
    if doubled := [a for a, b in pairwise(sorted(name for name, _ in varied)) if a == b]:
        raise ConfigError(f"{doubled[0]} is given twice", where="--vary", hint="give it once")
    rest = list(arguments)
    for option in OWN:
        rest = parted(option, rest)[1]
    found: list[Planned] = []
    for settings in combined(varied):
        own = [word for name, value in settings.items() for word in _option(name, value)]
        recipe = read([*rest, *own]).recipe
        stem = keeping.name or recipe_name(recipe) or "run"
        for seed in seeds:
            one = settings if seed is None else {**settings, "seed": str(seed)}
            last = own if seed is None else [*own, "--seed", str(seed)]
            name = "-".join(f"{key.rpartition('.')[2]}-{value}" for key, value in one.items())
            name = UNNAMED.sub("_", name)
            folder = keeping.folder / name if keeping.folder else named_folder(f"{stem}-{name}")
            if folder in [other.folder for other in found]:
                raise ConfigError(f"two runs would be called {folder.name}", where="--vary")
            grown = recipe if seed is None else dataclasses.replace(recipe, seed=seed)
            again = shlex.join(["ontogeny", *words, *rest, *last])
            found.append(Planned(grown, one, folder, again))
    return found


def seeds_of(told: str) -> list[int]:
    """Return the seeds that are meant: `0..5` (six), `3,7,9`, or both. Raises `ConfigError`."""
    hint = "write them as 0..5, which are six, or as 3,7,9"
    found: list[int] = []
    for part in told.split(","):
        span = RANGE.fullmatch(part.strip())
        first, last = span.groups() if span else (part.strip(), part.strip())
        if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
            raise ConfigError(f"{told!r} are no seeds", where="--seeds", hint=hint)
        whole(int(last), "a seed", "--seeds", 0, 2**32 - 1)
        if int(last) - int(first) >= MOST:
            raise ConfigError(f"{told} are more than {MOST:,} runs", where="--seeds", hint=hint)
        found += range(int(first), int(last) + 1)
    if len(set(found)) < len(found):
        raise ConfigError(f"{told!r} has a seed twice", where="--seeds", hint=hint)
    return found


def _field(told: str) -> tuple[str, list[str]]:
    """Return a field's name and its values, of `name=value,value`."""
    name, _, values = told.partition("=")
    name = name.lstrip("-").replace("-", "_")
    own = {field.name for field in dataclasses.fields(Growing)} | {"for", "until"}
    each = [value.strip() for value in values.split(",")]
    if not name or not all(each) or name in own:
        what = f"{name!r} is no field of a recipe" if name in own else f"{told!r} gives no values"
        raise ConfigError(what, where="--vary", hint="write it as --vary population=8,16")
    return name, each


def _option(name: str, value: str) -> list[str]:
    return [f"--{name.replace('_', '-')}", *shlex.split(value)]


def _told(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _said(error: Exception) -> str:
    """Return what is told of an error; all of one that was not foreseen."""
    if isinstance(error, OntogenyError):
        return str(error)
    return "".join(traceback.format_exception(error)).rstrip()


def _row(one: Planned, wrong: str | None) -> dict[str, Any]:
    """Return what the table and JSON say of a run."""
    from ontogeny.runtime.storage.folders import run_name
    from ontogeny.runtime.storage.store import Store
    from ontogeny.views.terminal.tables import run_summary

    row: dict[str, Any] = {"name": run_name(one.folder), "folder": str(one.folder)}
    if wrong is not None:
        return {**row, "settings": one.settings, "status": "failed", "error": wrong}
    try:
        with Store(one.folder) as store:
            return {**run_summary(store), "settings": one.settings}
    except OntogenyError:
        return {**row, "settings": one.settings, "status": "not begun"}


def _then(runs: Sequence[Planned], rows: Sequence[Mapping[str, Any]], command: str) -> str:
    """Return the next useful command: to compare what has been grown."""
    from ontogeny.runtime.storage.folders import find_runs, runs_folder

    whole_ones = [
        one.folder
        for one, row in zip(runs, rows, strict=True)
        if row["status"] == "finished" or row.get("enough")
    ]
    if not whole_ones:
        return command
    first = whole_ones[0]
    at = first.name if first.parent == runs_folder() else str(first)
    if len(whole_ones) == 1:
        return f"ontogeny report {quoted(at)}"
    settings = next(iter(runs[0].settings))
    pattern = f"{at.partition(f'{settings}-')[0]}*"
    if len(pattern) > 1 and sorted(find_runs(pattern)) == sorted(whole_ones):
        return f"ontogeny compare {quoted(pattern)}"
    here = [f.name if f.parent == runs_folder() else str(f) for f in whole_ones]
    return " ".join(["ontogeny compare", *map(quoted, here)])


def _table(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from ontogeny.views.quantities import NOTHING, duration, number
    from ontogeny.views.terminal.tables import plain_table

    told = list(rows[0]["settings"])
    columns = ["run", *told, "status", "rounds", "best", "time"]
    cells = [
        [
            row["name"],
            *row["settings"].values(),
            row["status"],
            f"{row['rounds']:,} of {row['planned']:,}" if "rounds" in row else NOTHING,
            number(row.get("best"), 4),
            duration(row.get("seconds")),
        ]
        for row in rows
    ]
    wrong = [
        Text(f"{row['name']}: {row['error'].splitlines()[0]}", "red")
        for row in rows
        if "error" in row
    ]
    numbers = range(len(columns) - 3, len(columns))
    return Group(plain_table(columns, cells, right=numbers), *wrong)
