"""Grow something: the one road that every growth goes, from Python and from the command line.

import ontogeny as og

run = og.grow("quadratic", population=16)          # a recipe, by name
run = og.grow(learner, space=space, strategy=og.pbt(space), population=16, rounds=40, steps=50)
run = og.resume("quadratic-1", rounds=60)
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError, StoreError, unknown
from ontogeny.core.files import absolute
from ontogeny.core.host import HostLearner
from ontogeny.core.learner import Learner
from ontogeny.core.space import Space
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.strategy import FORMERLY, Strategy, StrategyConfig
from ontogeny.recipes import recipe_class, recipe_name
from ontogeny.recipes.recipe import Recipe
from ontogeny.recipes.strategies import strategy_class
from ontogeny.run import Run, stored_job, stored_recipe
from ontogeny.runtime import driver
from ontogeny.runtime.executor import Executor, Job
from ontogeny.runtime.folders import find_run, new_run_folder
from ontogeny.runtime.machine import prepare
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.processes import Processes
from ontogeny.runtime.store import FILE, Store
from ontogeny.runtime.vectorised import Vectorised


def grow(
    what: Learner[Any] | HostLearner[Any] | Recipe | str,
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

    A host learner lives in processes, any other learner where the `executor` says, which is in one
    compiled program when it is not given.

    A learner needs a `space`; its strategy is PBT when none is given, with 16 members for 20 rounds
    of 100 steps. A strategy is given by its name or by its settings, to a learner also as the
    functions themselves. `folder` is where the run is kept (`runs/NAME-N` when not given); a run
    that is already there goes on from its newest checkpoint, which for a bare learner is how it is
    resumed. `repeat` is the command that grows the run again, for whoever looks at it.

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
    if isinstance(strategy, str):
        strategy = strategy_class(strategy)()
    if isinstance(what, Learner | HostLearner):
        if space is None or fields:
            raise ConfigError(
                f"unknown settings {sorted(fields)}"
                if fields
                else "a learner needs a space for its hypers",
                where="og.grow",
                hint='for example space=og.Space({"learning_rate": og.Log(1e-5, 1e-2)})',
            )
        where = given.pop("executor", None) or default_executor(what)
        prepare(where.devices)
        moves = strategy.build(space) if isinstance(strategy, StrategyConfig) else strategy
        settings: dict[str, Any] = {"population": 16, "rounds": 20, "steps": 100, "seed": 0}
        recipe, job = None, Job(what, space, moves or pbt(space), **{**settings, **given})
        at_least(job, 1, "population", "rounds", "steps", where="og.grow, ")
    else:
        if space is not None or isinstance(strategy, Strategy):
            raise ConfigError(
                "a recipe brings its own space and strategy",
                where="og.grow",
                hint='name a strategy, as in strategy="random-search", or give its settings',
            )
        if strategy is not None:
            given["strategy"] = strategy
        kind = recipe_class(what) if isinstance(what, str) else type(what)
        _check_fields(kind, fields)
        if isinstance(what, str):
            recipe = kind(**given, **fields)
        else:
            recipe = dataclasses.replace(what, **given, **fields)
        where = recipe.executor
        prepare(where.devices)
        job = recipe.job()
    stem = (recipe_name(recipe) or type(recipe).__name__.lower()) if recipe else "run"
    target = absolute(folder) if folder else new_run_folder(stem)
    watched = Watched(progress, observers, checkpoint_seconds)
    return grow_job(job, where, target, recipe, watched, repeat=repeat)


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
    path = find_run(folder)
    with Store(path) as store:
        recipe, replay = stored_recipe(store), store.run().get("replay")
        if rounds is not None:
            recipe = dataclasses.replace(recipe, rounds=rounds)
        prepare(recipe.executor.devices)
        job = stored_job(store, recipe, rounds)
    watched = Watched(progress, observers, checkpoint_seconds)
    return grow_job(job, recipe.executor, path, recipe, watched, replay=replay)


def default_executor(learner: Learner[Any] | HostLearner[Any]) -> Executor:
    """Return where a bare learner lives when nothing else is said."""
    return Processes() if isinstance(learner, HostLearner) else Vectorised()


@dataclasses.dataclass(frozen=True)
class Watched:
    """Who looks on while a run grows, and how often it is kept."""

    progress: bool = True  # someone sits at the terminal
    observers: Sequence[Observer] = ()
    checkpoint_seconds: float = 30.0


def grow_job(
    job: Job,
    executor: Executor,
    folder: Path,
    recipe: Recipe | None,
    watched: Watched,
    *,
    replay: Mapping[str, Any] | None = None,
    repeat: str | None = None,
) -> Run:
    """Grow a job into a folder, from where the run there stands, and return the run: what `grow`,
    `resume` and `replaying.replay` come to. The machine is to be prepared before the job is made.

    At the end the best member's product is kept, where there is a recipe. `replay` says what a
    replay replays. Raises `StoreError` when another job's run is there.
    """
    observers = watched.observers
    if watched.progress:
        from ontogeny.views.live import observer_for

        title = (recipe_name(recipe) or "") if recipe else ""
        observers = [observer_for(title=title), *observers]
    with open_or_create(folder, job, recipe, replay, repeat) as store:
        status = driver.grow(
            job,
            executor,
            store,
            observers=observers,
            units=recipe.units() if recipe else {},
            checkpoint_seconds=watched.checkpoint_seconds,
        )
        run = Run(Store(store.folder), recipe, job)
        if recipe and status == "finished":
            product = run.product(run.best.slot)  # and not one that an earlier end has kept
            product.save(run.folder / "product")
    return Run(run.store, recipe, job)


def open_or_create(
    folder: Path,
    job: Job,
    recipe: Recipe | None,
    replay: Mapping[str, Any] | None = None,
    repeat: str | None = None,
) -> Store:
    """Return the run in `folder`, open for writing; made when there is none.

    Raises `StoreError` when another job's run is there.
    """
    identity = {
        "recipe": recipe_name(recipe) if recipe else None,
        "fields": recipe.to_json() if recipe else None,
        "seed": job.seed,
        "population": job.population,
        "steps": job.steps,
    }
    if (folder / FILE).exists():
        store = Store(folder, write=True)
        before = store.run()
        for key, value in identity.items():
            was = before.get(key)
            if key == "fields" and isinstance(value, dict) and isinstance(was, dict):
                with contextlib.suppress(ConfigError):  # fields newer than the run: as by default
                    was = type(recipe).from_json(was).to_json() if recipe else was
                was, value = (
                    {**was, "rounds": 0},
                    {**value, "rounds": 0},
                )  # more rounds may be asked for
            if _plain(was) != _plain(value):
                store.close()
                raise StoreError(
                    f"the run there has {key} {was!r}, not {value!r}",
                    where=str(folder),
                    hint="choose another folder, or go on with the same settings",
                )
        if before.get("replay") != replay:
            store.close()
            again = "replay the same run with the same settings" if replay else "resume it"
            raise StoreError(
                "the run there is not this replay" if replay else "the run there is a replay",
                where=str(folder),
                hint=f"choose another folder, or {again}",
            )
        with store.transaction():
            store.put(rounds=job.rounds, fields=identity["fields"])
        return store
    return Store.create(
        folder,
        **identity,
        rounds=job.rounds,
        space=job.space.describe(),
        units=recipe.units() if recipe else {},
        papers=list(recipe.papers) if recipe else [],
        status="created",
        repeat=repeat,
        **({"replay": replay} if replay else {}),
    )


def _check_fields(kind: type[Recipe], fields: Mapping[str, Any]) -> None:
    names = [f.name for f in dataclasses.fields(kind)]
    for name in fields:
        if name not in names and FORMERLY.get(name) in names:
            raise ConfigError(
                f"{kind.__name__} has no field {name!r}",
                where="og.grow",
                hint=f"it is called {FORMERLY[name]!r} now",
            )
        if name not in names:
            raise unknown(f"field of {kind.__name__}", name, names, "og.grow")


def _plain(value: Any) -> Any:
    """Return the value as JSON would give it back, so that a tuple equals a list."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
