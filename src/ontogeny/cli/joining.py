"""The options of a growth over several hosts: who they are, and the meeting before it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ontogeny.cli.fields import option_value
from ontogeny.core.errors import ConfigError


@dataclass(frozen=True)
class Joining:
    """Other hosts that grow the population together with this one."""

    coordinator: str | None = None
    """Grow with other hosts: where the first is (HOST:PORT, a free port of it), said on each; or
    `auto`, under Slurm, Open MPI, Kubernetes or on a TPU pod."""
    hosts: int | None = None
    """How many hosts there are."""
    host: int | None = None
    """Which of them this one is, from 0. The first keeps the run."""
    wait_seconds: float = 300.0
    """How long to wait for the other hosts to come."""


OPTIONS = tuple(f"--{name.replace('_', '-')}" for name in Joining.__dataclass_fields__)


def join_hosts(arguments: Sequence[str]) -> None:
    """Come together with the other hosts, where the arguments name them. JAX must know of them
    before it computes, and reading a recipe's fields may compute.
    """
    if {"-h", "--help"} & set(arguments):
        return
    coordinator, hosts, host, wait = (option_value(option, arguments) for option in OPTIONS)
    if coordinator is None:
        if hosts or host:
            raise ConfigError(
                "it is not said where the first host is",
                where="--hosts, --host",
                hint="--coordinator HOST:PORT, a free port of the first host, on every host",
            )
        return
    from ontogeny.runtime.joining import join

    try:
        counts = [None if word is None else int(word) for word in (hosts, host)]
        seconds = Joining.wait_seconds if wait is None else float(wait)
    except ValueError as error:
        raise ConfigError(str(error), where=", ".join(OPTIONS), hint="use numbers") from error
    if host in ("0", None) and not {"--json", "--quiet"} & set(arguments):
        print(f"waiting for the other hosts, {seconds:g} s at most", file=sys.stderr)
    join(coordinator, *counts, wait_seconds=seconds)


def alone(words: Sequence[str]) -> list[str]:
    """Return the words of the command that grows the same on one host."""
    kept: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        if before not in OPTIONS and word.partition("=")[0] not in OPTIONS:
            kept.append(word)
    return kept
