"""A space as a TOML file: what a person writes who has a script and no Python around it.

learning_rate = {log = [1e-4, 1.0], prior = [1e-3, 1e-1]}
layers = {integer = [1, 4]}
optimiser = {choice = ["adam", "sgd"]}

[augmentation]                    # a group: the hyper is called augmentation.strength
strength = {linear = [0.0, 0.5], step = 0.1}
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ontogeny.core.errors import ConfigError, OntogenyError, unknown
from ontogeny.core.space import Choice, Integer, Linear, Log, Logit, Space

KINDS: dict[str, Any] = {"log": Log, "linear": Linear, "logit": Logit, "integer": Integer}
SETTINGS = {kind: ("prior", "step") if kind == "linear" else ("prior",) for kind in KINDS}
EXAMPLE = "learning_rate = {log = [1e-4, 1.0]}"


def read_space(path: Path) -> Space:
    """Return the space in the file. Raises `ConfigError` for what is none, naming the hyper."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"can't read it ({error.strerror})", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"it is no TOML ({error})", where=str(path), hint=f"write lines such as: {EXAMPLE}"
        ) from error
    if not told:
        raise ConfigError("it has no hyper", where=str(path), hint=f"write one: {EXAMPLE}")
    return Space(_group(told, f"{path}, "))


def _group(told: dict[str, Any], where: str) -> dict[str, Any]:
    return {name: _dimension(value, f"{where}{name}") for name, value in told.items()}


def _dimension(value: Any, where: str) -> Any:
    kinds = [*KINDS, "choice"]
    if not isinstance(value, dict):
        raise ConfigError(f"it is {value!r:.60}", where=where, hint=f"write, as in {EXAMPLE}")
    named = [kind for kind in kinds if isinstance(value.get(kind), list)]
    if not named:
        if value and all(isinstance(part, dict) for part in value.values()):
            return _group(value, f"{where}.")
        if value:
            raise unknown("kind of hyper", next(iter(value)), kinds, where)
        raise ConfigError("it is empty", where=where, hint=f"write, as in {EXAMPLE}")
    kind, numbers = named[0], value[named[0]]
    settings = {name: part for name, part in value.items() if name != kind}
    for name in settings:
        known = SETTINGS.get(kind, ())
        if name not in known:
            raise unknown(f"setting of {kind}", name, known, where)
    try:
        if kind == "choice":
            return Choice(tuple(numbers))
        if len(numbers) != 2:
            raise ConfigError(f"{kind} is {numbers}", hint=f"use the two bounds, as in {EXAMPLE}")
        return KINDS[kind](*numbers, **settings)
    except OntogenyError as error:
        raise ConfigError(error.what, where=where, hint=error.hint) from error
