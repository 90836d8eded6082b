"""`distill`: a grown agent as the teacher of another."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontogeny.cli.fields import parse_fields
from ontogeny.cli.growth import Keeping, grow_and_tell
from ontogeny.core.errors import ConfigError

if TYPE_CHECKING:
    from ontogeny.recipes.distillation import Distillation


@dataclass(frozen=True)
class Distilling(Keeping):
    """Where the run is kept, and whose fields the student has."""

    student: str | None = None
    """The agents' recipe whose fields are the student's, unless said otherwise; without one they
    are those that the teacher was grown with."""


def distill(arguments: list[str]) -> int:
    """Grow students of a teacher."""
    from ontogeny.learners.teaching.rules import ABOUT

    first = _student(arguments)
    rules = [f"  {name:24}{said}" for name, said in ABOUT.items()]
    about = "\n".join([inspect.cleandoc(first.__doc__ or ""), "", "rules:", *rules])
    chosen = parse_fields(first, "distill", arguments, Distilling, about)
    return grow_and_tell(chosen.recipe, chosen.options, ["distill", *arguments])


def _student(arguments: Sequence[str]) -> Distillation:
    """Return the student before its fields are read. Raises `ConfigError` for a recipe that is no
    agents', and what reading the teacher raises.
    """
    from ontogeny.learners.agents.policy import Policy
    from ontogeny.recipes import RECIPES, recipe_class
    from ontogeny.recipes.agents import Agents
    from ontogeny.recipes.distillation import Distillation
    from ontogeny.recipes.products import load_product
    from ontogeny.run import load

    named, teachers = _given("--student", arguments)[-1:], _given("--teacher", arguments)
    if named:
        recipe = recipe_class(named[0])()
        if not isinstance(recipe, Agents) or isinstance(recipe, Distillation):
            agents = [name for name, entry in RECIPES.items() if entry.module == "agents"]
            raise ConfigError(
                f"the recipe {named[0]!r} grows no agents",
                where="--student",
                hint=f"use one of {', '.join(agents)}",
            )
        return Distillation.of(recipe)
    if not teachers:
        return Distillation()
    policy = load_product(teachers[0])
    with suppress(ConfigError):  # no run of a recipe, but a policy that was saved
        grown = load(teachers[0]).recipe
        if isinstance(grown, Agents):
            return Distillation.of(grown)
    if not isinstance(policy, Policy):
        return Distillation()
    return Distillation(world=policy.world.name, agent=policy.config)


def _given(option: str, arguments: Sequence[str]) -> list[str]:
    """Return what follows the option, up to the next one, the last time that it is given."""
    found: list[str] = []
    reading = False
    for word in arguments:
        if word.startswith("--"):
            name, _, value = word.partition("=")
            reading = name == option
            found = ([value] if value else []) if reading else found
        elif reading:
            found.append(word)
    return found
