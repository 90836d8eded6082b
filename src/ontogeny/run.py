"""Grow something, and hold what was grown: the Python face of Ontogeny.

import ontogeny as og

run = og.grow("quadratic", population=16)          # a recipe, by name
run = og.grow(learner, space=space, strategy=og.pbt(space), population=16, rounds=40, steps=50)
run.best.score, run.best.hypers, run.metrics()["score"], run.report()
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError, StoreError, unknown
from ontogeny.core.host import HostLearner
from ontogeny.core.learner import Learner
from ontogeny.core.population import Population
from ontogeny.core.space import Space
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.strategy import FORMERLY, Strategy, StrategyConfig
from ontogeny.recipes import recipe_class, recipe_name
from ontogeny.recipes.recipe import Recipe
from ontogeny.recipes.strategies import strategy_class
from ontogeny.runtime import driver
from ontogeny.runtime.checkpoints import read_newest
from ontogeny.runtime.executor import Executor, Job, Snapshot
from ontogeny.runtime.folders import find_run, new_run_folder
from ontogeny.runtime.machine import prepare
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.processes import Processes
from ontogeny.runtime.schedules import along, read_schedule
from ontogeny.runtime.store import FILE, Heir, Store
from ontogeny.runtime.vectorised import Vectorised

if TYPE_CHECKING:
    from ontogeny.core.product import Product


class Member(NamedTuple):
    """One grown member: NumPy arrays without the "pop" axis."""

    slot: int
    state: Any
    hypers: Any
    score: float


class Run:
    """A recorded growth. Everything is read from its folder when it is asked for."""

    def __init__(self, store: Store, job: Job, recipe: Recipe | None):
        self.store, self.job, self.recipe = store, job, recipe

    def __repr__(self) -> str:
        rounds, members = self.store.rounds(), self.job.population
        return f"Run({str(self.folder)!r}, {rounds} rounds of {members} members)"

    @property
    def folder(self) -> Path:
        """Where the run lies."""
        return self.store.folder

    @cached_property
    def population(self) -> Population[Any]:
        """The members as of the newest checkpoint, NumPy arrays. Raises `StoreError` when there is
        none.
        """
        return self._newest.as_arrays().population

    @cached_property
    def _newest(self) -> Snapshot:
        """The newest checkpoint's snapshot."""
        last = self.store.rounds() - 1
        return read_newest(self.folder, self.job, last, thorough=False)[1]

    @property
    def best(self) -> Member:
        """The member with the highest score."""
        return self.member(int(np.argmax(self._newest.population.score)))

    def member(self, slot: int) -> Member:
        """Return the member in a slot."""
        if not 0 <= slot < self.job.population:
            raise ConfigError(
                f"there is no slot {slot}",
                where=str(self.folder),
                hint=f"use 0 to {self.job.population - 1}",
            )
        population = self._newest.population
        hypers = jax.tree.map(lambda x: x[slot], population.hypers)
        return Member(slot, self._newest.member(slot), hypers, float(population.score[slot]))

    def product(self, slot: int | None = None) -> Product:
        """Return what a person wants of a member (the best one): a policy, a predictor. Recipes
        alone know it.
        """
        if self.recipe is None:
            raise ConfigError(
                "this run was grown from a bare learner, whose product is not known",
                where=str(self.folder),
                hint="use run.best.state, or write a recipe",
            )
        member = self.best if slot is None else self.member(slot)
        return self.recipe.product(member.state)

    def metrics(self) -> dict[str, np.ndarray]:
        """Return every recorded metric, each [rounds, pop], NaN where nothing was recorded."""
        return {name: self.store.metric(name) for name in self.store.metric_names()}

    def lineage(self) -> list[Heir]:
        """Return everyone who inherited or began anew, in order."""
        return self.store.heirs()

    def report(self, path: Path | str | None = None) -> Path:
        """Write the report, one HTML file, and return where (`report.html` in the run's folder)."""
        return report(self.store, Path(path) if path else self.folder / "report.html")


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
    **fields: Any,
) -> Run:
    """Grow a recipe (an object, or a name and its fields) or a learner, and return the run.

    A host learner lives in processes, any other learner where the `executor` says, which is in one
    compiled program when it is not given.

    A learner needs a `space`; its strategy is PBT when none is given, with 16 members for 20 rounds
    of 100 steps. A strategy is given by its name or by its settings, to a learner also as the
    functions themselves. `folder` is where the run is kept (`runs/NAME-N` when not given); a run
    that is already there goes on from its newest checkpoint, which for a bare learner is how it is
    resumed.
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
        settings: dict[str, Any] = {
            "population": 16,
            "rounds": 20,
            "steps": 100,
            "seed": 0,
            **given,
        }
        where: Any = settings.pop("executor", None)
        where = where or default_executor(what)
        _check_settings(settings)
        if isinstance(strategy, StrategyConfig):
            strategy = strategy.build(space)
        prepare(where.devices)
        recipe, job = None, Job(what, space, strategy or pbt(space), **settings)
    else:
        if space is not None or isinstance(strategy, Strategy):
            raise ConfigError(
                "a recipe brings its own space and strategy",
                where="og.grow",
                hint='name a strategy, as in strategy="random-search", or give its settings',
            )
        if strategy is not None:
            fields["strategy"] = strategy
        if isinstance(what, str):
            kind = recipe_class(what)
            _check_fields(kind, fields)
            recipe = kind(**given, **fields)
        else:
            _check_fields(type(what), fields)
            recipe = dataclasses.replace(what, **given, **fields)
        where, job = recipe.executor, recipe.job()
    stem = (recipe_name(recipe) or type(recipe).__name__.lower()) if recipe else "run"
    target = Path(folder) if folder else new_run_folder(stem)
    store = open_or_create(target, job, recipe)
    with store:
        watch(store, job, where, recipe, progress, observers, checkpoint_seconds)
    return Run(Store(target), job, recipe)


def default_executor(learner: Learner[Any] | HostLearner[Any]) -> Executor:
    """Return where a bare learner lives when nothing else is said."""
    return Processes() if isinstance(learner, HostLearner) else Vectorised()


def resume(
    folder: Path | str,
    *,
    rounds: int | None = None,
    progress: bool = True,
    observers: Sequence[Observer] = (),
) -> Run:
    """Go on with a recipe's run from its newest checkpoint, to its last round (or to `rounds`)."""
    path = find_run(folder)
    with Store(path, write=True) as store:
        recipe = stored_recipe(store)
        if rounds is not None and rounds != recipe.rounds:
            recipe = dataclasses.replace(recipe, rounds=rounds)
            with store.transaction():
                store.put(fields=recipe.to_json(), rounds=rounds)
        job = stored_job(store, recipe)
        watch(store, job, recipe.executor, recipe, progress, observers)
        return Run(Store(path), job, recipe)


