"""Members in processes of their own, with no barrier: Population Based Training as published.

Each worker process lives one or several members in turn, and reads and writes their states as
files; what each lives next is decided here (see `board_program`). A worker that dies is replaced,
and lives its round again to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from ontogeny.core.config import as_declared, at_least
from ontogeny.core.errors import ConfigError
from ontogeny.runtime import machine
from ontogeny.runtime.apart.board_program import BoardProgram
from ontogeny.runtime.apart.shipping import is_host, needed_modules, shipped
from ontogeny.runtime.apart.workforce import Workforce, environment
from ontogeny.runtime.executor import Job

PLATFORMS = ("cpu", "gpu", "tpu")


@dataclass(frozen=True)
class Processes:
    """Members in worker processes, each at its own pace, each on one core.

    >>> og.Processes(workers=4, synchronous=True).platform
    'cpu'
    """

    hires: ClassVar[bool] = True
    """Workers are started, and what there is to be compiled is theirs to compile."""

    workers: int | None = None
    """How many processes share the population; when not given, as many as the cores have room for
    with their threads."""
    synchronous: bool = False
    """Wait for everybody before each move, so that a run can be repeated exactly."""
    restarts: int = 5
    """How often a worker is replaced that dies before it has finished another round."""
    threads: int = 1
    """How many threads each worker computes with on a CPU."""
    errors: Literal["end", "die"] = "end"
    """What an exception that a host learner raises does: end the growth, or be the death of that
    member, whose traceback is recorded."""
    platform: str = "cpu"
    """Where the workers compute: cpu, gpu or tpu. They share what there is of it."""

    def __post_init__(self) -> None:
        as_declared(self)
        at_least(self, 1, "workers", "threads", optional=True)
        at_least(self, 0, "restarts")
        if self.errors not in ("end", "die"):
            raise ConfigError(
                f"errors is {self.errors!r}", where="Processes", hint="use 'end' or 'die'"
            )
        if self.platform not in PLATFORMS:
            raise ConfigError(
                f"platform is {self.platform!r}",
                where="Processes",
                hint=f"use one of {', '.join(PLATFORMS)}",
            )

    @property
    def devices(self) -> int:
        """One, of the driver: it only decides moves."""
        return 1

    def prepare(self, job: Job, folder: Path | None = None) -> BoardProgram:
        """Start the workers, and wait until each has compiled what it needs.

        Raises `ConfigError` for a learner that can't be pickled, `StructureError` for one that
        breaks its contract, and what a worker raised.
        """
        machine.prepare(self.devices)
        count = self.workers or max(machine.cores() // self.threads, 1)
        learner = shipped(job)
        crew = Workforce(
            min(count, job.population),
            needed_modules(learner, is_host(job)),
            self.restarts,
            environment(self.threads, self.platform),
        )
        how = {"synchronous": self.synchronous, "die": self.errors == "die"}
        return BoardProgram(job, learner, crew, folder=folder, **how)
