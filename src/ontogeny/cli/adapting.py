"""`adapt`: a meta-learned classifier on a person's own few pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ontogeny.cli.words import RunName, parse, say
from ontogeny.core.text import quoted

if TYPE_CHECKING:
    from rich.console import Group

    from ontogeny.learners.few_shot.from_pictures import Told

SHOWN = 60  # rows of the table; JSON has all


@dataclass(frozen=True)
class Adapt:
    """Learn classes from a few pictures each, and tell new pictures apart."""

    run: RunName
    support: Path
    """A folder with a folder of pictures for each class."""
    query: Path
    """Pictures to tell apart, a folder or one file; if in folders named as classes, the accuracy is
    said."""
    slot: int | None = None
    """Whose classifier; the best member's when not given."""
    json: bool = False
    """Print one JSON object, with every class's probability for every picture."""


def adapt(arguments: list[str]) -> int:
    """Adapt a classifier to folders of pictures."""
    from ontogeny.learners.few_shot import from_pictures
    from ontogeny.run import load
    from ontogeny.runtime.machine import prepare

    chosen = parse(Adapt, "adapt", arguments)
    prepare(1)
    run = load(chosen.run)
    told = from_pictures.adapt(run.product(chosen.slot), chosen.support, chosen.query)
    answer = {
        "run": run.folder,
        "classes": told.classes,
        "predictions": [
            {
                "file": a.file,
                "class": a.best,
                "truth": a.truth,
                "probabilities": a.probabilities,
            }
            for a in told.answers
        ],
        "unread": {str(file): why for file, why in told.unread.items()},
        "left_out": {str(file): why for file, why in told.left_out.items()},
        "accuracy": told.accuracy,
        "notes": told.notes,
    }
    then = f"ontogeny report {quoted(chosen.run)}"
    say(answer, chosen.json, lambda: _text(told, chosen.query.expanduser()), then)
    return 0


def _text(told: Told, query: Path) -> Group:
    """Return what was learned from, a table of the pictures, and what a person should know."""
    from rich.console import Group
    from rich.table import Table

    from ontogeny.views.quantities import count

    table = Table()
    table.add_column("picture", overflow="fold")
    table.add_column("is")
    table.add_column("probability", justify="right")
    table.add_column("next likely")
    for a in told.answers[:SHOWN]:
        ranked = sorted(a.probabilities.items(), key=lambda item: -item[1])
        wrong = a.truth is not None and a.truth != a.best
        table.add_row(
            _short(a.file, query),
            f"{a.best}, not {a.truth}" if wrong else a.best,
            f"{ranked[0][1]:.3f}",
            f"{ranked[1][0]} {ranked[1][1]:.3f}",
            style="yellow" if wrong else None,
        )
    for file, why in told.unread.items():
        table.add_row(_short(file, query), "–", "", why, style="red")
    learned = ", ".join(f"{name} ({n})" for name, n in told.classes.items())
    lines = list(told.notes)
    if len(told.answers) > SHOWN:
        lines.append(f"{len(told.answers) - SHOWN} more pictures: see --json")
    if told.accuracy is not None:
        known = sum(a.truth is not None for a in told.answers)
        pictures = count(known, "picture")
        lines.append(f"{told.accuracy:.1%} of {pictures} of known class are told right")
    return Group(f"learned from: {learned}", table, *lines)


def _short(file: Path, query: Path) -> str:
    return file.name if file == query else str(file.relative_to(query))
