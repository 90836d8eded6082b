"""Programs that were compiled for one growth and serve those after it: runs of several seeds are
compiled once.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ontogeny.core.closures import debugging
from ontogeny.runtime.executor import Executor, Job, Program
from ontogeny.runtime.vectorised import Vectorised

ARGUMENTS = ("seed", "rounds")  # which a program is given when it runs


class Programs:
    """The program that was compiled last, for the next growths that would compile the same."""

    def __init__(self) -> None:
        self._serves = ""
        self._program: Any = None

    def serving(self, executor: Executor, known: Mapping[str, Any]) -> Executor:
        """Return the executor, which takes the program that is there if it is what the run that is
        `known` (all that its store says of it) would compile.
        """
        if not isinstance(executor, Vectorised) or not known.get("fields") or debugging():
            return executor
        fields = {n: value for n, value in known["fields"].items() if n not in ARGUMENTS}
        told = {"recipe": known["recipe"], **fields}
        told |= {name: known[name] for name in ("learner", "space", "jax", "tools")}
        return _Serving(self, executor, json.dumps(told, sort_keys=True))

    def made(self, serves: str, executor: Vectorised, job: Job) -> Program:
        """Return the program for the job: the one that is there, or a new one in its place."""
        if self._program is None or self._serves != serves:
            self._program = None  # what it holds is free for the new one
            self._program, self._serves = executor.prepare(job), serves
        program = copy.copy(self._program)
        program.job = job
        return program


class _Serving:
    """An executor that asks for its programs."""

    def __init__(self, programs: Programs, executor: Vectorised, serves: str):
        self._programs, self._executor, self._serves = programs, executor, serves

    @property
    def devices(self) -> int | None:
        """See `executor.Executor`."""
        return self._executor.devices

    def prepare(self, job: Job, folder: Path | None = None) -> Program:
        """See `executor.Executor`."""
        del folder
        return self._programs.made(self._serves, self._executor, job)
