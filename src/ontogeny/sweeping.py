"""Runs of one recipe, grown one after another: of several seeds, and of several values a field.

One that fails does not take the others with it. Those whose programs are the same are compiled
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ontogeny.growth import Watched, grow_recipe
from ontogeny.recipes.recipe import Recipe
from ontogeny.run import Run
from ontogeny.runtime.programs import Programs


class Planned(NamedTuple):
    """A run of a sweep, before it is grown."""

    recipe: Recipe
    settings: dict[str, str]  # what tells it from the others, as it was written
    folder: Path
    repeat: str | None = None  # the command that grows it alone


class Outcome(NamedTuple):
    """What came of it."""

    planned: Planned
    run: Run | None  # None where it failed
    error: Exception | None


def grow_each(
    planned: Sequence[Planned], watched: Callable[[Planned], Watched]
) -> Iterator[Outcome]:
    """Grow each in turn, looked on by whom `watched` says, and yield what came of it. A run that is
    in its folder already goes on from where it stands. What ends the process (Ctrl-C) is raised.
    """
    programs = Programs()
    for one in planned:
        try:
            run = grow_recipe(
                one.recipe, one.folder, watched(one), repeat=one.repeat, programs=programs
            )
        except Exception as error:  # the others are grown all the same, and it is told of
            yield Outcome(one, None, error)
        else:
            yield Outcome(one, run, None)


def combined(over: Iterable[tuple[str, Sequence[str]]]) -> list[dict[str, str]]:
    """Return every combination of the values of the fields, the last field's the fastest.

    >>> from ontogeny.sweeping import combined
    >>> combined([("population", ["4", "8"]), ("steps", ["5"])])
    [{'population': '4', 'steps': '5'}, {'population': '8', 'steps': '5'}]
    """
    found: list[dict[str, str]] = [{}]
    for name, values in over:
        found = [{**one, name: value} for one in found for value in values]
    return found
