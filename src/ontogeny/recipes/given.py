"""What a person gives to grow something, looked at before anything else: what is something else
than it should be is an error that shows what to write.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.core.former_names import FORMERLY
from ontogeny.core.host import HostLearner
from ontogeny.core.learner import Learner
from ontogeny.core.script import Script
from ontogeny.core.space import Space
from ontogeny.evolution.strategy import Strategy, StrategyConfig
from ontogeny.recipes.recipe import Recipe

WHERE = "og.grow"
EXAMPLE = "observers=[og.TensorBoard()]"


def check_given(what: Any, space: Any, strategy: Any, executor: Any) -> None:
    """Raise `ConfigError` unless these are what `og.grow` takes: a learner or a recipe, and of
    the others each None or what it is called after.
    """
    if not isinstance(what, Learner | HostLearner | Script | Recipe | str):
        raise not_a("a learner or recipe", what, 'og.grow("quadratic"), og.grow(og.Learner(…), …)')
    if not isinstance(space, Space | None):
        raise not_a("a space", space, 'space=og.Space({"rate": og.Log(1e-4, 1.0)})')
    if not isinstance(strategy, Strategy | StrategyConfig | None):
        raise not_a("a strategy", strategy, 'strategy="pbt", or strategy=og.pbt(space)')
    if executor is not None and not _has(executor, "prepare"):
        raise not_a("an executor", executor, "executor=og.Processes(), or executor=og.Vectorised()")


def check_observers(observers: Any) -> None:
    """Raise `ConfigError` unless these are observers, in a list."""
    listed = isinstance(observers, Sequence) and not isinstance(observers, str)
    wrong = [one for one in observers if not _has(one, "lived")] if listed else [observers]
    if wrong:
        raise not_a("an observer" if listed else "a list of observers", wrong[0], EXAMPLE)


def check_fields(kind: type[Recipe], fields: Mapping[str, Any]) -> None:
    """Raise `ConfigError` for a field that the recipe does not have."""
    names = [f.name for f in dataclasses.fields(kind)]
    for name in fields:
        if name not in names and FORMERLY.get(name) in names:
            raise ConfigError(
                f"{kind.__name__} has no field {name!r}",
                where=WHERE,
                hint=f"it is called {FORMERLY[name]!r} now",
            )
        if name not in names:
            raise unknown(f"field of {kind.__name__}", name, names, WHERE)


def check_settings(fields: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise `ConfigError` for a setting that growing a learner does not have."""
    for name in fields:
        raise unknown("setting", name, known, WHERE)


def not_a(wanted: str, given: Any, example: str, where: str = WHERE) -> ConfigError:
    """Return the error to raise for something given that is not what is wanted."""
    named = getattr(given, "__name__", None)
    if named and callable(given):
        said = f"{named} is a {'class' if isinstance(given, type) else 'function'}, not {wanted}"
        return ConfigError(said, where=where, hint=f"call it, as in {example}")
    said = f"{given!r:.60} is a {type(given).__name__}, not {wanted}"
    return ConfigError(said, where=where, hint=f"write {example}")


def _has(one: Any, method: str) -> bool:
    return not isinstance(one, type) and callable(getattr(one, method, None))
