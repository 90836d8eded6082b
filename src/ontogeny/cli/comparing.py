"""`compare`: which settings are better, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from ontogeny.cli.words import parse, say

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ontogeny.views.comparisons.comparison import Comparison


@dataclass(frozen=True)
class Compare:
    """Compare finished runs: the interquartile mean of each group's final scores, its bootstrap
    interval, and how likely a run of one group beats one of another. Runs whose settings agree but
    for the seed are a group; several seeds a group are what the intervals are made of.
    """

    runs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN…")] = ()
    """Folders, or names in runs/, or patterns of them, as 'mine-*': several seeds of each
    setting."""
    recipe: str | None = None
    """All runs of this recipe in runs/."""
    by: tuple[str, ...] = ()
    """The fields that make the groups, as `--by strategy population`; all that differ when not
    given."""
    tasks: tuple[str, ...] = ()
    """The fields that say which task a run had, as `--tasks world`; scores are then scaled in each
    task from the worst run's, 0, to the best run's, 1."""
    score: Literal["best", "median", "mean"] = "best"
    """What counts of a run's members: the best one's last score, their median, or their mean."""
    out: Path | None = None
    """Where to write the page (compare.html in the runs folder)."""
    json: bool = False
    """Print one JSON object."""


def compare(arguments: list[str]) -> int:
    """Compare runs, and write a page about them."""
    from ontogeny.runtime.storage.folders import find_runs, runs_folder

    chosen = parse(Compare, "compare", arguments)
    for run in chosen.runs:
        find_runs(run)  # before anything heavy is imported
    from ontogeny.views.comparisons.comparison import compare as compare_runs

    found = compare_runs(
        chosen.runs, recipe=chosen.recipe, by=chosen.by, tasks=chosen.tasks, score=chosen.score
    )
    path = found.write(chosen.out or runs_folder() / "compare.html")
    answer = {**found.to_json(), "page": str(path), "bytes": path.stat().st_size}
    say(answer, chosen.json, lambda: _text(found, path))
    return 0


def _text(found: Comparison, path: Path) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from ontogeny.views.comparisons.comparison_page import group_rows, improvement_rows, run_rows
    from ontogeny.views.terminal.tables import plain_table

    columns, rows = group_rows(found)
    rows = [
        [row[0], str(len(group.runs)), *row[2:]] for row, group in zip(rows, found, strict=True)
    ]
    parts: list[RenderableType] = [plain_table(columns, rows, right=(1, 2, 3))]
    if found.improvements:
        parts.append(plain_table(*improvement_rows(found), right=(1, 2)))
    if len(found.groups) == 1:  # nothing else tells them apart
        parts.append(plain_table(*run_rows(found), right=(1, 2)))
    parts += [Text(f"{note}\n", "dim") for note in found.notes]
    return Group(*parts, Text(f"{path}: open it in a browser"))
