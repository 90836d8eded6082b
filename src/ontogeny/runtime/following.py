"""A growth on a host that another leads: the same rounds, of which nothing is recorded here. Before
that, whether the hosts would grow the same.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ontogeny import __version__
from ontogeny.core.errors import ConfigError
from ontogeny.core.trees import dotted
from ontogeny.runtime import hosts
from ontogeny.runtime.executor import Executor, Job
from ontogeny.runtime.interruption import asked_to_stop
from ontogeny.runtime.machine import processor_kind
from ontogeny.runtime.vectorised import Vectorised


def check_executor(executor: Executor, replay: Mapping[str, Any] | None) -> None:
    """Raise `ConfigError` for what does not grow over several hosts, where there are several."""
    if hosts.count() == 1:
        return
    if replay:
        raise ConfigError(
            "a replay is grown by one host",
            where=f"{hosts.count()} hosts",
            hint="begin it where jax.distributed is not initialised",
        )
    if not isinstance(executor, Vectorised):
        raise ConfigError(
            f"{type(executor).__name__} has members outside of this process, and so one host",
            where=f"{hosts.count()} hosts",
            hint="use Vectorised over several hosts, or RayWorkers over a Ray cluster from one",
        )


def check_alike(told: dict[str, Any]) -> None:
    """Raise `ConfigError`, on all hosts, unless what decides the numbers is the same on each: what
    is `told` of the growth, versions, and the kind and number of devices.
    """
    if hosts.count() == 1:
        return
    device = jax.local_devices()[0]
    own = {
        **{name.removeprefix("fields."): value for name, value in dotted(told).items()},
        "ontogeny": __version__,
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
        "device": processor_kind() if device.platform == "cpu" else str(device.device_kind),
        "devices": jax.local_device_count(),
    }
    first, *others = hosts.collected(own, "the growth")
    for host, theirs in enumerate(others, 1):
        for name in {**first, **theirs}:
            if first.get(name) != theirs.get(name):
                raise ConfigError(
                    f"host {host} has {name} {theirs.get(name)!r}, and host 0 {first.get(name)!r}",
                    where=f"{hosts.count()} hosts",
                    hint="begin all with the same command, on machines that are alike",
                )


def follow(job: Job, executor: Executor, folder: Path) -> None:
    """Live the rounds of a job with the host that leads, which records them in `folder`. A signal
    that comes here asks all to stop.
    """
    signals = list[int]()
    with (
        asked_to_stop(lambda: hosts.ask_to_stop(signals[-1]), signals),
        closing(executor.prepare(job, folder)) as program,
    ):
        for _ in program.rounds():
            pass
