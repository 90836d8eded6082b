"""What was grown, held: a recorded run, read when something of it is asked for.

import ontogeny as og

run = og.load("quadratic-1")
run.best.score, run.best.hypers, run.metrics()["score"], run.report()
"""

from __future__ import annotations

import math
import pickle
import warnings
from contextlib import suppress
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, overload

import jax
import numpy as np

from ontogeny.core.errors import ConfigError, OntogenyError, StoreError
from ontogeny.core.files import absolute
from ontogeny.core.host import own_choices
from ontogeny.core.population import Population
from ontogeny.core.text import visible
from ontogeny.core.trees import named_leaves
from ontogeny.recipes import recipe_class
from ontogeny.recipes.products import kept_product
from ontogeny.recipes.recipe import Recipe
from ontogeny.runtime.checkpoints import read_newest
from ontogeny.runtime.executor import Job, Snapshot
from ontogeny.runtime.machine import prepare
from ontogeny.runtime.schedules import along, read_schedule
from ontogeny.runtime.stacked import Stacked
from ontogeny.runtime.storage.folders import find_run, list_runs
from ontogeny.runtime.storage.notes import read_note, write_note
from ontogeny.runtime.storage.store import Heir, Store
from ontogeny.views.growth.frames import metrics_frame
from ontogeny.views.quantities import count, number

if TYPE_CHECKING:
    from ontogeny.core.product import Product
    from ontogeny.views.growth.plots import Plots

HYPERS = 8  # that a member shows of itself


class Member(NamedTuple):
    """One grown member: NumPy arrays without the "pop" axis."""

    slot: int
    state: Any
    hypers: Any
    score: float

    def __repr__(self) -> str:
        leaves = jax.tree.leaves(self.state)
        sizes = (math.prod(getattr(leaf, "shape", ())) for leaf in leaves)  # PyTorch's size is more
        held = f"{count(sum(sizes), 'number')} in {count(len(leaves), 'array')}"
        texts = jax.tree.map(_shown, self.hypers, is_leaf=lambda value: value is None)
        shown = [f"{name}={text}" for name, text in named_leaves(texts)]
        rest = [f"and {len(shown) - HYPERS} more"] if len(shown) > HYPERS else []
        told = [f"slot {self.slot}", f"score {number(self.score)}", *shown[:HYPERS], *rest]
        return f"Member({', '.join(told)}; {held})"


def _shown(value: Any) -> str:
    if np.ndim(value):
        return str(list(np.shape(value)))
    return repr(value) if value is None or isinstance(value, str) else number(float(value))


