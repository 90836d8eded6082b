"""A run read once from its store, as arrays: what every view of it is drawn from."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.core.former_names import under_todays_names
from ontogeny.core.metrics import BIRTH, HYPERS
from ontogeny.runtime.limits import ENOUGH
from ontogeny.runtime.storage.folders import run_name
from ontogeny.runtime.storage.notes import read_note
from ontogeny.runtime.storage.rows import BARE
from ontogeny.runtime.storage.store import Artifact, Event, Store
from ontogeny.views.growth import lineage

RECENT = 20  # rounds over which speed is measured: enough to be steady, few enough to be of now
OLD_BIRTH = "before"  # what `BIRTH` was called
OLD_HIDDEN = "season"  # the one hyper that was hidden, by its name
"""In runs whose space does not say what is shown."""


class Record:
    """What a store holds, every array [rounds, pop]. What follows from it is computed when first
    asked for.
    """

    def __init__(
        self,
        run: dict[str, Any],
        score: Float[np.ndarray, "rounds pop"],
        parent: Int[np.ndarray, "rounds pop"],
        hypers: dict[str, Float[np.ndarray, "rounds pop"]],
        seconds: Float[np.ndarray, " rounds"],
        *,
        before: Int[np.ndarray, "rounds pop"] | None = None,
        innate: Float[np.ndarray, "rounds pop"] | None = None,
        parted: dict[str, dict[str, Float[np.ndarray, "rounds pop"]]] | None = None,
        folder: Path = Path(),
        metrics: list[str] | None = None,
        events: list[Event] | None = None,
        artifacts: list[Artifact] | None = None,
        store: Store | None = None,
    ):
        self.run, self.score, self.parent, self.hypers = run, score, parent, hypers
        self.before, self.seconds, self.folder = before, seconds, folder
        self.store = store  # that it was read from, and further metrics are
        self.innate = innate  # scores before learning, where members begin each round anew
        self.parted = parted or {}  # metrics of several parts, as `return/easy` and `return/hard`
        self.metrics, self.events, self.artifacts = metrics or [], events or [], artifacts or []

    @property
    def traits(self) -> dict[str, Float[np.ndarray, "rounds pop"]]:
        """The hypers that tell of a member: those that the space shows."""
        return {
            name: values
            for name, values in self.hypers.items()
            if self.spec(name).get("shown", name != OLD_HIDDEN)
        }

    @property
    def rounds(self) -> int:
        """Rounds recorded."""
        return self.score.shape[0]

    @property
    def pop(self) -> int:
        """Members."""
        return self.score.shape[1]

    @property
    def name(self) -> str:
        """What the run is found by in the runs folder."""
        return run_name(self.folder)

    @property
    def title(self) -> str:
        """What was grown: the recipe's name, or the folder's."""
        return str(self.run.get("recipe") or self.folder.name or "run")

    @property
    def fields(self) -> dict[str, Any]:
        """What it was grown with: the recipe's fields, by the names that they have today; of a bare
        learner all that is known of it.
        """
        if "learner" in self.run and not self.run.get("fields"):
            told = ("population", "rounds", "steps", "seed", *BARE)
            return {name: self.run[name] for name in told}
        return under_todays_names(self.run.get("fields") or {})

    @property
    def planned(self) -> int:
        """Rounds that the run is to have."""
        return int(self.run.get("rounds") or self.fields.get("rounds", self.rounds))

    @property
    def steps(self) -> int | None:
        """Updates a round; None when the run doesn't say."""
        steps = self.fields.get("steps")
        return None if steps is None else int(steps)

    @property
    def status(self) -> str:
        """`growing`, `finished`, `interrupted` or `failed`; `new` before the first round."""
        return str(self.run.get("status", "new"))

    @property
    def note(self) -> str:
        """What its people noted of it; "" for nothing."""
        return "" if self.folder == Path() else read_note(self.folder)

    @property
    def enough(self) -> str:
        """Why it ended before its last round of its own (time, score); "" where it did not."""
        ends = [event for event in self.events if event.kind in (ENOUGH, "interrupted", "resumed")]
        own = self.status == "interrupted" and ends and ends[-1].kind == ENOUGH
        return ends[-1].detail if own else ""

    @cached_property
    def lived(self) -> Bool[np.ndarray, "rounds pop"]:
        """Whose round it was: in an asynchronous run not everybody's."""
        return ~np.isnan(self.score)

    @cached_property
    def finite(self) -> Float[np.ndarray, "rounds pop"]:
        """The scores, NaN for the dead."""
        return np.where(np.isfinite(self.score), self.score, np.nan)

    @cached_property
    def last(self) -> Float[np.ndarray, " pop"]:
        """Each slot's last score."""
        return lineage.last_scores(self.score)

    @cached_property
    def winner(self) -> int | None:
        """The slot of the best last score; None when nobody is alive."""
        return lineage.winner(self.score)

    @cached_property
    def line(self) -> lineage.Line:
        """The winner's ancestry, oldest first; empty when nobody is alive."""
        if self.winner is None:
            return []
        last = lineage.last_round(self.score, self.winner)
        return lineage.trace(self.parent, self.winner, last, self.before)

    @cached_property
    def founder(self) -> Int[np.ndarray, "rounds pop"]:
        """The first member that each descends from."""
        return lineage.founders(self.parent, self.before)

    @cached_property
    def founders_alive(self) -> Int[np.ndarray, " rounds"]:
        """How many first members have living descendants in each round."""
        return lineage.founders_alive(self.founder, ~np.isneginf(self.score))

    @cached_property
    def moved(self) -> Bool[np.ndarray, "rounds pop"]:
        """Who inherited or began anew at the start of each round; nobody in round 0."""
        moved = self.parent != np.arange(self.pop)
        moved[:1] = False
        return moved

    @cached_property
    def dead(self) -> Bool[np.ndarray, "rounds pop"]:
        """Who was dead at the end of each round."""
        return np.isneginf(self.score)

    @property
    def unit(self) -> tuple[str, float] | None:
        """The unit that a person counts and how many of it one update of one member is; None when
        unknown.
        """
        if self.steps is None:
            return None
        units = self.run.get("units") or {}
        name, each = next(iter(units.items()), ("updates", 1.0))
        return str(name).replace("_", " "), float(each)

    @cached_property
    def work(self) -> Float[np.ndarray, " rounds"] | None:
        """Units that all members did in each round; None when the run doesn't say how many steps a
        round has.
        """
        if self.unit is None or self.steps is None:
            return None
        return self.lived.sum(axis=1) * self.unit[1] * self.steps

    @property
    def pace(self) -> float | None:
        """Seconds that a round took of late; None where the run doesn't say."""
        took = self.seconds[-RECENT:]
        took = took[took > 0]
        return float(took.mean()) if took.size else None

    @property
    def speed(self) -> float | None:
        """Units that all members did a second of late; None where the run doesn't say."""
        if self.work is None or self.pace is None:
            return None
        return float(self.work[-RECENT:][self.seconds[-RECENT:] > 0].mean()) / self.pace

    @property
    def done(self) -> Float[np.ndarray, " rounds"]:
        """What one member had done by the end of each round, in the run's unit."""
        each = self.unit[1] if self.unit else 1.0
        return each * (self.steps or 1) * np.arange(1.0, self.rounds + 1)

    def metric(self, name: str) -> Float[np.ndarray, "rounds pop"]:
        """Return a metric, NaN where nothing was recorded. Raises `StoreError` when it can't be
        read.
        """
        store = Store(self.folder) if self.store is None else self.store
        return _fill(store.metric(name), self.rounds, self.pop)

    def spec(self, name: str) -> dict[str, Any]:
        """Return what the run's space says of a hyper (`kind`, `low`, `high`), or nothing."""
        space = self.run.get("space") or {}
        while name and name not in space:
            name = name.rpartition(".")[0]  # an element of an array-shaped hyper is called `name.3`
        found = space.get(name, {})
        return found if isinstance(found, dict) else {}


