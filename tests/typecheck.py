"""The checker that the tests put behind every jaxtyping annotation: beartype.

Beartype can't yet read a generic NamedTuple (`Population[State]`), so that is checked to be an
instance. Everything else, shapes and dtypes above all, is checked as written.

What jaxtyping hands over has a function's signature and not its body, so the functions that another
defines at each of its calls share one checker: to make thousands is a twentieth of the tests' time.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any

from beartype import BeartypeConf, beartype
from beartype.vale import IsInstance

_check = beartype(
    conf=BeartypeConf(is_pep484_tower=True)
)  # an int will do where a float is asked for

_checkers: dict[tuple[Any, ...], Callable[..., Any]] = {}


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with its annotations checked at every call."""
    code = getattr(function, "__code__", None)
    known = function.__module__, function.__qualname__, code, repr(function.__annotations__)
    if known not in _checkers:
        _checkers[known] = _checker(function)
    return _checkers[known]


def _checker(function: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(function, types.FunctionType):
        try:
            hints = typing.get_type_hints(function, include_extras=True)
        except (
            NameError
        ):  # a name that only type checkers import: beartype resolves it late, or leaves it
            return _check(function)
        function.__annotations__ = {name: _plain(hint) for name, hint in hints.items()}
    return _check(function)


def _plain(hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    kind = origin or hint
    if isinstance(kind, type) and issubclass(kind, tuple) and issubclass(kind, typing.Generic):
        return typing.Annotated[object, IsInstance[kind]]
    if origin is tuple:
        return tuple[tuple(_plain(argument) for argument in arguments)]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_plain(argument) for argument in arguments)]  # noqa: UP007
    return hint