def load(folder: Path | str) -> Run:
    """Return a run of a recipe by its folder, its name in the runs folder, or "last"."""
    store = Store(find_run(folder))
    recipe = stored_recipe(store)
    return Run(store, stored_job(store, recipe), recipe)


def report(store: Store, path: Path) -> Path:
    """Write a run's report, with the figures that its recipe gives: the story of the run, and the
    portrait of its winner once it is finished. Return where.
    """
    from ontogeny.views.report import write_report

    if not store.run().get("recipe"):
        return write_report(store, path)
    recipe, portrait = stored_recipe(store), ()
    # Without a portrait nothing need be compiled.
    if store.run().get("status") == "finished" and type(recipe).portrait is not Recipe.portrait:
        portrait = recipe.portrait(Run(store, stored_job(store, recipe), recipe).product())
    return write_report(store, path, portrait, recipe.story)


def watch(
    store: Store,
    job: Job,
    executor: Executor,
    recipe: Recipe | None,
    progress: bool,
    observers: Sequence[Observer] = (),
    checkpoint_seconds: float = 30.0,
) -> str:
    """Grow into an open store with someone watching; save the best member's product at the end."""
    if progress:
        from ontogeny.views.live import observer_for

        title = (recipe_name(recipe) or "") if recipe else ""
        observers = [observer_for(title=title), *observers]
    status = driver.grow(
        job,
        executor,
        store,
        observers=observers,
        units=recipe.units() if recipe else {},
        checkpoint_seconds=checkpoint_seconds,
    )
    if recipe and status == "finished":
        with contextlib.closing(Store(store.folder)) as reader:
            product = Run(reader, job, recipe).product()
        product.save(store.folder / "product")
    return status


def open_or_create(folder: Path, job: Job, recipe: Recipe | None, **about: Any) -> Store:
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
        **{"repeat": None, **about},
    )


def stored_recipe(store: Store) -> Recipe:
    """Return the recipe that a run was grown from. Raises `ConfigError` for a run of a bare
    learner.
    """
    run = store.run()
    if not run.get("recipe"):
        raise ConfigError(
            "this run was grown from a learner in Python, which can't be found from here",
            where=str(store.folder),
            hint="call og.grow with the same learner and folder: it goes on from there",
        )
    return recipe_class(run["recipe"]).from_json(run["fields"])


def stored_job(store: Store, recipe: Recipe, rounds: int | None = None) -> Job:
    """Return what a run of the recipe grows, to `rounds` when given. That of a replay has a
    schedule, which lies in the run's folder.
    """
    job = recipe.job() if rounds is None else recipe.job()._replace(rounds=rounds)
    if store.run().get("replay"):
        planned = int(store.run()["rounds"]) if rounds is None else rounds
        return along(job, read_schedule(store.folder, job), planned)
    return job


def _check_settings(settings: dict[str, Any]) -> None:
    at_least(SimpleNamespace(**settings), 1, "population", "rounds", "steps", where="og.grow, ")


def _check_fields(kind: type[Recipe], fields: dict[str, Any]) -> None:
    names = [f.name for f in dataclasses.fields(kind)]
    for name in fields:
        if name not in names:
            if FORMERLY.get(name) in names:
                raise ConfigError(
                    f"{kind.__name__} has no field {name!r}",
                    where="og.grow",
                    hint=f"it is called {FORMERLY[name]!r} now",
                )
            raise unknown(f"field of {kind.__name__}", name, names, "og.grow")


def _plain(value: Any) -> Any:
    """Return the value as JSON would give it back, so that a tuple equals a list."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
