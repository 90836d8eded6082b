"""Members as actors of a Ray cluster: more of them than a machine has room for, of any framework.

What each lives next is decided as for members in processes (`board_program`), and a worker that
dies, or its machine, is replaced: its members live their rounds again to the same bits.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from ontogeny.core.config import as_declared, at_least, positive
from ontogeny.core.errors import ConfigError
from ontogeny.core.ray_cluster import Cluster, joined
from ontogeny.runtime import machine
from ontogeny.runtime.apart.board_program import BoardProgram
from ontogeny.runtime.apart.shipping import is_host, shipped
from ontogeny.runtime.apart.workforce import settings_of
from ontogeny.runtime.executor import Job
from ontogeny.runtime.ray.crew import RayCrew
from ontogeny.runtime.ray.moving import measured_moves


@dataclass(frozen=True)
class RayWorkers:
    """Members in actors of a Ray cluster, each at its own pace, on any number of machines.

    >>> og.RayWorkers(num_gpus=0.25, synchronous=True).num_cpus
    1.0
    """

    hires: ClassVar[bool] = True
    """Workers are started, and what there is to be compiled is theirs to compile."""

    address: str | None = None
    """Where the cluster is: host:port, or auto for the one that runs on this machine. When not
    given, $RAY_ADDRESS, else one that is begun on this machine, and ended."""
    workers: int | None = None
    """How many actors share the population; when not given, as many as there is room for at any
    time: more come as the cluster grows."""
    num_cpus: float = 1.0
    """How many CPUs of the cluster each worker takes."""
    num_gpus: float = 0.0
    """How many GPUs each worker takes; a fraction shares one."""
    members_per_worker: int = 1
    """How many members of a JAX learner live side by side in a worker, as one compiled program, and
    arrive together: of use where they are small beside the message that a round costs."""
    synchronous: bool = False
    """Wait for everybody before each move, so that a run can be repeated exactly."""
    restarts: int = 5
    """How often workers may die in one round of a member before the growth ends."""
    threads: int = 1
    """How many threads each worker computes with on a CPU."""
    errors: Literal["end", "die"] = "end"
    """What an exception that a host learner raises does: end the growth, or be the death of that
    member, whose traceback is recorded."""
    wait_seconds: float = 120.0
    """How long to wait for a worker to begin, when there is none."""
    through_store: bool = True
    """Leave states of 100 kB and more in Ray's object store, where heirs take them from; without,
    they read their parents' files, as where all members together have no room there."""
    store_bytes: int | None = None
    """The object store of a cluster that is begun here; when not given, what Ray chooses."""

    def __post_init__(self) -> None:
        as_declared(self)
        at_least(self, 1, "workers", "members_per_worker", "threads", optional=True)
        at_least(self, 0, "restarts", "num_gpus")
        positive(self, "num_cpus", "wait_seconds")
        at_least(self, 80_000_000, "store_bytes", optional=True)  # Ray refuses less
        if self.errors not in ("end", "die"):
            raise ConfigError(
                f"errors is {self.errors!r}", where="RayWorkers", hint="use 'end' or 'die'"
            )
        if self.num_gpus > 1 and self.num_gpus % 1:
            raise ConfigError(
                f"num_gpus is {self.num_gpus:g}",
                where="RayWorkers",
                hint="use a fraction of one GPU, or a whole number of them",
            )

    @property
    def devices(self) -> int:
        """One, of the driver: it only decides moves."""
        return 1

    def prepare(self, job: Job, folder: Path | None = None) -> BoardProgram:
        """Join the cluster or begin one, begin the workers, and wait until they have compiled what
        they need.

        Raises `MissingExtra` without Ray; `ConfigError` where no cluster answers, for workers that
        it has no room for, have another version or don't see the folder, for a member larger than
        the object store, and for a learner that can't be pickled; `StructureError` for one that
        breaks its contract, and what a worker raised.
        """
        machine.prepare(self.devices)
        if self.members_per_worker > 1 and is_host(job):
            raise ConfigError(
                "members of a host learner are plain Python, which can't be compiled together",
                where="RayWorkers, members_per_worker",
                hint="leave it 1: a worker lives the members that it has in turn",
            )
        cohort = min(self.members_per_worker, job.population)
        learner = shipped(job, "RayWorkers")
        cluster = self.joined()
        crew = RayCrew(
            cluster,
            job.population,
            count=self.workers and min(self.workers, -(-job.population // cohort)),
            cpus=self.num_cpus,
            gpus=self.num_gpus,
            restarts=self.restarts,
            surroundings=self._surroundings(cluster.begun),
            wait_seconds=self.wait_seconds,
            through_store=self.through_store,
            cohort=cohort,
        )
        how = {"synchronous": self.synchronous, "die": self.errors == "die"}
        return BoardProgram(job, learner, crew, folder=folder, **how, cohort=cohort)

    def joined(self) -> Cluster:
        """Return the cluster, joined or begun. Raises `MissingExtra`, or `ConfigError`."""
        cpus = max(machine.cores(), (self.workers or 1) * self.num_cpus)
        return joined(self.address, cpus=cpus, store_bytes=self.store_bytes)

    def examined(self, cluster: Cluster, state_bytes: int | None = None) -> dict[str, Any]:
        """Return what the cluster has for such workers: machines, how many workers there is room
        for, the object store, and how long two calls and moves take that are measured; with the
        bytes of a member's state, how many of those the object store has room for, and what its
        move takes.
        """
        machines = cluster.machines()
        used = [one for one in machines if one.fits(self.num_cpus, self.num_gpus)]
        room = sum(one.fits(self.num_cpus, self.num_gpus) for one in machines)
        store = sum(one.store_bytes for one in used)
        about: dict[str, Any] = {
            "ray": cluster.ray.__version__,
            "machines": len(machines),
            "cluster_cpus": sum(one.cpus for one in machines),
            "cluster_gpus": sum(one.gpus for one in machines),
            "room_for_workers": room,
            "object_store_bytes": store,
            "smallest_object_store_bytes": min((one.store_bytes for one in used), default=0),
        }
        sizes = {"call_ms": 1, "move_1_MB_ms": 1_000_000, "move_10_MB_ms": 10_000_000}
        if state_bytes:
            about |= {"state_bytes": state_bytes, "states_in_object_store": store // state_bytes}
            if state_bytes <= about["smallest_object_store_bytes"] // 4:
                sizes["move_of_a_member_ms"] = state_bytes
        if room >= 2:
            how = {"cpus": self.num_cpus, "gpus": self.num_gpus}
            moves, apart = measured_moves(
                cluster, [*sizes.values()], **how, wait_seconds=self.wait_seconds
            )
            about |= {name: 1e3 * took for name, took in zip(sizes, moves, strict=True)}
            about["moved"] = "between two machines" if apart else "within one machine"
        return about

    def _surroundings(self, here: bool) -> dict[str, str]:
        """Return the environment variables of a worker, of a cluster that was begun `here`."""
        settings = settings_of(self.threads, "cuda,cpu" if self.num_gpus else "cpu")
        if 0 < self.num_gpus < 1:
            settings["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{0.9 * self.num_gpus:.3f}"
        if here:
            settings["PYTHONPATH"] = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        return settings
