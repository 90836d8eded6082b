"""Growths that would compile the same are compiled once in a process, as a sweep's are: by its own
means, but for all growths and not for those of one command.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

import jax

from ontogeny import growth
from ontogeny.core.closures import debugging
from ontogeny.runtime import programs
from ontogeny.runtime.executor import Executor, Job, Program
from ontogeny.runtime.programs import ARGUMENTS, Programs
from ontogeny.runtime.vectorised import Vectorised

SAME = ("recipe", "population", "steps", "strategy", "executor", "learner", "space", "jax", "tools")


class Kept(Programs):
    """All programs that were compiled in this process. What a bare learner computes is told by its
    fingerprint, which its data are part of.
    """

    def __init__(self) -> None:
        super().__init__()
        self.made_before: dict[str, Any] = {}

    def serving(self, executor: Executor, known: Mapping[str, Any]) -> Executor:
        if not isinstance(executor, Vectorised) or debugging() or "replay" in known:
            return executor
        fields = known.get("fields") or {}
        told = {"fields": {n: value for n, value in fields.items() if n not in ARGUMENTS}}
        told |= {name: known[name] for name in SAME if name in known}
        told["devices"] = jax.device_count()  # which tests change
        told["by"] = Vectorised.prepare.__module__  # some have it traced: see `tracing`
        return programs._Serving(self, executor, json.dumps(told, sort_keys=True))

    def made(self, serves: str, executor: Vectorised, job: Job) -> Program:
        self._serves, self._program = serves, self.made_before.get(serves)
        program = super().made(serves, executor, job)
        self.made_before[serves] = self._program
        return program


KEPT = Kept()


@contextmanager
def compiled_once():
    """Have growths take the programs that are there, but for those that bring their own."""
    whole = growth.grow_job

    def grow_job(*job: Any, programs: Programs | None = None, **how: Any) -> Any:
        return whole(*job, programs=programs or KEPT, **how)

    growth.grow_job = grow_job
    try:
        yield
    finally:
        growth.grow_job = whole
