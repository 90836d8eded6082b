"""A recipe's fields as the options of a verb.

Strategies and executors have settings of their own. So these are read first, and the options are
those of what was chosen: `ontogeny grow quadratic --strategy pb2 --executor processes --help` shows
PB2's and those of processes, and no other's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import field, make_dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import tyro

from ontogeny.cli.words import parse
from ontogeny.recipes import recipe_class


def parse_recipe(
    name: str, verb: str, arguments: Sequence[str], options: type, about: str | None = None
) -> Any:
    """Return what the arguments make of the recipe called `name` and of the verb's own `options` (a
    dataclass): an object with `recipe` and `options`. Prints help, or what is wrong, and exits.
    """
    return parse_fields(recipe_class(name)(), f"{verb} {name}", arguments, options, about)


def parse_fields(
    recipe: Any, verb: str, arguments: Sequence[str], options: type, about: str | None = None
) -> Any:
    """Return the same of a recipe at hand, whose fields are the defaults."""
    from ontogeny.recipes.executors import EXECUTORS, executor_name
    from ontogeny.recipes.strategies import STRATEGIES

    first = with_executor(with_strategy(recipe, arguments), arguments)
    executors: Any = Literal[tuple(EXECUTORS)]  # pyright: ignore[reportInvalidTypeForm]
    lives = " ".join((type(first.executor).__doc__ or "").split())
    where = f"Where members live; --help shows the options of the one chosen. {lives}"
    choices: Any = Literal[tuple(STRATEGIES)]  # pyright: ignore[reportInvalidTypeForm]
    chosen = " ".join((type(first.strategy).__doc__ or "").split())
    told = f"Who inherits what from whom; --help shows the options of the one chosen. {chosen}"
    read = make_dataclass(
        "Chosen",
        [
            ("recipe", Annotated[type(first), tyro.conf.arg(name="")], field(default=first)),
            (
                "strategy",
                Annotated[choices, tyro.conf.arg(help=told)],
                field(default=first.strategy.name),
            ),
            (
                "executor",
                Annotated[executors, tyro.conf.arg(help=where)],
                field(default=executor_name(first.executor)),
            ),
            ("options", Annotated[options, tyro.conf.arg(name="")], field(default_factory=options)),
        ],
    )
    return parse(read, verb, arguments, about or type(first).__doc__)


def parse_executor(
    verb: str, arguments: Sequence[str], options: type, about: str | None = None
) -> Any:
    """Return what the arguments make of an executor, without a recipe, and of the verb's own
    `options`: an object with `executor` and `options`. Prints help, or what is wrong, and exits.
    """
    from ontogeny.recipes.executors import EXECUTORS

    named = option_value("--executor", arguments)
    kind = EXECUTORS[named if named in EXECUTORS else "vectorised"]
    executors: Any = Literal[tuple(EXECUTORS)]  # pyright: ignore[reportInvalidTypeForm]
    where = "Where members would live; --help shows the options of the one chosen."
    holder = make_dataclass("Holder", [("executor", kind, field(default_factory=kind))])
    read = make_dataclass(
        "Chosen",
        [
            ("held", Annotated[holder, tyro.conf.arg(name="")], field(default_factory=holder)),
            (
                "executor",
                Annotated[executors, tyro.conf.arg(help=where)],
                field(default="vectorised"),
            ),
            ("options", Annotated[options, tyro.conf.arg(name="")], field(default_factory=options)),
        ],
    )
    chosen: Any = parse(read, verb, arguments, about)
    return SimpleNamespace(executor=chosen.held.executor, options=chosen.options)


def with_strategy(recipe: Any, arguments: Sequence[str]) -> Any:
    """Return the recipe with the strategy that the arguments name, as it is set by default. One
    that there is not changes nothing: the parser will say so.
    """
    from ontogeny.recipes.strategies import STRATEGIES, strategy_class

    named = option_value("--strategy", arguments) or recipe.strategy.name
    if named == recipe.strategy.name or named not in STRATEGIES:
        return recipe
    return dataclasses.replace(recipe, strategy=strategy_class(named)())


def with_executor(recipe: Any, arguments: Sequence[str]) -> Any:
    """Return the recipe with the executor that the arguments name, as it is set by default. One
    that there is not changes nothing: the parser will say so.
    """
    from ontogeny.recipes.executors import EXECUTORS, executor_name

    named = option_value("--executor", arguments)
    if named not in EXECUTORS or named == executor_name(recipe.executor):
        return recipe
    return dataclasses.replace(recipe, executor=EXECUTORS[named]())


def option_value(option: str, arguments: Sequence[str]) -> str | None:
    """Return what follows the option, the last time that it is given; None when it never is."""
    found = None
    for word, after in pairwise([*arguments, ""]):
        if word == option or word.startswith(f"{option}="):
            found = word.partition("=")[2] or after
    return found


def parted(option: str, arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what follows the option, however often it is given, and the other arguments."""
    found: list[str] = []
    rest: list[str] = []
    reading = False
    for word in arguments:
        name, told, value = word.partition("=")
        if word.startswith("--"):
            reading = name == option
        if not reading:
            rest.append(word)
        elif not word.startswith("--"):
            found.append(word)
        elif told:
            found.append(value)
    return found, rest
