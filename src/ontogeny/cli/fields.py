"""A recipe's fields as the options of a verb.

Strategies have settings of their own. So the strategy is read first, and the options are those of
the one that was chosen: `ontogeny grow quadratic --strategy pb2 --help` shows PB2's, and no
other's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import field, make_dataclass
from typing import Annotated, Any, Literal

import tyro

from ontogeny.cli.words import parse
from ontogeny.recipes import recipe_class

OPTION = "--strategy"


def parse_recipe(
    name: str, verb: str, arguments: Sequence[str], options: type, about: str | None = None
) -> Any:
    """Return what the arguments make of the recipe called `name` and of the verb's own `options` (a
    dataclass): an object with `recipe` and `options`. Prints help, or what is wrong, and exits.
    """
    from ontogeny.recipes.evolution import STRATEGIES

    first = with_strategy(recipe_class(name)(), arguments)
    choices: Any = Literal[tuple(STRATEGIES)]  # pyright: ignore[reportInvalidTypeForm]
    chosen = " ".join((type(first.evolution).__doc__ or "").split())
    told = f"Who inherits what from whom; --help shows the options of the one chosen. {chosen}"
    read = make_dataclass(
        "Chosen",
        [
            ("recipe", Annotated[type(first), tyro.conf.arg(name="")], field(default=first)),
            (
                "strategy",
                Annotated[choices, tyro.conf.arg(help=told)],
                field(default=first.evolution.name),
            ),
            ("options", Annotated[options, tyro.conf.arg(name="")], field(default_factory=options)),
        ],
    )
    return parse(read, f"{verb} {name}", arguments, about or type(first).__doc__)


def with_strategy(recipe: Any, arguments: Sequence[str]) -> Any:
    """Return the recipe with the strategy that the arguments name, as it is set by default. One
    that there is not changes nothing: the parser will say so.
    """
    from ontogeny.recipes.evolution import STRATEGIES, evolution_class

    named = recipe.evolution.name
    for word, after in zip(arguments, [*arguments[1:], ""], strict=True):
        if word == OPTION or word.startswith(f"{OPTION}="):
            named = word.partition("=")[2] or after
    if named == recipe.evolution.name or named not in STRATEGIES:
        return recipe
    return dataclasses.replace(recipe, evolution=evolution_class(named)())
