"""The executors by name: what `--executor` chooses from, and what a run store calls them."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias

from ontogeny.core.errors import unknown
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.ray.workers import RayWorkers
from ontogeny.runtime.vectorised import Vectorised

AnyExecutor: TypeAlias = Vectorised | Processes | RayWorkers

EXECUTORS: dict[str, type[AnyExecutor]] = {
    "vectorised": Vectorised,
    "processes": Processes,
    "ray": RayWorkers,
}


def executor_class(name: str) -> type[AnyExecutor]:
    """Return the settings of the executor called `name`. Raises `ConfigError`, suggesting the
    nearest name.
    """
    if name not in EXECUTORS:
        raise unknown("executor", name, EXECUTORS)
    return EXECUTORS[name]


def executor_name(executor: AnyExecutor) -> str:
    """Return the name of the executor's class."""
    return next(name for name, kind in EXECUTORS.items() if type(executor) is kind)


def executor_to_json(executor: AnyExecutor) -> dict[str, Any]:
    """Return the settings as JSON values. Those of runs written when there was one executor alone
    bear no name.
    """
    fields = dataclasses.asdict(executor)
    named = not isinstance(executor, Vectorised)
    return {"executor": executor_name(executor), **fields} if named else fields


def executor_from_json(values: dict[str, Any]) -> tuple[type[AnyExecutor], dict[str, Any]]:
    """Return the class whose fields these are, and the fields."""
    fields = {key: value for key, value in values.items() if key != "executor"}
    return executor_class(values.get("executor", "vectorised")), fields
