"""The whole population as one compiled program, its axis spread over the devices.

A round (the move, the inheritance, the steps, the score) is one call. Members live under
`shard_map`, so that no device waits for another inside a round; on a CPU there is one device per
core. Where all members of a device don't fit in memory side by side, cohorts of them take turns;
and on a CPU large members go one at a time, which is faster there.

Over several hosts it is the same program. The first one's `rounds` says what comes next (a round, a
snapshot, the end), and the others' do it with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ontogeny.core.closures import debugging, lowered, opened
from ontogeny.core.compiling import quick_to_compile, side_by_side
from ontogeny.core.config import as_declared, at_least
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import traced
from ontogeny.core.population import advance
from ontogeny.core.trees import size_bytes
from ontogeny.evolution.evolve import Grown, Round, begin, shift
from ontogeny.runtime import hosts, machine
from ontogeny.runtime.apart.shipping import is_host
from ontogeny.runtime.checkpoints import FOLDER as CHECKPOINTS
from ontogeny.runtime.executor import Footprint, Job, Lived, Snapshot
from ontogeny.runtime.gathering import everywhere, gathered, spread
from ontogeny.runtime.stacked import Stacked, check_stored

HEADROOM = 0.8  # of the available memory, before cohorts take turns
# Bytes of a member's state from which a CPU core lives one member at a time. Eight abreast were
# measured to run at 2.9 times the speed of one at a time (140 bytes), 1.7 (2 KB), 1.25 (17 KB),
# 1.13 (58 KB, the CartPole agent) and 0.88 (427 KB, the Breakout agent); the first three on another
# processor than the last two.
LARGE = 128 * 1024
NUMBER: Any = jax.ShapeDtypeStruct((), np.uint32)  # a seed, or a round's


@dataclass(frozen=True)
class Vectorised:
    """The whole population in one compiled program, its axis spread over the devices.

    >>> og.Vectorised(devices=1, cohort=4)  # on one device, four members at a time
    Vectorised(devices=1, cohort=4)
    """

    devices: int | None = None
    """How many devices share the population; all of them when not given. Of several hosts, how
    many of each."""
    cohort: int | None = None
    """How many members of a device run side by side. When not given, as many as fit in memory; on a
    CPU one, if members are large."""

    def __post_init__(self) -> None:
        as_declared(self)
        at_least(self, 1, "devices", "cohort", optional=True)

    def prepare(
        self, job: Job, folder: Path | None = None, quick: bool = False
    ) -> VectorisedProgram:
        """Compile the job for this machine's devices; `quick`, in a third of the time, for what
        does not run long. What spawns the first members is compiled beside the round for a run that
        begins in the `folder`, else when it is needed. Raises what a learner's own tracing raises,
        and `ConfigError` for a host learner.
        """
        spawns = folder is not None and not (folder / CHECKPOINTS).is_dir()
        machine.prepare(self.devices)
        if is_host(job):
            raise ConfigError(
                "a host learner is plain Python, which can't be compiled",
                where="Vectorised",
                hint="give it processes to live in: executor=og.Processes()",
            )
        machine.warn_of_fewer(self.devices)
        job = job._replace(learner=traced(job.learner))
        mesh = jax.sharding.Mesh(_devices(self.devices, job.population), ("pop",))

        def first(seed: Any, hypers: Any) -> Any:
            return begin(job.learner, job.space, job.strategy, seed, job.population, hypers)

        # as the spawn is compiled below, so that it is traced once
        shapes = jax.eval_shape(first, NUMBER, jax.device_get(job.hypers))
        check_stored(shapes)
        member_bytes = size_bytes(shapes.population) // job.population
        cohort = self.cohort or abreast(job.population // mesh.size, member_bytes)
        limit = None if self.cohort else _available_bytes()
        spawn = None
        while True:
            program = VectorisedProgram(job, mesh, cohort, shapes, first, quick, spawns, spawn)
            spawn = program.spawn
            needed = sum(program.footprint()[:2])
            if limit is None or needed <= HEADROOM * limit or cohort == 1:
                return program
            cohort //= 2


def _devices(wanted: int | None, population: int) -> list[Any]:
    """Return the devices that share the population, of every host as many. Raises `ConfigError`
    when it can't be shared evenly by the hosts.
    """
    there = jax.device_count() // hosts.count()
    most = min(wanted or there, there, population)
    each = 1 if debugging() else most
    fitting = [n for n in range(each, 0, -1) if population % (n * hosts.count()) == 0]
    if not fitting:
        raise ConfigError(
            f"{population} members can't be shared evenly by {hosts.count()} hosts",
            where="population",
            hint=f"use a multiple of {hosts.count()}",
        )
    taken: dict[int, list[Any]] = {}
    for device in jax.devices():
        taken.setdefault(device.process_index, []).append(device)
    return [device for host in sorted(taken) for device in taken[host][: fitting[0]]]


def _available_bytes() -> int | None:
    """Return the memory that a population may take on all hosts: the least that one has, times
    their number.
    """
    there = hosts.collected(machine.available_bytes(), "what memory each host has")
    known = [one for one in there if one is not None]
    return min(known) * len(there) if known else None


def abreast(members: int, member_bytes: int) -> int:
    """Return how many of a device's members with states of so many bytes had best live abreast."""
    return 1 if jax.default_backend() == "cpu" and member_bytes >= LARGE else members


