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
from ontogeny.recipes.opening import described, open_or_create
from ontogeny.recipes.recipe import Recipe
from ontogeny.recipes.strategies import strategy_class
from ontogeny.run import Run, stored_job, stored_recipe
from ontogeny.runtime import driver, hosts
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.executor import Executor, Job, planned
from ontogeny.runtime.following import check_alike, check_executor, follow
from ontogeny.runtime.limits import Limits, limits
from ontogeny.runtime.machine import prepare
from ontogeny.runtime.mirror import mirror_of, unsent
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.programs import Programs
from ontogeny.runtime.storage.folders import find_run, named_folder
from ontogeny.runtime.storage.notes import check_note, write_note
from ontogeny.runtime.storage.store import Store
from ontogeny.runtime.vectorised import Vectorised


@hosts.together()
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
    name: str | None = None,
    folder: Path | str | None = None,
    note: str | None = None,
    progress: bool = True,
    observers: Sequence[Observer] = (),
    checkpoint_seconds: float = 30.0,
    max_time: float | str | None = None,
    target_score: float | None = None,
    repeat: str | None = None,
    **fields: Any,
) -> Run:
    """Grow a recipe (an object, or a name and its fields) or a learner, and return the run.

    A host learner and a script live in processes, any other learner where the `executor` says,
    which is in one compiled program when it is not given.

    A learner needs a `space`; its strategy is "pbt" when none is given, with 16 members for 20
    rounds of 100 steps (of a script, of one step). A strategy is given by its name or by its
    settings, to a learner also as the functions themselves. The run is kept in `runs/NAME`, or in
    the `folder` (`runs/RECIPE-N` when neither is given; from here it is sent to an address, as
    `s3://BUCKET/NAME`), with a `note` of what you want to know of it later. A run that is already
    there goes on from its newest checkpoint, which for a bare learner is how it is resumed, if it
    is the same but for more rounds.

    It ends after the round in which `max_time` is over (seconds, or `"10m"`, `"1h30m"`) or the best
    member has the `target_score`, and can be resumed. `repeat` is the command that grows the run
    again, for whoever looks at it. Of a recipe of several generations the last one's run is
    returned.

    Where `jax.distributed` was initialised, all processes grow the population together: they are to
    call this with the same arguments. The first keeps the run, and alone has `observers` and
    `progress`; the others return a run that is read where they see its folder.

    >>> run = og.grow("quadratic", strategy="pbt", population=4, rounds=2, steps=5, progress=False)
    >>> run.metrics()["score"].shape, run.best.state.shape
    ((2, 4), (20,))
    >>> run.folder.name
    'quadratic-1'
    >>> og.grow(run.recipe, name="mine", note="the same again", progress=False).note
    'the same again'
    """
    asked: dict[str, Any] = {
        "population": population,
        "rounds": rounds,
        "steps": steps,
        "seed": seed,
        "executor": executor,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    enough = limits(max_time, target_score, WHERE)
    watched = Watched(progress, observers, checkpoint_seconds, enough, note)
    if name is not None:
        if folder is not None:
            raise ConfigError(
                "name and folder both say where the run is kept", where=WHERE, hint="give one"
            )
        folder = named_folder(name, f"{WHERE}, name")
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
        job = Job(what, space, functions, **{**settings, **given}, settings=config)
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
        return grow_recipe(recipe, folder, watched, repeat=repeat)
    return grow_job(job, where, folder, None, watched, repeat=repeat)


def grow_recipe(
    recipe: Recipe,
    folder: Path | str | None,
    watched: Watched,
    *,
    repeat: str | None = None,
    programs: Programs | None = None,
) -> Run:
    """Grow a recipe, and what follows it, and return the last run; see `grow_job`."""
    prepare(recipe.executor.devices)
    run = grow_job(
        recipe.job(), recipe.executor, folder, recipe, watched, repeat=repeat, programs=programs
    )
    return _with_successors(run, watched)


@hosts.together()
def resume(
    folder: Path | str,
    *,
    rounds: int | None = None,
    progress: bool = True,
    observers: Sequence[Observer] = (),
    checkpoint_seconds: float = 30.0,
    max_time: float | str | None = None,
    target_score: float | None = None,
) -> Run:
    """Go on with a recipe's run from its newest checkpoint, to its last round (or to `rounds`), or
    until `max_time` is over or the `target_score` is reached, as `grow` says.

    >>> run = og.grow("quadratic", population=4, rounds=2, steps=5, progress=False)
    >>> og.resume(run.folder, rounds=3, progress=False).metrics()["score"].shape
    (3, 4)
    """
    enough = limits(max_time, target_score, "og.resume")
    watched = Watched(progress, observers, checkpoint_seconds, enough)
    if rounds is not None:
        rounds = whole(rounds, "rounds", "og.resume, rounds", least=1)
    if not hosts.leads():
        return _resumed_elsewhere(watched)
    path = find_run(folder)
    with Store(path) as store:
        recipe, known = stored_recipe(store), store.run()
        replay = known.get("replay")
        check_executor(recipe.executor, replay)
        done = known["status"] == "finished" and rounds in (None, store.rounds())
        done = done and (path / "product").exists() and not unsent(path) and not replay
        if rounds is not None and not replay and not done:
            recipe = dataclasses.replace(recipe, rounds=rounds)
        hosts.say([known["recipe"], recipe.to_json(), done and str(path)])
        if done:
            return _with_successors(Run(Store(path), recipe), watched)
        prepare(recipe.executor.devices)
        job = stored_job(store, recipe, rounds)
    run = grow_job(job, recipe.executor, path, recipe, watched, replay=replay)
    return run if replay else _with_successors(run, watched)


def _resumed_elsewhere(watched: Watched) -> Run:
    """Go on with the run that the first host has found, as this one is told of it."""
    name, fields, finished = hosts.hear("the run that is to go on")
    recipe = recipe_class(name).from_json(fields)
    if finished:
        run = Run(Store(finished, unseen=True), recipe)
    else:
        prepare(recipe.executor.devices)
        run = grow_job(recipe.job(), recipe.executor, None, recipe, watched)
    return _with_successors(run, watched)


def _with_successors(run: Run, watched: Watched) -> Run:
    """Grow what the run's recipe has follow it, from where that stands, and return the last."""
    while run.recipe:
        next_ = None
        if hosts.leads():
            next_ = run.recipe.successor(run.folder) if run.status == "finished" else None
            hosts.say(next_ and [recipe_name(next_[0]), next_[0].to_json(), str(next_[1])])
        elif heard := hosts.hear("what follows the run"):
            next_ = recipe_class(heard[0]).from_json(heard[1]), Path(heard[2])
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
    """Who looks on while a run grows, how often it is kept, what is enough of it, and what is to be
    noted of it.
    """

    progress: bool = True  # someone sits at the terminal
    observers: Sequence[Observer] = ()
    checkpoint_seconds: float = 30.0
    limits: Limits = dataclasses.field(default_factory=Limits)
    note: str | None = None

    def __post_init__(self) -> None:
        at_least(self, 0, "checkpoint_seconds", where="")
        check_observers(self.observers)
        if self.note is not None:
            check_note(self.note, f"{WHERE}, note")


def grow_job(
    job: Job,
    executor: Executor,
    folder: Path | str | None,
    recipe: Recipe | None,
    watched: Watched,
    *,
    replay: Mapping[str, Any] | None = None,
    repeat: str | None = None,
    programs: Programs | None = None,
) -> Run:
    """Grow a job into a folder (None: a new one), from where the run there stands, and return the
    run: what `grow`, `resume` and `replaying.replay` come to. The machine is to be prepared before
    the job is made.

    At the end the best member's product is kept, where there is a recipe. `replay` says what a
    replay replays, `programs` what was compiled before and may serve again. A signal that
    interrupted it is raised again once all is saved, so that Ctrl-C ends the loop around it too.
    Raises `StoreError` when another job's run is there.
    """
    told = described(job, executor, recipe)
    check_executor(executor, replay)
    check_alike({**told, "rounds": job.rounds})
    if not hosts.leads():
        place, done = hosts.hear("the run's folder")
        if not done:
            follow(job, executor, Path(place))
        return Run(Store(place, unseen=True), recipe, job)
    observers, signals = watched.observers, list[int]()
    if watched.progress:
        from ontogeny.views.terminal.looking_on import observer_for

        title = (recipe_name(recipe) or "") if recipe else ""
        observers = [observer_for(title=title), *observers]
    with open_or_create(folder, told, job, recipe, replay, repeat) as store:
        if watched.note is not None:
            write_note(store.folder, watched.note)
        mirror = mirror_of(store)
        observers = [*observers, mirror] if mirror else observers
        status = store.run()["status"]
        done = status == "finished" and store.rounds() >= job.rounds
        hosts.say([str(store.folder), done])
        try:
            if not done:
                status = driver.grow(
                    job,
                    executor if programs is None else programs.serving(executor, store.run()),
                    store,
                    observers=observers,
                    units=recipe.units() if recipe else {},
                    checkpoint_seconds=watched.checkpoint_seconds,
                    signals=signals,
                    limits=watched.limits,
                )
            run = Run(Store(store.folder), recipe, job)
            if recipe and status == "finished" and not (done and (run.folder / "product").exists()):
                product = run.product(run.best.slot)  # and not one that an earlier end has kept
                product.save(run.folder / "product")
        finally:
            if mirror:
                mirror.finish()
    if status == "interrupted" and signals:
        signal.raise_signal(signals[0])
    return Run(run.store, recipe, job)