class Run:
    """A recorded growth. Everything is read from its folder when it is asked for; the learner is
    made again only for what has its states.

    It holds no file open: it may be kept by the thousand, read in any thread, copied, and sent to
    another process, as long as its folder stays where it is.

    >>> run = og.grow("quadratic", population=4, rounds=2, steps=5, progress=False)
    >>> run
    Run('...quadratic-1', 2 rounds of 4 members)
    >>> bool(run.best.score == run.metrics()["score"][-1].max())
    True
    """

    def __init__(self, store: Store, recipe: Recipe | None = None, job: Job | None = None):
        """Hold the run in an open store. That of a bare learner has no recipe; without its job,
        states are nested dictionaries of arrays.
        """
        self.store, self.recipe = store, recipe
        if job is not None:
            self.job = job

    def __repr__(self) -> str:
        try:
            rounds, members = self.store.rounds(), self.store.run()["population"]
        except StoreError as error:  # what is only to be shown says what is wrong
            return f"Run({str(self.folder)!r}: {error.what})"
        return f"Run({str(self.folder)!r}, {rounds} rounds of {members} members)"

    def __deepcopy__(self, memo: object) -> Run:
        return Run(self.store, self.recipe, self.__dict__.get("job"))

    def __copy__(self) -> Run:
        return self.__deepcopy__(None)

    def __getstate__(self) -> tuple[Store, bytes]:
        """A recipe makes its learner again. A bare one goes as its code; where that can't be
        pickled, the members go instead.
        """
        import cloudpickle

        job, newest = None if self.recipe else self.__dict__.get("job"), None
        try:
            sent = cloudpickle.dumps((self.recipe, job, newest))
        except Exception:  # pickling runs the code of whatever is pickled
            with suppress(OntogenyError):  # those of a host learner stay where they are
                newest = Stacked(cast(Any, None), self._newest.as_arrays())
            sent = cloudpickle.dumps((self.recipe, None, newest))
        return self.store, sent

    def __setstate__(self, state: tuple[Store, bytes]) -> None:
        recipe, job, newest = pickle.loads(state[1])
        self.__init__(state[0], recipe, job)
        if newest is not None:
            self._newest = newest

    @cached_property
    def job(self) -> Job:
        """What grew: the learner, and all that says how it was grown."""
        recipe = self.recipe or stored_recipe(self.store)
        prepare(recipe.executor.devices)  # a learner may compute when it is made
        return stored_job(self.store, recipe)

    @property
    def folder(self) -> Path:
        """Where the run lies."""
        return self.store.folder

    @property
    def status(self) -> str:
        """Whether it is `finished`, `interrupted`, `failed`, or `growing` still."""
        return str(self.store.run().get("status", "created"))

    @property
    def note(self) -> str:
        """What is noted of it; "" for nothing. Set it to note something else."""
        return read_note(self.folder)

    @note.setter
    def note(self, text: str) -> None:
        write_note(self.folder, text)

    @cached_property
    def population(self) -> Population[Any]:
        """The members as of the newest checkpoint, NumPy arrays. Raises `StoreError` when there is
        none.
        """
        return self._newest.as_arrays().population

    @cached_property
    def _newest(self) -> Snapshot:
        """The newest checkpoint's snapshot, of a bare learner as it can be read without it."""
        known = self.recipe or "job" in vars(self) or self.store.run().get("recipe")
        job = self.job if known else None
        return read_newest(self.folder, job, self.store.rounds() - 1, thorough=False)[1]

    @property
    def _words(self) -> dict[str, dict[float, Any]]:
        """The words that hypers are chosen from, each by its number."""
        space = self.store.run().get("space") or {}
        options = {path: spec.get("options") or [] for path, spec in space.items()}
        return {
            path: {float(i): word for i, word in enumerate(words)}
            for path, words in options.items()
            if not all(isinstance(word, int | float) for word in words)
        }

    @property
    def best(self) -> Member:
        """The member with the highest score."""
        return self.member(int(np.argmax(self._newest.population.score)))

    def member(self, slot: int) -> Member:
        """Return the member in a slot."""
        population = self._newest.population
        size = len(population.score)
        if not 0 <= slot < size:
            raise ConfigError(
                f"there is no slot {slot}",
                where=str(self.folder),
                hint=f"use 0 to {size - 1}",
            )
        hypers = jax.tree.map(lambda x: x[slot], population.hypers)
        hypers = own_choices(hypers, self._words)
        return Member(slot, self._newest.member(slot), hypers, float(population.score[slot]))

    def product(self, slot: int | None = None) -> Product:
        """Return what a person wants of a member (the best one): a policy, a predictor. Recipes
        alone know it. That of a finished run's best member is read as it was kept.
        """
        kept = kept_product(self.store) if slot is None else None
        if kept is not None:
            return kept
        if self.recipe is None:
            raise ConfigError(
                "this run was grown from a bare learner, whose product is not known",
                where=str(self.folder),
                hint=f"its state is there, in Python: og.load({self.folder.name!r}).best.state; "
                "what is exported is what a recipe's winner becomes",
            )
        member = self.best if slot is None else self.member(slot)
        return self.recipe.product(member.state)

    @overload
    def metrics(self, frame: None = None) -> dict[str, np.ndarray]: ...

    @overload
    def metrics(self, frame: Literal["pandas", "polars"]) -> Any: ...

    def metrics(self, frame: Literal["pandas", "polars"] | None = None) -> Any:
        """Return every recorded metric, each [rounds, pop], NaN where nothing was recorded.

        As a `frame`, there is a row for each member of each round: its `round`, `slot` and metrics.
        Raises `MissingExtra` where what makes frames is not installed.
        """
        with self.store.opened() as store:
            found = {name: store.metric(name) for name in store.metric_names()}
        return found if frame is None else metrics_frame(found, frame)

    @property
    def plot(self) -> Plots:
        """Its figures: `run.plot.scores()`, `.lineage()`, `.schedules()` and more, of plotly."""
        from ontogeny.views.growth.plots import Plots

        return Plots(self.store)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from ontogeny.views.growth.card import card_html
        from ontogeny.views.growth.record import read_record

        try:
            return card_html(read_record(self.store))
        except StoreError as error:
            return f"<b>{escape(str(self.folder))}</b>: {escape(error.what)}"

    def lineage(self) -> list[Heir]:
        """Return everyone who inherited or began anew, in order."""
        return self.store.heirs()

    def report(self, path: Path | str | None = None, beside: Path | str | None = None) -> Path:
        """Write the report, one HTML file, and return where (`report.html` in the run's folder).
        `beside` is a run of the same task that it is held against, one from scratch say.
        """
        with self.store.opened() as store:
            return report(store, absolute(path) if path else self.folder / "report.html", beside)