class VectorisedProgram:
    """A compiled round, and the compiled spawn that begins it."""

    def __init__(
        self,
        job: Job,
        mesh: Mesh,
        cohort: int,
        shapes: Grown[Any, Any],
        first: Callable[..., Any],
        quick: bool = False,
        spawns: bool = True,
        spawn: Any = None,
    ):
        """Compile the round, and beside it the spawn (what makes the `first`), if the program
        `spawns` and there is none yet.
        """
        self.job, self.mesh, self.cohort, self.shapes = job, mesh, cohort, shapes
        spread: Any = NamedSharding(mesh, PartitionSpec("pop"))
        whole: Any = NamedSharding(mesh, PartitionSpec())
        sharding = Grown(spread, whole)

        def members(seed: Any, slots: Any, population: Any) -> Any:
            return advance(job.learner, seed, job.steps, population, slots, cohort)

        pop = PartitionSpec("pop")
        spread_members = members
        if not debugging():  # step by step, devices can't share one program
            spread_members = jax.shard_map(
                members,
                mesh=mesh,
                in_specs=(PartitionSpec(), pop, pop),
                out_specs=pop,
                check_vma=False,
            )

        def round_(seed: Any, number: Any, grown: Any) -> Any:
            (population, strategy_state), move = shift(
                job.learner, job.strategy, seed, number, grown
            )
            slots = jnp.arange(job.population)
            lived_with = population.hypers
            population, metrics = spread_members(seed, slots, population)
            lived = Round(move, lived_with, population.score, metrics)
            return Grown(population, strategy_state), lived

        arguments = NUMBER, NUMBER, self.shapes
        with_data, data = opened(round_, *arguments)
        self._data = everywhere(data, whole)
        works = [
            lowered(
                with_data,
                self._data,
                *arguments,
                in_shardings=(whole, whole, whole, sharding),
                out_shardings=(sharding, spread),
                donate_argnums=3,
                compiler_options=quick_to_compile(quick),
            )
        ]
        self._hypers = jax.device_get(job.hypers)  # which every host has
        self.spawn = spawn or jax.jit(first, out_shardings=sharding)  # compiles when it is called
        if spawns and spawn is None:
            works.append(lowered(first, NUMBER, self._hypers, out_shardings=sharding))
        (self._round, self._temporary), *beside = side_by_side(*works)
        self.spawn = beside[0][0] if beside else self.spawn
        self._sharding = sharding
        self._shown = jax.jit(lambda lived: lived, out_shardings=whole)  # to every host
        self._led = False  # whether other hosts are to be told what comes next

    def rounds(
        self,
        first: int = 0,
        snapshot: Snapshot | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Lived]:
        """Yield the rounds; see `executor.Program`. Between two, nothing is under way. The first
        members are spawned at once: what compiles does so before it is said to be over.

        Of several hosts the first has the snapshot and asks for others; the rest yield its rounds.
        """
        del stop
        seed = np.uint32(self.job.seed)
        if hosts.count() > 1:
            first, resumed = hosts.decided(lambda: [first, snapshot is not None])
            self._led = hosts.leads()
            given = None if snapshot is None else snapshot.as_arrays()
            with hosts.computing("before the first round"):
                current = (
                    spread(given, self.shapes, self._sharding)
                    if resumed
                    else self.spawn(seed, self._hypers)
                )
        elif snapshot is None:
            current = self.spawn(seed, self._hypers)
        else:
            current = jax.device_put(snapshot.as_arrays(), self._sharding)
        return self._rounds(first, seed, current)

    def _rounds(self, first: int, seed: Any, current: Any) -> Iterator[Lived]:
        everybody = np.ones(self.job.population, bool)
        try:
            for number in range(first, self.job.rounds):
                if not self._goes_on(current, number > first):
                    return
                begun = time.perf_counter()
                with hosts.computing(f"in round {number}"):
                    current, lived = self._round(self._data, seed, np.uint32(number), current)
                    lived = jax.device_get(lived if hosts.count() == 1 else self._shown(lived))
                yield Lived(
                    number,
                    everybody,
                    lived.move,
                    lived.hypers,
                    lived.score,
                    lived.metrics,
                    time.perf_counter() - begun,
                    lambda now=current: self._snapshot(now),
                    np.full(self.job.population, number - 1),
                )
            if not hosts.leads():
                self._goes_on(current, False)
        finally:
            self.close()

    def _goes_on(self, current: Any, last_was_heard: bool) -> bool:
        """Return whether a round comes, as the first host says; until then, take part in what it
        asks for.
        """
        if hosts.count() == 1:
            return True
        if self._led:
            hosts.say("round", last_was_heard=last_was_heard)
            return True
        while (word := hosts.hear("the next round")) == "snapshot":
            with hosts.computing("as a checkpoint was gathered"):
                gathered(current)
        return word == "round"

    def _snapshot(self, now: Any) -> Stacked:
        """Return the population as it is, on the host that leads."""
        if hosts.count() == 1:
            return Stacked(self.job, jax.device_get(now))
        if not self._led:
            raise ConfigError(
                "the whole population is seen by the first host alone, while it grows",
                where=f"host {hosts.own()} of {hosts.count()}",
                hint="ask for a snapshot there",
            )
        hosts.say("snapshot", last_was_heard=True)
        with hosts.computing("as a checkpoint was gathered"):
            return Stacked(self.job, cast(Any, gathered(now)))

    def footprint(self) -> Footprint:
        """Return the compiler's own account of the round's buffers."""
        temporary = self._temporary * self.mesh.size
        return Footprint(size_bytes(self.shapes), temporary, self.cohort)

    def close(self) -> None:
        """Nothing was taken; the other hosts are to know that no round comes."""
        if self._led:
            self._led = False
            hosts.say("end")
