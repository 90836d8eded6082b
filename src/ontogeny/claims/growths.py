"""A recipe's growth of which nothing is recorded: how a claim about what grows is measured."""

from __future__ import annotations

from collections.abc import Iterator

from ontogeny.recipes.recipe import Recipe
from ontogeny.runtime.executor import Lived
from ontogeny.runtime.machine import prepare


def grow_rounds(recipe: Recipe) -> Iterator[Lived]:
    """Return the recipe's rounds, from its own executor; it is compiled before the first is asked
    for.
    """
    prepare(recipe.executor.devices)
    return recipe.executor.prepare(recipe.job()).rounds()
