"""`distill`, and `grow` of recipes whose agents have a grown one for a teacher."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontogeny.cli.fields import parse_fields, parted
from ontogeny.cli.growth import Growing, grow_and_tell
from ontogeny.cli.joining import join_hosts
from ontogeny.core.errors import ConfigError

if TYPE_CHECKING:
    from ontogeny.recipes.distillation import Distillation


@dataclass(frozen=True)
class Distilling(Growing):
    """Where the run is kept, who grows it, and whose fields the student has."""

    student: str | None = None
    """The agents' recipe whose fields are the student's, unless said otherwise; without one they
    are those that the teacher was grown with."""


def distill(arguments: list[str]) -> int:
    """Grow students of a teacher."""
    join_hosts(arguments)
    return grow_taught("distillation", "distill", arguments, ["distill"])


def grow_taught(name: str, verb: str, arguments: list[str], words: Sequence[str]) -> int:
    """Grow the recipe of this name, whose fields are the student's; `words` are the command's
    before the arguments.
    """
    from ontogeny.learners.teaching.rules import ABOUT

    def read(arguments: Sequence[str]) -> Any:
        teachers, rest = parted("--teacher", arguments)
        arguments = [*rest, "--teacher", *teachers] if teachers else arguments
        first = _student(name, arguments)
        rules = [f"  {rule:24}{said}" for rule, said in ABOUT.items()]
        about = "\n".join([inspect.cleandoc(first.__doc__ or ""), "", "rules:", *rules])
        return parse_fields(first, verb, arguments, Distilling, about)

    return grow_and_tell(read, arguments, words)


def _student(name: str, arguments: Sequence[str]) -> Distillation:
    """Return the student before its fields are read. Raises `ConfigError` for a recipe that is no
    agents', and what reading the teacher raises.
    """
    from ontogeny.learners.agents.policy import Policy
    from ontogeny.recipes import RECIPES, recipe_class
    from ontogeny.recipes.agents import Agents
    from ontogeny.recipes.distillation import Distillation
    from ontogeny.recipes.products import load_product
    from ontogeny.recipes.teachers import named
    from ontogeny.run import load

    kind: Any = recipe_class(name)
    asked, teachers = (parted(option, arguments)[0] for option in ("--student", "--teacher"))
    if asked:
        recipe = recipe_class(asked[-1])()
        if not isinstance(recipe, Agents) or isinstance(recipe, Distillation):
            agents = [name for name, entry in RECIPES.items() if entry.module == "agents"]
            raise ConfigError(
                f"the recipe {asked[-1]!r} grows no agents",
                where="--student",
                hint=f"use one of {', '.join(agents)}",
            )
        return kind.of(recipe)
    if not teachers:
        return kind()
    place = named(teachers[0])[1]
    policy = load_product(place)
    with suppress(ConfigError):  # no run of a recipe, but a policy that was saved
        grown = load(place).recipe
        if isinstance(grown, Agents):
            return kind.of(grown)
    if not isinstance(policy, Policy):
        return kind()
    return kind(world=policy.world.name, agent=policy.config)
