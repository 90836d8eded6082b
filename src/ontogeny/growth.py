"""Grow something: the one road that every growth goes, from Python and from the command line.

import ontogeny as og

run = og.grow("quadratic", population=16)          # a recipe, by name
run = og.grow(learner, space=space, strategy=og.pbt(space), population=16, rounds=40, steps=50)
run = og.resume("quadratic-1", rounds=60)
"""

from __future__ import annotations

import dataclasses
import inspect
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ontogeny.core.config import at_least, whole
from ontogeny.core.errors import ConfigError
from ontogeny.core.host import HostLearner
from ontogeny.core.learner import Learner
from ontogeny.core.script import Script
from ontogeny.core.space import Space
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.strategy import Strategy, StrategyConfig
from ontogeny.recipes import recipe_class, recipe_name
from ontogeny.recipes.given import (
    WHERE,
    check_fields,
    check_given,
    check_observers,
    check_settings,
)
from ontogeny.recipes.opening import open_or_create
from ontogeny.recipes.recipe import Recipe
from ontogeny.recipes.strategies import strategy_class
from ontogeny.run import Run, stored_job, stored_recipe
from ontogeny.runtime import driver
from ontogeny.runtime.executor import Executor, Job, planned
from ontogeny.runtime.folders import find_run
from ontogeny.runtime.machine import prepare
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.processes import Processes
from ontogeny.runtime.store import Store
from ontogeny.runtime.vectorised import Vectorised