def load(folder: Path | str) -> Run:
    """Return a run by its folder, its name in the runs folder, or "last".

    That of a bare learner has no product, and its states are nested dictionaries of arrays.

    >>> run = og.grow("quadratic", population=4, rounds=2, steps=5, progress=False)
    >>> og.load("quadratic-1").best.score == og.load("last").best.score == run.best.score
    True
    """
    store = Store(find_run(folder))
    return Run(store, stored_recipe(store) if store.run().get("recipe") else None)


def runs(folder: Path | str | None = None) -> list[Run]:
    """Return all runs in a folder (the runs folder), the most recently written last. One that can't
    be read is left out, with a warning.

    >>> run = og.grow("quadratic", population=4, rounds=2, steps=5, progress=False)
    >>> [run.folder.name for run in og.runs()]
    ['quadratic-1']
    """
    found: list[Run] = []
    for place in list_runs(folder):
        try:
            found.append(load(place))
        except OntogenyError as error:
            said = f"{place}: it is left out, since it can't be read ({error.what})"
            warnings.warn(visible(said), stacklevel=2)
    return found


def report(store: Store, path: Path, beside: Path | str | None = None) -> Path:
    """Write a run's report, with the figures that its recipe gives: the story of the run, and the
    portrait of its winner once it is finished; and held against the run `beside`. Return where.
    """
    from ontogeny.views.growth.record import read_record
    from ontogeny.views.growth.report import write_report

    other = None
    if beside is not None:
        with Store(find_run(beside)) as its:
            other = read_record(its)
    if not store.run().get("recipe"):
        return write_report(store, path, beside=other)
    recipe, portrait, note = stored_recipe(store), (), ""
    # Without a portrait nothing need be compiled.
    if store.run().get("status") == "finished" and type(recipe).portrait is not Recipe.portrait:
        try:
            portrait = recipe.portrait(Run(store, recipe).product())
        except OntogenyError as error:  # what was recorded is told all the same
            note = f"What the winner has become can't be shown: {error.what}"
    return write_report(store, path, portrait, recipe.story, note, other)


def stored_recipe(store: Store) -> Recipe:
    """Return the recipe that a run was grown from. Raises `ConfigError` for a run of a bare
    learner.
    """
    run = store.run()
    if not run.get("recipe"):
        raise ConfigError(
            "this run was grown from a learner in Python, which can't be found from here",
            where=str(store.folder),
            hint="call og.grow again as it was called, with "
            f"folder={str(store.folder)!r}: it goes on from there",
        )
    return recipe_class(run["recipe"]).from_json(run["fields"])


def stored_job(store: Store, recipe: Recipe, rounds: int | None = None) -> Job:
    """Return what a run of the recipe grows, to `rounds` when given. That of a replay has a
    schedule, which lies in the run's folder. The machine is to be prepared: see `Recipe.job`.
    """
    job = recipe.job() if rounds is None else recipe.job()._replace(rounds=rounds)
    if store.run().get("replay"):
        planned = int(store.run()["rounds"]) if rounds is None else rounds
        return along(job, read_schedule(store.folder, job), planned)
    return job
