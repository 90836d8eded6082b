"""Settings: frozen dataclasses that refuse what can't be used, and come back from JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, TypeVar

from ontogeny.core.errors import ConfigError

Config = TypeVar("Config")


def at_least(
    config: object, least: float, *names: str, where: str | None = None, optional: bool = False
) -> None:
    """Raise `ConfigError` unless each of the named fields is a number of `least` or more, or None
    where they are `optional`.

    `where` stands before a field's name in the error: `agent.`, or the config's class by default.
    """
    hint = f"use {least} or more{', or leave it out' if optional else ''}"
    given = [name for name in names if not (optional and getattr(config, name) is None)]
    _check(config, given, lambda value: value >= least, hint, where)


def positive(config: object, *names: str, where: str | None = None) -> None:
    """Raise `ConfigError` unless each of the named fields is a number above 0; see `at_least`."""
    _check(config, names, lambda value: value > 0, "use a positive number", where)


def _check(
    config: object,
    names: Sequence[str],
    fits: Callable[[Any], bool],
    hint: str,
    where: str | None,
) -> None:
    prefix = f"{type(config).__name__}." if where is None else where
    for name in names:
        value = getattr(config, name)
        if not (isinstance(value, Real) and fits(value)):  # nothing is said of NaN that holds
            raise ConfigError(f"{name} is {value!r}", where=f"{prefix}{name}", hint=hint)


def from_json(
    kind: type[Config],
    fields: Mapping[str, Any],
    readers: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Config:
    """Return the config of this kind whose fields these are, as JSON gives them.

    Lists become tuples, and an object the config that is the field's default; a field that has a
    reader is what its reader makes of it. A field that isn't given is as by default. Raises
    `ConfigError` for a field that the kind does not have, and for one that is missing.
    """
    known = {f.name: f for f in dataclasses.fields(kind)}  # pyright: ignore[reportArgumentType]
    hint = "it was written by another version of ontogeny; read it with that one"
    for name in sorted(fields.keys() - known.keys()):
        raise ConfigError(f"{kind.__name__} has no field {name!r}", hint=hint)
    for name in sorted(known.keys() - fields.keys()):
        if _default(known[name]) is dataclasses.MISSING:
            raise ConfigError(f"{kind.__name__} needs a field {name!r}", hint=hint)
    values: dict[str, Any] = {}
    for name, value in fields.items():
        default = _default(known[name])
        if readers and name in readers:
            values[name] = readers[name](value)
        elif isinstance(value, Mapping) and dataclasses.is_dataclass(default):
            values[name] = from_json(type(default), value)
        else:
            values[name] = _tuples(value)
    return kind(**values)


def _default(field: dataclasses.Field[Any]) -> Any:
    """Return what a field is when it isn't given, or `MISSING`."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
