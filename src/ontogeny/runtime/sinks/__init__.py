"""Sinks: observers that write a growth for other trackers, each in its own file.

They add nothing to what the run store holds; nothing of them leaves the machine unless asked.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from ontogeny.runtime.observer import Observer

SINKS = {"tensorboard": "TensorBoard", "wandb": "WandB", "mlflow": "MLflow"}


def sinks(names: Iterable[str]) -> list[Observer]:
    """Return the observers of that name, with their defaults. Raises `MissingExtra` for one whose
    package is not installed.
    """
    return [
        getattr(importlib.import_module(f"ontogeny.runtime.sinks.{name}"), SINKS[name])()
        for name in names
    ]
