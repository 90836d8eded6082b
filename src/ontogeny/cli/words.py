"""What the verbs share: how their arguments are read, and how they say what comes next."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import tyro

from ontogeny.core.json_values import json_value
from ontogeny.recipes import RECIPES

if TYPE_CHECKING:
    from rich.console import RenderableType

T = TypeVar("T")

WIDE = 1000  # columns of what is no terminal

RunName: TypeAlias = Annotated[
    str,
    tyro.conf.Positional,
    tyro.conf.arg(metavar="RUN", help="A folder, a name in runs/, or `last`."),
]


def parse(read: type[T], verb: str, arguments: Sequence[str], about: str | None = None) -> T:
    """Return what `read` (a dataclass) makes of the arguments. Prints help, or what is wrong, and
    exits.
    """
    return tyro.cli(
        read,
        prog=f"ontogeny {verb}",
        description=inspect.cleandoc(about or read.__doc__ or ""),
        args=list(arguments),
        config=(tyro.conf.FlagCreatePairsOff,),
    )


def say(
    answer: dict[str, Any], as_json: bool, text: Callable[[], RenderableType], then: str = ""
) -> None:
    """Print the answer as JSON, or as `text` puts it, and the next useful command."""
    if as_json:
        print(json.dumps(json_value({**answer, "next": then} if then else answer), allow_nan=False))
        return
    from ontogeny.views.terminal.safety import Terminal

    # Who pipes it wants whole lines, whatever their width.
    narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Terminal(highlight=False, width=None if narrow else WIDE)
    said = text()
    console.print(said, soft_wrap=isinstance(said, str), markup=False)
    if then:
        console.print(f"\nnext: {then}", soft_wrap=True, markup=False)


def tell_passing(words: str) -> None:
    """Say what is being done, on a terminal, in one line that is written over; "" clears it."""
    if sys.stderr.isatty():
        print(f"\r{words:60}", end="" if words else "\r", file=sys.stderr, flush=True)


def recipe_list() -> str:
    """Return the recipes, a line each."""
    width = max(map(len, RECIPES)) + 2
    return "\n".join(f"  {name:{width}}{entry.summary}" for name, entry in RECIPES.items())
