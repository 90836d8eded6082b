"""`grow` and `resume`."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ontogeny.cli.fields import parse_recipe
from ontogeny.cli.words import RunName, parse, recipe_list, say
from ontogeny.core.errors import ConfigError

INTERRUPTED = 130
Tracks: TypeAlias = tuple[Literal["tensorboard", "wandb", "mlflow"], ...]


@dataclass(frozen=True)
class Keeping:
    """Where the run is kept, and how often."""

    name: str | None = None
    """The run's folder in runs/; numbered when not given."""
    folder: Path | None = None
    """The run's folder, anywhere; instead of a name."""
    checkpoint_seconds: float = 30.0
    """Seconds between checkpoints; 0 writes one every round."""
    track: Tracks = ()
    """Write the run for other trackers too, as `--track tensorboard`: tensorboard, wandb (offline),
    mlflow (a local store)."""
    quiet: bool = False
    """Print nothing until the end."""
    json: bool = False
    """Print one JSON object at the end, and nothing else."""

    @property
    def told(self) -> bool:
        """Whether someone is to see it grow."""
        return not (self.quiet or self.json)


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
    recipe, keeping = chosen.recipe, chosen.options
    repeat = shlex.join(["ontogeny", "grow", *arguments])
    return _grow(recipe, recipe.job(), keeping, place(keeping, name), repeat)


@dataclass(frozen=True)
class Resume:
    """Go on with a run from its newest checkpoint, to the same bits as if it had not stopped."""

    run: RunName
    rounds: int | None = None
    """Grow to this many rounds in all, instead of the recipe's."""
    checkpoint_seconds: float = 30.0
    """Seconds between checkpoints; 0 writes one every round."""
    track: Tracks = ()
    """Write the run for other trackers too, as `--track tensorboard`: tensorboard, wandb (offline),
    mlflow (a local store)."""
    quiet: bool = False
    """Print nothing until the end."""
    json: bool = False
    """Print one JSON object at the end, and nothing else."""


def resume(arguments: list[str]) -> int:
    """Go on with a run."""
    from ontogeny.run import stored_job, stored_recipe
    from ontogeny.runtime.folders import find_run
    from ontogeny.runtime.store import Store

    chosen = parse(Resume, "resume", arguments)
    folder = find_run(chosen.run)
    with Store(folder) as store:
        recipe, repeat = stored_recipe(store), store.run().get("repeat")
        if chosen.rounds is not None:
            recipe = dataclasses.replace(recipe, rounds=chosen.rounds)
        job = stored_job(store, recipe, chosen.rounds)
    keeping = Keeping(
        None, folder, chosen.checkpoint_seconds, chosen.track, chosen.quiet, chosen.json
    )
    return _grow(recipe, job, keeping, folder, repeat)


def _grow(recipe: Any, job: Any, keeping: Keeping, folder: Path, repeat: str | None) -> int:
    from ontogeny.run import Run, open_or_create, watch
    from ontogeny.runtime.sinks import sinks
    from ontogeny.runtime.store import Store

    observers = sinks(keeping.track)
    with open_or_create(folder, job, recipe, repeat=repeat) as store:
        seconds = keeping.checkpoint_seconds
        watch(store, job, recipe.executor, recipe, keeping.told, observers, seconds)
    return tell(Run(Store(folder), job, recipe), keeping)


def place(keeping: Keeping, stem: str) -> Path:
    """Return the folder that is asked for, or a new one. Raises `ConfigError` when two are."""
    from ontogeny.runtime.folders import new_run_folder, runs_folder

    if keeping.name and keeping.folder:
        raise ConfigError(
            "--name and --folder both say where the run is kept", hint="give one of them"
        )
    if keeping.name:
        return runs_folder() / keeping.name
    return keeping.folder or new_run_folder(stem)


def tell(run: Any, keeping: Keeping) -> int:
    """Say what was grown and what comes next; return the exit code."""
    from ontogeny.runtime.folders import runs_folder
    from ontogeny.views.tables import run_details, run_table

    details = run_details(run.store)
    name = run.folder.name if run.folder.parent == runs_folder() else str(run.folder)
    if details["status"] == "interrupted":
        say(details, keeping.json, lambda: run_table(details), f"ontogeny resume {name}")
        done = f"interrupted after round {details['rounds']} of {run.job.rounds}"
        print(done, file=sys.stderr)
        return INTERRUPTED
    say(details, keeping.json, lambda: run_table(details), f"ontogeny report {name}")
    return 0
