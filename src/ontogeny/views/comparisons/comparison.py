"""Runs held against each other: how good each group of them is in the end, and how likely one of
one group beats one of another.

A group is the runs whose settings agree but for the seed. What counts of a run is one number, its
final score; what is said of a group is the interquartile mean of its runs' numbers, with a
bootstrap interval that draws the runs of each task anew.

Source: Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice"
(arXiv 2108.13264).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from ontogeny.core.errors import ConfigError, OntogenyError, unknown
from ontogeny.ops.statistics import (
    Interval,
    interquartile_mean,
    probability_of_improvement,
    stratified_interval,
)
from ontogeny.runtime.storage.folders import find_runs, list_runs, runs_folder
from ontogeny.runtime.storage.store import Store
from ontogeny.views.comparisons.contenders import (
    FEW,
    Contender,
    Score,
    differs,
    label,
    read_contender,
    whole_name,
)
from ontogeny.views.quantities import count

# fields that say what is learnt: across them scores mean nothing
TASK = ("recipe", "world", "learner.score")


Strata: TypeAlias = Mapping[str, np.ndarray]  # the final scores of a group's runs, by task


class Group(NamedTuple):
    """Runs that are alike. `score` is the interquartile mean of their final scores."""

    name: str
    runs: list[Contender]
    score: Interval


class Improvement(NamedTuple):
    """How likely a run of one group is better than a run of another."""

    above: str
    below: str
    probability: Interval


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Groups, best first, and what is known of every pair of them."""

    groups: list[Group]
    improvements: list[Improvement]
    fields: list[str]  # that tell the groups apart
    tasks: list[str]  # one "" where all runs have one task
    score: Score
    notes: list[str]  # what a reader must know before believing the numbers

    def to_json(self) -> dict[str, Any]:
        """Return everything but the courses, as JSON values."""
        return {
            "score": self.score,
            "fields": self.fields,
            "tasks": [task for task in self.tasks if task],
            "groups": [
                {
                    "group": group.name,
                    "runs": [
                        {"name": run.name, "folder": str(run.folder), "final": run.final}
                        for run in group.runs
                    ],
                    "iqm": group.score._asdict(),
                }
                for group in self.groups
            ],
            "improvements": [
                {"above": one.above, "below": one.below, **one.probability._asdict()}
                for one in self.improvements
            ],
            "notes": self.notes,
        }

    def write(self, path: Path | str) -> Path:
        """Write the comparison as one HTML file, and return where. Raises `StoreError`."""
        from ontogeny.views.comparisons.comparison_page import write_comparison

        return write_comparison(self, Path(path))

    def __str__(self) -> str:
        lines = [f"{group.name}: {group.score}, {count(len(group.runs), 'run')}" for group in self]
        lines += [f"{i.above} over {i.below}: {i.probability}" for i in self.improvements]
        return "\n".join([*lines, *self.notes])

    def __iter__(self) -> Iterator[Group]:
        return iter(self.groups)


class Recorded(Protocol):
    """What has a folder in which it is recorded, such as `og.Run`."""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        ...


def compare(
    runs: Sequence[Recorded | Path | str] = (),
    *,
    recipe: str | None = None,
    by: Sequence[str] = (),
    tasks: Sequence[str] = (),
    score: Score = "best",
) -> Comparison:
    """Return how runs (`Run`s, folders, or names in the runs folder) compare. A name may be a
    pattern, `mine-*`, and `recipe` stands for all runs of it in the runs folder: of these, runs
    that can't be compared are left out, and a note says so.

    `by` names the fields that make the groups; when none is given, all that differ do, but for the
    seed. `tasks` names the fields that say which task a run had (`recipe` is one): scores of
    several tasks are put on a scale from the worst run's, 0, to the best run's, 1. `score` says
    what counts of a run's members: the best one's last score, their median, or their mean. Raises
    `ConfigError` for runs that can't be compared, and says why.

    >>> for rounds in (2, 3):
    ...     run = og.grow("quadratic", population=4, rounds=rounds, steps=5, progress=False)
    >>> comparison = og.compare(["quadratic-1", "quadratic-2"])
    >>> [group.name for group in comparison]
    ['rounds 3', 'rounds 2']
    """
    contenders, left_out = _contenders(runs, recipe, score)
    known = sorted({name for run in contenders for name in run.settings})
    apart = [whole_name(name, known) for name in tasks]
    fields = [whole_name(name, known) for name in by]
    _refuse_other_tasks(contenders, {*apart, *fields})
    if not by:
        each = [run.settings for run in contenders]
        fields = [name for name in known if name not in apart and differs(name, each)]
    of_task: dict[str, list[Contender]] = {}
    groups: dict[str, dict[str, list[Contender]]] = {}
    for run in sorted(contenders, key=lambda run: label(run.settings, apart)):
        task = label(run.settings, apart) if apart else ""
        of_task.setdefault(task, []).append(run)
        groups.setdefault(label(run.settings, fields), {}).setdefault(task, []).append(run)
    scales = {task: _scale(found, len(of_task)) for task, found in of_task.items()}
    finals: dict[str, Strata] = {
        name: {
            task: np.array([(run.final - scales[task][0]) / scales[task][1] for run in found])
            for task, found in by_task.items()
        }
        for name, by_task in groups.items()
    }
    ranked = [
        Group(
            name,
            [run for found in by_task.values() for run in found],
            _centre(list(finals[name].values())),
        )
        for name, by_task in groups.items()
    ]
    ranked.sort(key=lambda group: -group.score.value)
    improvements = [
        Improvement(a, b, _improvement(finals[a], finals[b]))
        for a, b in combinations([group.name for group in ranked], 2)
        if finals[a].keys() & finals[b].keys()
    ]
    notes = _notes(ranked, finals, sorted(of_task))
    notes += [f"Left out: {'; '.join(left_out)}."] if left_out else []
    return Comparison(ranked, improvements, fields, sorted(of_task), score, notes)


