"""`grow` and `resume`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import tyro

from ontogeny.cli.fields import option_value, parse_fields, parse_recipe
from ontogeny.cli.joining import Joining, alone, join_hosts
from ontogeny.cli.words import RunName, parse, recipe_list, say
from ontogeny.core.errors import ConfigError
from ontogeny.core.text import quoted

if TYPE_CHECKING:
    from ontogeny.runtime.observer import Observer
    from ontogeny.runtime.storage.store import Store

INTERRUPTED = 130
TAUGHT = ("distillation", "kickstart")  # recipes of students of grown agents
Tracks: TypeAlias = tuple[Literal["tensorboard", "wandb", "mlflow"], ...]


MaxTime: TypeAlias = Annotated[
    str | None,
    tyro.conf.arg(
        name="for",
        metavar="TIME",
        help="Stop after the round in which so much time is over, compiling included: 90s, 10m, "
        "1h30m. It can be resumed.",
    ),
]
TargetScore: TypeAlias = Annotated[
    float | None,
    tyro.conf.arg(
        name="until",
        metavar="SCORE",
        help="Stop after the round in which the best member has this score or more.",
    ),
]


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


@dataclass(frozen=True)
class Growing(Keeping):
    """Where the run is kept, what is enough of it, what others are grown after it, and who grows it
    with this process.
    """

    max_time: MaxTime = None
    target_score: TargetScore = None
    seeds: Annotated[str | None, tyro.conf.arg(metavar="SEEDS")] = None
    """Grow a run of each seed, one after another, compiled once: 0..5 (six), or 3,7,9. Each is
    named after what is its own, and stays when the command is given again."""
    note: str | None = None
    """What you want to know of the run later; `list`, `show` and the report say it."""
    vary: Annotated[tuple[str, ...], tyro.conf.arg(metavar="FIELD=VALUE,VALUE")] = ()
    """Grow a run of each value of a field, of several fields of each combination, as `--vary
    population=8,16 strategy=pbt,pb2`; the parts of one value are parted by spaces."""
    joining: Annotated[Joining, tyro.conf.arg(name="")] = field(default_factory=Joining)


def grow(arguments: list[str]) -> int:
    """Grow a recipe."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: ontogeny grow RECIPE [--field value …]")
        print("       ontogeny grow --script train.py --space space.toml\n\nrecipes:")
        print(recipe_list())
        print("\nThe fields of one: ontogeny grow RECIPE --help")
        return 0 if arguments else 2
    name, *rest = arguments
    join_hosts(rest)
    if name == "script" or (name.startswith("-") and option_value("--script", arguments)):
        named = name == "script"
        return grow_script(rest if named else arguments, ["grow", name] if named else ["grow"])
    if name.startswith("-"):
        raise ConfigError(
            f"the recipe comes first, not {name!r}",
            hint="write: ontogeny grow RECIPE [--field value …]",
        )
    if name in TAUGHT:
        from ontogeny.cli.distilling import grow_taught

        return grow_taught(name, f"grow {name}", rest, ["grow", name])
    return grow_and_tell(
        lambda words: parse_recipe(name, "grow", words, Growing), rest, ["grow", name]
    )


def grow_script(arguments: list[str], words: Sequence[str]) -> int:
    """Grow runs of a command, whose space is read before the fields of the rest are."""
    from ontogeny.recipes.scripts import Scripts

    def read(arguments: Sequence[str]) -> Any:
        told, space = (option_value(word, arguments) or "" for word in ("--script", "--space"))
        first = Scripts(script=told, space_file=space)
        return parse_fields(first, "grow --script", arguments, Growing, Scripts.__doc__)

    return grow_and_tell(read, arguments, words)


def grow_and_tell(
    read: Callable[[Sequence[str]], Any], arguments: Sequence[str], words: Sequence[str]
) -> int:
    """Grow the recipe that `read` makes of the arguments, or those of a sweep, tell how it ended,
    and return the exit code. `words` are the command's before the arguments. Of several hosts, the
    first tells.
    """
    chosen = read(arguments)
    keeping: Growing = chosen.options
    if keeping.seeds is not None or keeping.vary:
        from ontogeny.cli.sweeping import sweep

        return sweep(read, keeping, arguments, words)
    from ontogeny.growth import grow as grow_recipe
    from ontogeny.runtime import hosts
    from ontogeny.runtime.sinks import sinks

    with interruption_told(keeping.json) as where:
        run = grow_recipe(
            chosen.recipe,
            folder=place(keeping),
            progress=keeping.told,
            observers=[where, *sinks(keeping.track)],
            checkpoint_seconds=keeping.checkpoint_seconds,
            max_time=keeping.max_time,
            target_score=keeping.target_score,
            note=keeping.note,
            repeat=shlex.join(["ontogeny", *words, *alone(arguments)]),
        )
    return tell(run.store, keeping.json) if hosts.leads() else 0


