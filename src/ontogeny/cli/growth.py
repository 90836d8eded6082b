"""`grow` and `resume`."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontogeny.cli.fields import parse_recipe
from ontogeny.cli.words import RunName, parse, recipe_list, say
from ontogeny.core.errors import ConfigError

INTERRUPTED = 130


@dataclass(frozen=True)
class Keeping:
    """Where the run is kept, and how often."""

    name: str | None = None
    """The run's folder in runs/ (RECIPE-N when not given)."""
    folder: Path | None = None
    """The run's folder, anywhere; instead of a name."""
    checkpoint_seconds: float = 30.0
    """Seconds between checkpoints; 0 writes one every round."""
    quiet: bool = False
    """Print nothing until the end."""
    json: bool = False
    """Print one JSON object at the end, and nothing else."""


def grow(arguments: list[str]) -> int:
    """Grow a recipe."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: ontogeny grow RECIPE [--field value …]\n\nrecipes:")
        print(recipe_list())
        print("\nThe fields of one: ontogeny grow RECIPE --help")
        return 0 if arguments else 2
    name, *rest = arguments
    if name.startswith("-"):
        raise ConfigError(
            f"the recipe comes first, not {name!r}",
            hint="write: ontogeny grow RECIPE [--field value …]",
        )
    chosen = parse_recipe(name, "grow", rest, Keeping)
    return _grow(chosen.recipe, chosen.options, name, shlex.join(["ontogeny", "grow", *arguments]))


@dataclass(frozen=True)
class Resume:
    """Go on with a run from its newest checkpoint, to the same bits as if it had not stopped."""

    run: RunName
    rounds: int | None = None
    """Grow to this many rounds in all, instead of the recipe's."""
    checkpoint_seconds: float = 30.0
    """Seconds between checkpoints; 0 writes one every round."""
    quiet: bool = False
    """Print nothing until the end."""
    json: bool = False
    """Print one JSON object at the end, and nothing else."""


def resume(arguments: list[str]) -> int:
    """Go on with a run."""
    from ontogeny.run import stored_recipe
    from ontogeny.runtime.folders import find_run
    from ontogeny.runtime.store import Store

    chosen = parse(Resume, "resume", arguments)
    folder = find_run(chosen.run)
    with Store(folder) as store:
        recipe, repeat = stored_recipe(store), store.run().get("repeat")
    if chosen.rounds is not None:
        recipe = dataclasses.replace(recipe, rounds=chosen.rounds)
    keeping = Keeping(None, folder, chosen.checkpoint_seconds, chosen.quiet, chosen.json)
    return _grow(recipe, keeping, folder.name, repeat)


def _grow(recipe: Any, keeping: Keeping, stem: str, repeat: str | None) -> int:
    from ontogeny.run import Run, open_or_create, watch
    from ontogeny.runtime.folders import new_run_folder, runs_folder
    from ontogeny.runtime.machine import prepare
    from ontogeny.runtime.store import Store
    from ontogeny.views.tables import run_details, run_table

    if keeping.name and keeping.folder:
        raise ConfigError(
            "--name and --folder both say where the run is kept", hint="give one of them"
        )
    prepare(recipe.executor.devices)
    folder = keeping.folder or (
        runs_folder() / keeping.name if keeping.name else new_run_folder(stem)
    )
    job = recipe.job()
    with open_or_create(folder, job, recipe, repeat=repeat) as store:
        told = not (keeping.quiet or keeping.json)
        status = watch(store, job, recipe.executor, recipe, told, (), keeping.checkpoint_seconds)
    with Store(folder) as store:
        run = Run(store, job, recipe)
        details = run_details(store)
        name = folder.name if folder.parent == runs_folder() else str(folder)
        if status == "interrupted":
            say(details, keeping.json, lambda: run_table(details), f"ontogeny resume {name}")
            print(f"interrupted after round {run.store.rounds()} of {job.rounds}", file=sys.stderr)
            return INTERRUPTED
        say(details, keeping.json, lambda: run_table(details), f"ontogeny report {name}")
    return 0