def _contenders(
    runs: Sequence[Recorded | Path | str], recipe: str | None, score: Score
) -> tuple[list[Contender], list[str]]:
    """Return the runs that are meant, and why some of those that a pattern or the recipe stands for
    are left out. Raises `ConfigError` when a run that was named can't be compared, or none can.
    """
    named: list[Path] = []
    meant: list[Path] = []
    for run in runs:
        found = find_runs(run if isinstance(run, Path | str) else run.folder)
        if len(found) == 1 and found[0] in named:
            raise ConfigError(f"{found[0].name} was given twice", where="compare")
        (named if len(found) == 1 else meant).extend(found)
    meant += [] if recipe is None else _runs_of(recipe)
    contenders: list[Contender] = []
    refused: list[ConfigError] = []
    for folder in dict.fromkeys([*named, *meant]):
        try:
            contenders.append(read_contender(folder, score))
        except ConfigError as error:
            if folder in named:
                raise
            refused.append(error)
    if refused and not contenders:
        raise refused[0]
    if not contenders:
        raise ConfigError("no runs were given", where="compare", hint="name two or more")
    return contenders, [error.what for error in refused]


def _runs_of(recipe: str) -> list[Path]:
    """Return the runs of a recipe in the runs folder. Raises `ConfigError` when there are none."""
    grown: dict[Path, str] = {}
    for folder in list_runs():
        with suppress(OntogenyError), Store(folder) as store:  # one that can't be read is no help
            grown[folder] = str(store.run().get("recipe"))
    if recipe not in grown.values():
        raise unknown("recipe's run", recipe, sorted(set(grown.values())), str(runs_folder()))
    return [folder for folder, its in grown.items() if its == recipe]


def _refuse_other_tasks(runs: Sequence[Contender], asked: set[str]) -> None:
    """Raise `ConfigError` when the runs have different tasks, and nobody said that they may."""
    for name in TASK:
        found = sorted({str(run.settings.get(name)) for run in runs})
        if len(found) > 1 and name not in asked:
            raise ConfigError(
                f"these are runs of different tasks: {', '.join(found)}",
                where=f"compare, field {name}",
                hint=f"their scores say nothing of each other; leave some out, or compare over "
                f"several tasks with: --tasks {name}",
            )


def _scale(runs: Sequence[Contender], n_tasks: int) -> tuple[float, float]:
    """Return a task's zero and unit: the worst final score and the span to the best; 0 and 1 where
    it is the only task.
    """
    finals = [run.final for run in runs]
    return (min(finals), (max(finals) - min(finals)) or 1.0) if n_tasks > 1 else (0.0, 1.0)


def _centre(strata: Sequence[np.ndarray]) -> Interval:
    return stratified_interval(
        strata, lambda drawn: interquartile_mean(np.concatenate(drawn, axis=-1))
    )


def _improvement(above: Strata, below: Strata) -> Interval:
    shared = sorted(above.keys() & below.keys())

    def mean_over_tasks(drawn: Sequence[np.ndarray]) -> np.ndarray:
        pairs = zip(drawn[: len(shared)], drawn[len(shared) :], strict=True)
        return np.mean([probability_of_improvement(a, b) for a, b in pairs], axis=0)

    strata = [above[task] for task in shared] + [below[task] for task in shared]
    return stratified_interval(strata, mean_over_tasks)


def _notes(
    groups: Sequence[Group], finals: Mapping[str, Strata], tasks: Sequence[str]
) -> list[str]:
    notes: list[str] = []
    if len(groups) == 1:
        notes.append(
            "All runs have the same settings but for the seed: there is one group, and nothing to "
            "compare."
        )
    fewest = {group.name: _fewest(finals[group.name]) for group in groups}
    if single := [name for name, runs in fewest.items() if runs == 1]:
        notes.append(
            f"One run of a task says nothing of other seeds, so it has no interval"
            f"{_which(single, groups)}."
        )
    if few := [name for name, runs in fewest.items() if 1 < runs < FEW]:
        notes.append(
            f"With fewer than {FEW} runs of a task an interval is about their range, which is too "
            f"narrow{_which(few, groups)}."
        )
    for group in groups:
        alike = {(str(run.seed), str(sorted(run.settings.items()))) for run in group.runs}
        if len(alike) < len(group.runs):
            notes.append(
                f"Some runs have the same settings and seed, so they are not independent: "
                f"{group.name}."
            )
    every = [run for group in groups for run in group.runs]
    if early := [f"{run.name} ({run.enough})" for run in every if run.enough]:
        notes.append(f"Some runs were stopped before their last round: {', '.join(early)}.")
    if untold := [run.name for run in every if set(run.settings) == {"recipe"}]:
        notes.append(
            "Earlier versions did not say which learner they grew, nor how, so whether these are "
            f"alike is not known: {', '.join(untold)}."
        )
    if len(tasks) > 1:
        notes.append("Scores are scaled in each task from the worst run's, 0, to the best's, 1.")
        if uneven := [name for name, found in finals.items() if len(found) < len(tasks)]:
            notes.append(f"Not every task was run by: {'; '.join(uneven)}.")
    return notes


def _which(names: Sequence[str], groups: Sequence[Group]) -> str:
    return f": {'; '.join(names)}" if len(groups) > 1 else ""  # an only group is all that is meant


def _fewest(strata: Strata) -> int:
    return min(values.size for values in strata.values())
