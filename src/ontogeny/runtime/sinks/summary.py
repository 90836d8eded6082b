"""A round in a few numbers, for trackers that know of one curve and not of a population."""

from __future__ import annotations

import importlib
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool

from ontogeny.core.errors import MissingExtra
from ontogeny.core.trees import dotted
from ontogeny.runtime.driver import flatten_hypers
from ontogeny.runtime.executor import Lived
from ontogeny.runtime.identity import run_id
from ontogeny.runtime.observer import Setting
from ontogeny.runtime.storage.rows import BARE
from ontogeny.runtime.storage.store import Store

LONGEST = 200  # characters of a metric's name for a tracker


class Summed(NamedTuple):
    """A round of the whole population."""

    step: int
    scalars: dict[str, float]  # only finite ones
    columns: dict[str, np.ndarray]  # score, metrics and hypers of every slot, NaN where unknown


class Summary:
    """Sums rounds up: the best, median and worst score; of every metric and hyper the winner's
    value and the median; who moved and died.

    Members that live on their own clocks are summed up each time that as many rounds were lived as
    there are members. `members` adds every slot's own score.
    """

    def __init__(self, setting: Setting, members: bool = False):
        self.pop, self.members = setting.job.population, members
        self.step, self._lived = setting.first - 1, 0
        self._moved = self._dead = 0
        self._seconds = 0.0
        self._columns: dict[str, np.ndarray] = {}

    def note(self, round_: Lived, moved: int, dead: int) -> Summed | None:
        """Take in a round that was recorded; return the sum when one is due."""
        known = {"score": round_.score, **round_.metrics, **flatten_hypers(round_.hypers)}
        return self.take(known, round_.ready, round_.seconds, moved, dead)

    def take(
        self,
        known: Mapping[str, Any],
        ready: Bool[np.ndarray, " pop"],
        seconds: float,
        moved: int,
        dead: int,
    ) -> Summed | None:
        """Take in columns by name, of the slots that are ready; return the sum when one is due."""
        for name, values in known.items():
            column = self._columns.setdefault(name, np.full(self.pop, np.nan))
            column[ready] = np.asarray(values, float)[ready]
        self._moved += moved
        self._dead += dead
        self._seconds += seconds
        self._lived += int(ready.sum())
        if self._lived < self.pop:
            return None
        self.step += self._lived // self.pop
        self._lived %= self.pop
        summed = Summed(self.step, self._scalars(), {n: c.copy() for n, c in self._columns.items()})
        self._moved = self._dead = 0
        self._seconds = 0.0
        return summed

    def _scalars(self) -> dict[str, float]:
        score = self._columns["score"]
        alive = np.isfinite(score)
        scalars: dict[str, float] = {
            "population/moved": self._moved,
            "population/dead": self._dead,
            "population/seconds": self._seconds,
        }
        if alive.any():
            scalars["score/best"] = float(score[alive].max())
            scalars["score/worst"] = float(score[alive].min())
            winner = int(np.argmax(np.where(alive, score, -np.inf)))
            for name, column in self._columns.items():
                seen = column[alive & np.isfinite(column)]
                scalars[f"{name}/median"] = float(np.median(seen)) if seen.size else math.nan
                if name != "score":
                    scalars[f"{name}/winner"] = float(column[winner])
        if self.members:
            scalars |= {f"members/{slot:03d}": float(value) for slot, value in enumerate(score)}
        return {name: value for name, value in scalars.items() if math.isfinite(value)}


def recorded(setting: Setting, first: int, members: bool = False) -> Iterator[Summed]:
    """Yield the rounds from `first` up to where the growth begins, as the store has them: a tracker
    lacks the round that was recorded when its process was killed.
    """
    if first >= setting.first:
        return
    with Store(setting.folder) as store:
        columns = {name: store.metric(name, first) for name in store.metric_names()}
        moved = Counter(heir.round for heir in store.heirs())
    seconds, pop = columns.pop("seconds"), setting.job.population
    for number in range(first, setting.first):
        row = {name: np.full(pop, np.nan) for name in columns}
        for name, column in columns.items():  # where nobody has lived it beyond a slot, narrower
            row[name][: column.shape[1]] = column[number - first]
        dead = int(np.isneginf(row["score"]).sum())
        summary = Summary(setting._replace(first=number), members)
        told = float(seconds[number - first, 0]), moved[number], dead
        if summed := summary.take(row, np.ones(pop, bool), *told):
            yield summed


def settings_of(setting: Setting) -> dict[str, Any]:
    """Return what a run was grown with, for a tracker's table: recipe, fields, seed, machine."""
    with Store(setting.folder) as store:
        run = store.run()
    job = setting.job
    return {
        "recipe": run.get("recipe"),
        "population": job.population,
        "rounds": job.rounds,
        "steps": job.steps,
        "seed": job.seed,
        **dotted(run.get("fields") or {n: run[n] for n in BARE if n in run}),
        **{f"machine.{name}": value for name, value in setting.machine.items()},
    }


def identity_of(setting: Setting) -> str:
    """Return a name for the run that stays when it is resumed or moved, and that no other run
    has.
    """
    with Store(setting.folder) as store:
        return run_id(setting.folder, store.run())


class TrackerNames(dict[str, str]):
    """Names for a tracker that takes letters, digits and `-._/`, each made when it is first asked
    for: other characters become underscores, with a number where that is another's name.
    """

    def __missing__(self, name: str) -> str:
        told = re.sub(r"[^0-9A-Za-z_.\-/]", "_", name)
        parts = [part for part in told.split("/") if part.strip(".")]  # a path must be plain
        plain = "/".join(parts)[:LONGEST] or "_"
        numbered = (f"{plain}_{number}" for number in itertools.count(2))
        free = (one for one in itertools.chain([plain], numbered) if one not in self.values())
        self[name] = next(free)
        return self[name]


def needed(module: str, package: str, sink: str) -> Any:
    """Return the module of a tracker. Raises `MissingExtra` where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"{package} is not installed ({error})",
            where=sink,
            hint=f"pip install {package}; or all trackers: pip install 'ontogeny[trackers]'",
        ) from error
