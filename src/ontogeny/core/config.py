"""Settings: frozen dataclasses that refuse what can't be used, and come back from JSON."""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from ontogeny.core.errors import ConfigError, unknown

Config = TypeVar("Config")

TINIEST, LARGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


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


def whole(
    value: Any, name: str, where: str, least: int | None = None, most: int | None = None
) -> int:
    """Return a whole number, which may be NumPy's or JAX's, as Python's own. Raises `ConfigError`
    unless it is one, from `least` to `most`.
    """
    try:
        number = operator.index(value)
        enough = (least is None or least <= number) and (most is None or number <= most)
        if enough and not isinstance(value, bool | np.bool_):
            return number
    except TypeError:
        pass  # a fraction, text, nothing
    span = f" of {least} or more" if most is None else f" from {least} to {most}"
    span = "" if least is None else span
    unquoted = f": {name}={value}" if isinstance(value, str) and value.isdigit() else ""
    raise ConfigError(
        f"{name} is {value!r}", where=where, hint=f"use a whole number{span}{unquoted}"
    )


def as_declared(config: Any, prefix: str | None = None) -> None:
    """Make each field of a frozen dataclass what its type says, where the value means that:
    NumPy's and JAX's numbers become Python's, lists tuples. Raises `ConfigError` for a value of
    another type, with what to write.

    A type that is not looked into here (a path, a function) says nothing.
    """
    prefix = f"{type(config).__name__}." if prefix is None else prefix
    for name, kind in _kinds(type(config)).items():
        value = getattr(config, name)
        as_it_is = _declared(value, kind, name, f"{prefix}{name}")
        if as_it_is is not value:
            object.__setattr__(config, name, as_it_is)


def as_field(kind: type, name: str, value: Any, prefix: str) -> Any:
    """Return a value as a config's field of this name holds it; see `as_declared`."""
    return _declared(value, _kinds(kind)[name], name, f"{prefix}{name}")


def check_float32(value: float, name: str, where: str) -> None:
    """Raise `ConfigError` for a number that float32, in which hypers and scores are computed, makes
    infinite or zero.
    """
    if not (value == 0 or TINIEST <= abs(value) <= LARGEST):
        raise ConfigError(
            f"{name} is {value!r}, which float32 can't hold",
            where=where,
            hint=f"use a size from {TINIEST:.0e} to {LARGEST:.0e}, or 0",
        )


def within(value: Any, low: float, high: float, name: str, where: str) -> float:
    """Return a number that float32 holds as Python's own. Raises `ConfigError` unless it lies
    between the two, or is one of them.
    """
    number = real(value, name, where)
    check_float32(number, name, where)
    if not low <= number <= high:
        span = f"from {low:g} to {high:g}" if high < LARGEST else f"of {low:g} or more"
        raise ConfigError(f"{name} is {number!r}", where=where, hint=f"use a number {span}")
    return number


def pair(value: Any, name: str, where: str, otherwise: str = "") -> tuple[float, float]:
    """Return two numbers as a tuple. Raises `ConfigError` for anything else."""
    given: list[Any] = []
    if isinstance(value, Sequence) or getattr(value, "ndim", 0) == 1:
        given = [] if isinstance(value, str) else list(value)
    if len(given) != 2:
        raise ConfigError(
            f"{name} is {value!r}", where=where, hint=f"use a pair, {name}=(low, high){otherwise}"
        )
    return real(given[0], name, where), real(given[1], name, where)


@functools.cache
def _kinds(config: type) -> dict[str, Any]:
    """Return the types of the fields. Names that only a type checker knows leave all unknown."""
    try:
        hints = get_type_hints(config)
    except NameError:
        return {}
    return {field.name: hints[field.name] for field in dataclasses.fields(config) if field.init}


def _declared(value: Any, kind: Any, name: str, where: str) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if kind is int:
        return whole(value, name, where)
    if kind is float:
        return real(value, name, where)
    if kind is bool or kind is str:
        if not isinstance(value, (str,) if kind is str else bool | np.bool_):
            raise _refused(value, name, where, f"use {'text' if kind is str else 'True or False'}")
        return value if isinstance(value, str) else bool(value)
    if origin is Literal and not (isinstance(value, str) and value in parts):
        words = [part for part in parts if isinstance(part, str)]
        if len(words) < len(parts):
            return value
        raise unknown(name, str(value), words, where)
    if origin in (Union, types.UnionType):
        return _either(value, parts, name, where)
    if origin is tuple:
        return _tuple(value, parts, name, where)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(value, kind):
            raise _refused(value, name, where, f"write {name}={kind.__name__}(…)")
        as_declared(value, f"{where}.")
    return value


def real(value: Any, name: str, where: str) -> float:
    """Return a number, which may be NumPy's or JAX's, as Python's own. Raises `ConfigError` for
    anything else, and for NaN.
    """
    unquoted = ""
    try:
        whole_one = type(value) is int or "int" in str(getattr(value, "dtype", ""))
        number: float = operator.index(value) if whole_one else float(value)
        unquoted = f", without quotes: {name}={value}" if isinstance(value, str) else ""
        if not isinstance(value, str | bytes | bool | np.bool_) and not math.isnan(number):
            return number
    except (TypeError, ValueError):
        pass
    raise _refused(value, name, where, f"use a number{unquoted}")


def _either(value: Any, kinds: Sequence[Any], name: str, where: str) -> Any:
    """Return the value as the first of the types that it fits."""
    others = [kind for kind in kinds if kind is not types.NoneType]
    if value is None and len(others) < len(kinds):
        return None
    wrong: ConfigError | None = None
    for kind in others:
        try:
            return _declared(value, kind, name, where)
        except ConfigError as error:
            wrong = error
            if len(others) == 1 or (dataclasses.is_dataclass(value) and isinstance(value, kind)):
                raise
    hint = " or ".join(f"{name}={getattr(kind, '__name__', kind)}(…)" for kind in others)
    raise _refused(value, name, where, f"write {hint}") from wrong


def _tuple(value: Any, kinds: Sequence[Any], name: str, where: str) -> Any:
    if not isinstance(value, tuple | list) and not hasattr(value, "tolist"):
        raise _refused(value, name, where, f"write a tuple: {name}=({value!r},)")
    given = list(value)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = [kinds[0]] * len(given)
    if len(kinds) != len(given):
        raise _refused(value, name, where, f"give {len(kinds)} values")
    made = [_declared(v, kind, name, where) for v, kind in zip(given, kinds, strict=True)]
    same = isinstance(value, tuple) and all(a is b for a, b in zip(made, given, strict=True))
    return value if same else tuple(made)


def _refused(value: Any, name: str, where: str, hint: str) -> ConfigError:
    if isinstance(value, type):
        hint = f"write {name}={value.__name__}()"
    return ConfigError(f"{name} is {value!r}", where=where, hint=hint)


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
