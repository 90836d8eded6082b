"""A Ray cluster: joined where one runs, begun on this machine where none is named.

Ray waits long for what isn't there, and may end the process then. So an address is knocked at
before Ray is told of it, and what Ray says of a cluster becomes an error that says what to do.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ontogeny.core.errors import ConfigError, MissingExtra

KNOCK_SECONDS = 5.0
ASKED = {  # of Ray, unless the user has said otherwise
    "RAY_USAGE_STATS_ENABLED": "0",  # it would send how it is used
    "RAY_NUM_REDIS_GET_RETRIES": "2",  # each takes ten seconds; by default there are twenty
}


class Machine(NamedTuple):
    """A machine of a cluster that is alive, and what Ray may give away of it."""

    number: str  # its id
    name: str
    cpus: float
    gpus: float
    store_bytes: int  # of its object store

    def fits(self, cpus: float, gpus: float) -> int:
        """Return how many workers of so many CPUs and GPUs it has room for."""
        few = [int(self.cpus / cpus + 1e-6)] if cpus else []
        return min(few + ([int(self.gpus / gpus + 1e-6)] if gpus else []))


class Cluster:
    """The cluster that this process is a driver of."""

    def __init__(self, ray: Any, begun: bool):
        self.ray, self.begun = ray, begun

    def machines(self) -> list[Machine]:
        """Return those that are alive."""
        return [
            Machine(
                node["NodeID"],
                node["NodeManagerHostname"],
                node["Resources"].get("CPU", 0.0),
                node["Resources"].get("GPU", 0.0),
                int(node["Resources"].get("object_store_memory", 0)),
            )
            for node in self.ray.nodes()
            if node["Alive"]
        ]

    def leave(self) -> None:
        """End the cluster if it was begun here."""
        if self.begun:
            with _as_they_were():
                self.ray.shutdown()


def joined(
    address: str | None = None, *, cpus: float | None = None, store_bytes: int | None = None
) -> Cluster:
    """Join the cluster at the address (`auto`: the one that runs on this machine; by default
    `$RAY_ADDRESS`), or begin one on this machine, of so many CPUs (its cores) and with an object
    store of so many bytes (Ray's choice). A process that has joined one stays with it.

    Raises `MissingExtra` without Ray, `ConfigError` where no cluster answers.
    """
    for name, value in ASKED.items():
        os.environ.setdefault(name, value)
    ray = ray_module("ray")
    if ray.is_initialized():
        return Cluster(ray, begun=False)
    address = address or os.environ.get("RAY_ADDRESS")
    here = {
        "address": "local",  # Ray would else join whatever runs on this machine
        "num_cpus": cpus,
        "object_store_memory": store_bytes,
        "include_dashboard": False,
    }
    if address:
        _knock(address)
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    try:
        with _as_they_were():
            ray.init(**({"address": address} if address else here), **quiet)
    except (Exception, SystemExit) as error:  # of any kind: it says what it misses
        raise ConfigError(
            f"no Ray cluster answers ({' '.join(str(error).split())!r:.300})",
            where=address or "this machine",
            hint="name the address of a running one (ray start --head prints it) on one of its "
            "machines, with its versions of Python and Ray; or name none",
        ) from error
    return Cluster(ray, begun=not address)


def ray_module(name: str) -> Any:
    """Return a module of Ray's. Raises `MissingExtra` when it isn't there."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtra(
            f"a cluster needs {name} ({error})", where="ray", hint="pip install 'ontogeny[ray]'"
        ) from error


def _knock(address: str) -> None:
    """Raise `ConfigError` unless something listens at an address of a host and a port."""
    if address.startswith("ray://"):
        raise ConfigError(
            "Ray's client is no member of the cluster, and states would pass through it",
            where=address,
            hint="run this on a machine of the cluster, as with ray job submit; there, name auto",
        )
    host, colon, port = address.rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host, int(port)), KNOCK_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"no Ray cluster answers there ({error})",
            where=address,
            hint="ray start --head prints the address of the cluster that it begins; name none to "
            "have one begun on this machine",
        ) from error


@contextmanager
def _as_they_were() -> Generator[None]:
    """Let signals be answered after the block as before it, and be silent about forks: Ray begins
    its processes anew from the copy.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*fork.*")
            warnings.filterwarnings("ignore", category=FutureWarning)  # of Ray's own plans
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