def read_record(store: Store, hypers: bool = True) -> Record:
    """Return the run that the store holds; without its hypers where only the scores are asked for,
    which is sooner. Raises `StoreError` when it can't be read, or is not what was written (of which
    the scores alone can't tell).
    """
    with store.opened() as opened:
        if hypers:
            opened.check()
        run, rounds, heirs = opened.run(), opened.rounds(), opened.heirs()
        recorded = opened.metric("score")
        stated = (run.get("fields") or run).get("population", 0)  # of a bare learner no field
        pop = max(recorded.shape[1] if rounds else 1, int(stated or 0))
        opened.check_extent(rounds, pop)
        score = _fill(recorded, rounds, pop)
        names = opened.metric_names()
        tables = {
            name.removeprefix(HYPERS): _fill(opened.metric(name), rounds, pop)
            for name in names
            if hypers and name.startswith(HYPERS)
        }
        return Record(
            run,
            score,
            lineage.parents(heirs, rounds, pop, score),
            tables,
            _fill(opened.metric("seconds"), rounds, 1)[:, 0],
            before=lineage.parent_rounds(heirs, rounds, pop),
            innate=_innate(opened, run, names, rounds, pop),
            parted=_parted(opened, names, rounds, pop) if hypers else None,
            folder=store.folder,
            metrics=names,
            events=opened.events(),
            artifacts=opened.artifacts(),
            store=store,
        )


def _innate(
    store: Store, run: dict[str, Any], names: list[str], rounds: int, pop: int
) -> Float[np.ndarray, "rounds pop"] | None:
    """Return the scores at birth, where there are any; a run that was begun when they had another
    name may hold both.
    """
    space = run.get("space") or {}
    old = bool(space) and all("shown" not in spec for spec in space.values())
    called = [name for name in ((OLD_BIRTH,) if old else ()) + (BIRTH,) if name in names]
    found = [_fill(store.metric(name), rounds, pop) for name in called]
    return np.where(np.isnan(found[0]), found[-1], found[0]) if found else None


def _parted(
    store: Store, names: list[str], rounds: int, pop: int
) -> dict[str, dict[str, Float[np.ndarray, "rounds pop"]]]:
    """Return the metrics that have several parts, by their own name and that of the part."""
    parted: dict[str, list[str]] = {}
    for name in names:
        metric, slash, part = name.partition("/")
        if slash:
            parted.setdefault(metric, []).append(part)
    return {
        metric: {part: _fill(store.metric(f"{metric}/{part}"), rounds, pop) for part in parts}
        for metric, parts in parted.items()
        if len(parts) > 1
    }


def _fill(values: np.ndarray, rounds: int, pop: int) -> np.ndarray:
    """Return the array with the run's full shape: in an asynchronous run, some slots come late."""
    whole = np.full((rounds, pop), np.nan)
    rows, columns = min(rounds, values.shape[0]), min(pop, values.shape[1])
    whole[:rows, :columns] = values[:rows, :columns]
    return whole
