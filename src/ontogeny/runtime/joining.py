"""Hosts that come together before JAX's distributed runtime is initialised.

JAX ends a process, with no error to catch, when another does not come. So the hosts greet first,
on the port that JAX's coordinator then takes: each says which it is of how many, and its versions;
when all are there, all go on, and who waited in vain is told for whom.
"""

from __future__ import annotations

import json
import platform
import socket
import time
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple

import jax

from ontogeny import __version__
from ontogeny.core.errors import ConfigError

HEARTBEAT = 60  # seconds without a sign of life, after which JAX ends all other hosts
FAREWELL = 60  # seconds that a host which ends waits for the others to
FOUND = "auto"
LONGEST = 4096  # bytes of a greeting
BETWEEN = 0.5  # seconds between two tries to reach the first host
HINT = "begin the same command on every host, with its own --host; the first's port must be open"


class Place(NamedTuple):
    """Which host this is, of how many, and where the first is to be reached."""

    coordinator: str  # HOST:PORT
    hosts: int
    host: int
    devices: list[int] | None = None  # of this process; None: all that it sees


def join(
    coordinator: str, hosts: int | None, host: int | None, wait_seconds: float = 300.0
) -> None:
    """Make this process one of `hosts` that grow together: the `host`-th, from 0, the first of
    which is at `coordinator` (HOST:PORT). "auto" has JAX find all that from Slurm, Open MPI,
    Kubernetes or a TPU pod. To be called before JAX computes anything.

    Raises `ConfigError` when the others do not come within `wait_seconds`, or have other versions.
    """
    place = _found(wait_seconds) if coordinator == FOUND else _given(coordinator, hosts, host)
    if place.hosts == 1:
        return
    _greet(place, wait_seconds)
    try:
        jax.distributed.initialize(
            place.coordinator,
            place.hosts,
            place.host,
            local_device_ids=place.devices,
            cluster_detection_method="deactivate",
            initialization_timeout=int(wait_seconds),
            heartbeat_timeout_seconds=HEARTBEAT,
            shutdown_timeout_seconds=FAREWELL,
        )
    except RuntimeError as error:
        raise ConfigError(
            str(error).partition("\n")[0],
            where="--coordinator",
            hint="join the hosts once, before anything is computed",
        ) from error


def _given(coordinator: str, hosts: int | None, host: int | None) -> Place:
    """Return the place that was told, looked at."""
    name, _, port = coordinator.rpartition(":")
    if not name or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ConfigError(
            f"{coordinator!r} is no address",
            where="--coordinator",
            hint=f"write the first host's name and a free port of it, as node1:29500, or {FOUND}",
        )
    if hosts is None or host is None or not 0 <= host < hosts:
        raise ConfigError(
            f"host {host} of {hosts} is none",
            where="--hosts, --host",
            hint="say how many there are, and which this one is, from 0: --hosts 2 --host 0",
        )
    return Place(coordinator, hosts, host)


def _found(wait_seconds: float) -> Place:
    """Return the place that JAX finds from what began this process."""
    from jax._src.clusters import ClusterEnv

    nothing = None, None, None, None, None
    found = ClusterEnv.auto_detect_unset_distributed_params(*nothing, int(wait_seconds))
    coordinator, hosts, host, devices = found
    if coordinator is None or hosts is None or host is None:
        raise ConfigError(
            "JAX finds no Slurm, Open MPI, Kubernetes or TPU pod that began this process",
            where=f"--coordinator {FOUND}",
            hint="say it: --coordinator HOST:PORT --hosts N --host I",
        )
    return Place(coordinator, hosts, host, None if devices is None else [*devices])


def _greet(place: Place, wait_seconds: float) -> None:
    """Return when all hosts are there. Raises `ConfigError` when they do not come."""
    until = time.monotonic() + wait_seconds
    (_await_all if place.host == 0 else _ask)(place, until, wait_seconds)


def _await_all(place: Place, until: float, wait_seconds: float) -> None:
    """Await the others' greetings, and answer them all at once."""
    with ExitStack() as stack:
        listening = stack.enter_context(_listening(place.coordinator))
        came: dict[int, socket.socket] = {}
        wrong = ""
        while not wrong and len(came) < place.hosts - 1:
            listening.settimeout(max(until - time.monotonic(), 0.001))
            try:
                caller = stack.enter_context(listening.accept()[0])
            except TimeoutError:
                missing = [str(n) for n in range(1, place.hosts) if n not in came]
                named = ", ".join(missing[:8]) + (", …" if len(missing) > 8 else "")
                wrong = f"host {named} did not come to {place.coordinator} in {wait_seconds:g} s"
                break
            with suppress(OSError, ValueError, TypeError, KeyError):  # no host, but a stranger
                said = _line(caller)
                came_as = int(said["host"])
                wrong = _misfit(said, place)
                if came_as in came:
                    wrong = f"two hosts say that they are host {came_as}"
                came[came_as] = caller
        for caller in came.values():
            with suppress(OSError):
                caller.sendall(json.dumps({"wrong": wrong}).encode() + b"\n")
        if wrong:
            raise ConfigError(wrong, where=f"host 0 of {place.hosts}", hint=HINT)


def _ask(place: Place, until: float, wait_seconds: float) -> None:
    """Greet the first host, and await its answer."""
    where = f"host {place.host} of {place.hosts}"
    name, _, port = place.coordinator.rpartition(":")
    while time.monotonic() < until:
        with suppress(OSError, ValueError, KeyError):
            address = name.strip("[]"), int(port)
            with socket.create_connection(address, timeout=max(until - time.monotonic(), 1)) as to:
                to.sendall(json.dumps(_greeting(place)).encode() + b"\n")
                if wrong := _line(to, max(until - time.monotonic(), 1) + BETWEEN)["wrong"]:
                    raise ConfigError(wrong, where=where, hint=HINT)
                return
        time.sleep(BETWEEN)
    raise ConfigError(
        f"the first host did not answer at {place.coordinator} in {wait_seconds:g} s",
        where=where,
        hint=HINT,
    )


def _greeting(place: Place) -> dict[str, Any]:
    return {
        "host": place.host,
        "hosts": place.hosts,
        "ontogeny": __version__,
        "jax": jax.__version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def _misfit(said: dict[str, Any], place: Place) -> str:
    """Return what is wrong with another's greeting, if anything."""
    for name, own in _greeting(place).items():
        if name != "host" and said[name] != own:
            return f"host {said['host']} has {name} {said[name]!r}, and host 0 {own!r}"
    fits = 0 < said["host"] < place.hosts
    return "" if fits else f"host {said['host']} of {place.hosts} is none but the first"


def _listening(coordinator: str) -> socket.socket:
    """Return a socket that listens at the coordinator's port, as JAX's service will."""
    port = int(coordinator.rpartition(":")[2])
    try:
        if socket.has_dualstack_ipv6():
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024
            )
        return socket.create_server(("", port), backlog=1024)
    except OSError as error:
        raise ConfigError(
            f"port {port} can't be taken ({error.strerror})",
            where="--coordinator",
            hint="choose another one, the same on every host",
        ) from error


def _line(caller: socket.socket, seconds: float = 5.0) -> dict[str, Any]:
    """Return what the other says in one line. Raises `OSError` or `ValueError` for what is none."""
    caller.settimeout(seconds)
    with caller.makefile("rb") as said:
        line = json.loads(said.readline(LONGEST))
    if not isinstance(line, dict):
        raise ValueError("no greeting")
    return line