def grow(
    what: Learner[Any] | HostLearner[Any] | Script | Recipe | str,
    *,
    space: Space | None = None,
    strategy: Strategy[Any] | StrategyConfig | str | None = None,
    population: int | None = None,
    rounds: int | None = None,
    steps: int | None = None,
    seed: int | None = None,
    executor: Executor | None = None,
    folder: Path | str | None = None,
    progress: bool = True,
    observers: Sequence[Observer] = (),
    checkpoint_seconds: float = 30.0,
    repeat: str | None = None,
    **fields: Any,
) -> Run:
    """Grow a recipe (an object, or a name and its fields) or a learner, and return the run.

    A host learner and a script live in processes, any other learner where the `executor` says,
    which is in one compiled program when it is not given.

    A learner needs a `space`; its strategy is "pbt" when none is given, with 16 members for 20
    rounds of 100 steps (of a script, of one step). A strategy is given by its name or by its
    settings, to a learner also as the functions themselves. `folder` is where the run is kept
    (`runs/NAME-N` when not given); a run that is already there goes on from its newest checkpoint,
    which for a bare learner is how it is resumed, if it is the same but for more rounds. `repeat`
    is the command that grows the run again, for whoever looks at it. Of a recipe of several
    generations the last one's run is returned.

    >>> run = og.grow("quadratic", strategy="pbt", population=4, rounds=2, steps=5, progress=False)
    >>> run.metrics()["score"].shape, run.best.state.shape
    ((2, 4), (20,))
    >>> run.folder.name
    'quadratic-1'
    """
    asked: dict[str, Any] = {
        "population": population,
        "rounds": rounds,
        "steps": steps,
        "seed": seed,
        "executor": executor,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    watched = Watched(progress, observers, checkpoint_seconds)
    if isinstance(strategy, str):
        strategy = strategy_class(strategy)()
    check_given(what, space, strategy, executor)
    if isinstance(what, Learner | HostLearner | Script):
        check_settings(fields, inspect.signature(grow).parameters)
        if space is None:
            raise ConfigError(
                "a learner needs a space for its hypers",
                where=WHERE,
                hint='for example space=og.Space({"learning_rate": og.Log(1e-5, 1e-2)})',
            )
        where = given.pop("executor", None) or default_executor(what)
        steps_ = 1 if isinstance(what, Script) else 100
        settings: dict[str, Any] = {"population": 16, "rounds": 20, "steps": steps_, "seed": 0}
        moves = PBT() if strategy is None else strategy
        config = moves if isinstance(moves, StrategyConfig) else None
        functions = moves.build(space) if isinstance(moves, StrategyConfig) else moves
        recipe, job = None, Job(what, space, functions, **{**settings, **given}, settings=config)
        job = job._replace(**planned(job, f"{WHERE}, "))
        prepare(where.devices)
    else:
        if space is not None or isinstance(strategy, Strategy):
            raise ConfigError(
                "a recipe brings its own space and strategy",
                where=WHERE,
                hint='name a strategy, as in strategy="random-search", or give its settings',
            )
        if strategy is not None:
            given["strategy"] = strategy
        if isinstance(what, str):
            kind = recipe_class(what)
            check_fields(kind, fields)
            recipe = kind(**given, **fields)
        else:
            check_fields(type(what), fields)
            recipe = dataclasses.replace(what, **given, **fields)
        where = recipe.executor
        prepare(where.devices)
        job = recipe.job()
    return _with_successors(grow_job(job, where, folder, recipe, watched, repeat=repeat), watched)


def resume(
    folder: Path | str,
    *,
    rounds: int | None = None,
    progress: bool = True,
    observers: Sequence[Observer] = (),
    checkpoint_seconds: float = 30.0,
) -> Run:
    """Go on with a recipe's run from its newest checkpoint, to its last round (or to `rounds`).

    >>> run = og.grow("quadratic", population=4, rounds=2, steps=5, progress=False)
    >>> og.resume(run.folder, rounds=3, progress=False).metrics()["score"].shape
    (3, 4)
    """
    path, watched = find_run(folder), Watched(progress, observers, checkpoint_seconds)
    if rounds is not None:
        rounds = whole(rounds, "rounds", "og.resume, rounds", least=1)
    with Store(path) as store:
        recipe, known = stored_recipe(store), store.run()
        done = known["status"] == "finished" and rounds in (None, store.rounds())
        if done and (path / "product").exists() and not known.get("replay"):
            return _with_successors(Run(Store(path), recipe), watched)
        if rounds is not None and not known.get("replay"):
            recipe = dataclasses.replace(recipe, rounds=rounds)
        prepare(recipe.executor.devices)
        job = stored_job(store, recipe, rounds)
    run = grow_job(job, recipe.executor, path, recipe, watched, replay=known.get("replay"))
    return run if known.get("replay") else _with_successors(run, watched)


def _with_successors(run: Run, watched: Watched) -> Run:
    """Grow what the run's recipe has follow it, from where that stands, and return the last."""
    while run.recipe and run.status == "finished":
        next_ = run.recipe.successor(run.folder)
        if next_ is None:
            break
        recipe, folder = next_
        run = grow_job(recipe.job(), recipe.executor, folder, recipe, watched)
    return run


def default_executor(learner: Learner[Any] | HostLearner[Any] | Script) -> Executor:
    """Return where a bare learner lives when nothing else is said."""
    return Processes() if isinstance(learner, HostLearner | Script) else Vectorised()


@dataclasses.dataclass(frozen=True)
class Watched:
    """Who looks on while a run grows, and how often it is kept."""

    progress: bool = True  # someone sits at the terminal
    observers: Sequence[Observer] = ()
    checkpoint_seconds: float = 30.0

    def __post_init__(self) -> None:
        at_least(self, 0, "checkpoint_seconds", where="")
        check_observers(self.observers)


def grow_job(
    job: Job,
    executor: Executor,
    folder: Path | str | None,
    recipe: Recipe | None,
    watched: Watched,
    *,
    replay: Mapping[str, Any] | None = None,
    repeat: str | None = None,
) -> Run:
    """Grow a job into a folder (None: a new one), from where the run there stands, and return the
    run: what `grow`, `resume` and `replaying.replay` come to. The machine is to be prepared before
    the job is made.

    At the end the best member's product is kept, where there is a recipe. `replay` says what a
    replay replays. A signal that interrupted it is raised again once all is saved, so that Ctrl-C
    ends the loop around it too. Raises `StoreError` when another job's run is there.
    """
    observers, signals = watched.observers, list[int]()
    if watched.progress:
        from ontogeny.views.looking_on import observer_for

        title = (recipe_name(recipe) or "") if recipe else ""
        observers = [observer_for(title=title), *observers]
    with open_or_create(folder, job, executor, recipe, replay, repeat) as store:
        status = store.run()["status"]
        done = status == "finished" and store.rounds() >= job.rounds
        if not done:
            status = driver.grow(
                job,
                executor,
                store,
                observers=observers,
                units=recipe.units() if recipe else {},
                checkpoint_seconds=watched.checkpoint_seconds,
                signals=signals,
            )
        run = Run(Store(store.folder), recipe, job)
        if recipe and status == "finished" and not (done and (run.folder / "product").exists()):
            product = run.product(run.best.slot)  # and not one that an earlier end has kept
            product.save(run.folder / "product")
    if status == "interrupted" and signals:
        signal.raise_signal(signals[0])
    return Run(run.store, recipe, job)
