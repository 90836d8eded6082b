"""`list`, `show`, `report` and `recipes`: what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ontogeny.cli.words import RunName, parse, recipe_list, say
from ontogeny.core.errors import OntogenyError
from ontogeny.core.text import quoted
from ontogeny.recipes import RECIPES


@dataclass(frozen=True)
class List:
    """The runs that there are, the most recently written last."""

    runs: Path | None = None
    """The folder of runs ($ONTOGENY_RUNS, or runs/)."""
    json: bool = False
    """Print one JSON object."""


def list_(arguments: list[str]) -> int:
    """List the runs."""
    from ontogeny.runtime.storage.folders import list_runs, run_name
    from ontogeny.runtime.storage.store import Store
    from ontogeny.views.terminal.tables import run_summary, runs_table

    chosen = parse(List, "list", arguments)
    summaries = []
    for folder in list_runs(chosen.runs):
        try:
            with Store(folder) as store:
                summaries.append(run_summary(store))
        except Exception as error:  # whatever is wrong with one run, it must not hide the others
            said = error.what if isinstance(error, OntogenyError) else repr(error)
            told = {"name": run_name(folder), "folder": str(folder), "status": "unreadable"}
            summaries.append({**told, "error": said})
    readable = [run["name"] for run in summaries if "error" not in run]
    then = f"ontogeny show {quoted(readable[-1])}" if readable else "ontogeny grow toy"
    say({"runs": summaries}, chosen.json, lambda: runs_table(summaries), then)
    return 0


@dataclass(frozen=True)
class Show:
    """One run: where it stands, who is best, what happened."""

    run: RunName
    json: bool = False
    """Print one JSON object."""


def show(arguments: list[str]) -> int:
    """Show one run."""
    from ontogeny.runtime.storage.folders import find_run

    chosen = parse(Show, "show", arguments)
    folder = find_run(chosen.run)  # before anything heavy is imported
    from ontogeny.runtime.storage.store import Store
    from ontogeny.views.growth.statuses import how_on
    from ontogeny.views.terminal.tables import run_details, run_table

    with Store(folder) as store:
        details = run_details(store)
    if details["status"] == "finished":
        then = f"ontogeny report {quoted(chosen.run)}"
    else:
        then = how_on(chosen.run, details["learner"])
    say(details, chosen.json, lambda: run_table(details), then)
    return 0


@dataclass(frozen=True)
class Report:
    """The whole story of a run, as one HTML file that needs nothing else."""

    run: RunName
    out: Path | None = None
    """Where to write it (report.html in the run's folder)."""
    beside: str | None = None
    """A run of the same task to hold it against: one from scratch, say."""
    json: bool = False
    """Print one JSON object."""


def report(arguments: list[str]) -> int:
    """Write a run's report."""
    from ontogeny.runtime.storage.folders import find_run

    chosen = parse(Report, "report", arguments)
    folder = find_run(chosen.run)  # before anything heavy is imported
    from ontogeny.run import report as write_report
    from ontogeny.runtime.storage.store import Store

    with Store(folder) as store:
        path = write_report(store, chosen.out or folder / "report.html", chosen.beside)
    size = path.stat().st_size
    answer = {"report": str(path), "bytes": size}
    say(answer, chosen.json, lambda: f"{path} ({size / 1e6:.1f} MB): open it in a browser")
    return 0


@dataclass(frozen=True)
class Recipes:
    """What can be grown."""

    json: bool = False
    """Print one JSON object."""


def recipes(arguments: list[str]) -> int:
    """List the recipes."""
    chosen = parse(Recipes, "recipes", arguments)

    answer = {"recipes": [{"name": name, "summary": e.summary} for name, e in RECIPES.items()]}
    say(answer, chosen.json, recipe_list, "ontogeny grow toy")
    return 0