@dataclass(frozen=True)
class Resume:
    """Go on with a run from its newest checkpoint, to the same bits as if it had not stopped."""

    run: RunName
    rounds: int | None = None
    """Grow to this many rounds in all, instead of the recipe's."""
    max_time: MaxTime = None
    target_score: TargetScore = None
    checkpoint_seconds: float = 30.0
    """Seconds between checkpoints; 0 writes one every round."""
    track: Tracks = ()
    """Write the run for other trackers too, as `--track tensorboard`: tensorboard, wandb (offline),
    mlflow (a local store)."""
    quiet: bool = False
    """Print nothing until the end."""
    json: bool = False
    """Print one JSON object at the end, and nothing else."""
    joining: Annotated[Joining, tyro.conf.arg(name="")] = field(default_factory=Joining)


def resume(arguments: list[str]) -> int:
    """Go on with a run."""
    from ontogeny.runtime.storage.folders import find_run

    chosen = parse(Resume, "resume", arguments)
    join_hosts(arguments)
    folder = chosen.run
    if chosen.joining.coordinator is None:  # who follows another host may not see the folder
        folder = find_run(folder)  # before anything heavy is imported
    from ontogeny.growth import resume as resume_run
    from ontogeny.runtime import hosts
    from ontogeny.runtime.sinks import sinks

    with interruption_told(chosen.json) as where:
        run = resume_run(
            folder,
            rounds=chosen.rounds,
            progress=not (chosen.quiet or chosen.json),
            observers=[where, *sinks(chosen.track)],
            checkpoint_seconds=chosen.checkpoint_seconds,
            max_time=chosen.max_time,
            target_score=chosen.target_score,
        )
    return tell(run.store, chosen.json) if hosts.leads() else 0


def place(keeping: Keeping) -> Path | None:
    """Return the folder that is asked for, None for a new one. Raises `ConfigError` when two
    are.
    """
    from ontogeny.runtime.storage.folders import named_folder

    if keeping.name is not None and keeping.folder is not None:
        raise ConfigError(
            "--name and --folder both say where the run is kept", hint="give one of them"
        )
    return keeping.folder if keeping.name is None else named_folder(keeping.name)


@contextmanager
def interruption_told(as_json: bool) -> Generator[Observer]:
    """Let a growth know where its run is kept, by the observer that is yielded; when a signal ends
    it, say what was grown and how to go on, and leave with that signal's exit code.
    """
    from ontogeny.runtime.observer import Observer, Setting
    from ontogeny.runtime.storage.store import Store

    class Whereabouts(Observer):
        folder: Path | None = None

        def compiling(self, setting: Setting) -> None:
            self.folder = setting.folder

    where = Whereabouts()
    try:
        yield where
    except (KeyboardInterrupt, SystemExit) as stopped:
        if where.folder is None:
            raise
        with Store(where.folder) as store:
            tell(store, as_json)
        code = stopped.code if isinstance(stopped, SystemExit) else INTERRUPTED
        raise SystemExit(code) from None


def tell(store: Store, as_json: bool) -> int:
    """Say what was grown and what comes next; return the exit code."""
    from ontogeny.runtime.storage.folders import line_of, run_name, runs_folder
    from ontogeny.views.terminal.tables import run_details, run_table

    details = run_details(store)
    folder = store.folder
    name = run_name(folder) if line_of(folder)[0].parent == runs_folder() else str(folder)
    if details["status"] == "interrupted":
        say(details, as_json, lambda: run_table(details), f"ontogeny resume {quoted(name)}")
        if details["enough"]:
            return 0
        done = f"interrupted after round {details['rounds']} of {details['planned']}"
        print(done, file=sys.stderr)
        return INTERRUPTED
    say(details, as_json, lambda: run_table(details), f"ontogeny report {quoted(name)}")
    return 0
